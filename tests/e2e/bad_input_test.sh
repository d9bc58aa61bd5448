#!/usr/bin/env bash
# Runs the table bad_input.txt: each request gets the right code and a message with path and cure; the
# server stays up and small.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Data sets that are broken each in its own way.
make_bad_data() {
  local roots=$DATA/datasets images=/usr/share/datasets/fashion-mnist
  mkdir -p "$roots"/{truncated,promising,labels}
  local part
  for part in train t10k; do
    head -c 5000 "$images/$part-images-idx3-ubyte.gz" >"$roots/truncated/$part-images-idx3-ubyte.gz"
    cp "$images/$part-labels-idx1-ubyte.gz" "$roots/truncated/"
    # A header of 2^31-1 images of 28x28, and one image of bytes.
    { printf '\0\0\10\3\177\377\377\377\0\0\0\34\0\0\0\34'; head -c 784 /dev/zero; } |
      gzip >"$roots/promising/$part-images-idx3-ubyte.gz"
    { printf '\0\0\10\1\177\377\377\377'; head -c 1 /dev/zero; } |
      gzip >"$roots/promising/$part-labels-idx1-ubyte.gz"
    # Two images and three labels.
    { printf '\0\0\10\3\0\0\0\2\0\0\0\34\0\0\0\34'; head -c 1568 /dev/zero; } |
      gzip >"$roots/labels/$part-images-idx3-ubyte.gz"
    printf '\0\0\10\1\0\0\0\3\0\1\2' | gzip >"$roots/labels/$part-labels-idx1-ubyte.gz"
  done
  printf 'a,b,label\n1,2,x\n3,y\n' >"$roots/ragged.csv"
  head -c 3000 /dev/urandom >"$WORK/garbage"
  head -c 20000000 /dev/zero >"$WORK/oversize"
}

name=
count=0
# Runs the case that has been read so far and forgets it.
run_case() {
  [[ -n $name ]] || return 0
  local command=(client submit --detach)
  if [[ -n $call ]]; then
    command=(probe call "${call%% *}" "$(sed "s|^@|@$WORK/|" <<<"${call#* }")")
  elif [[ -n $run ]]; then
    read -ra words <<<"$run"
    command=(client "${words[@]}")
  elif [[ -n $text ]]; then
    printf '%s' "$text" >"$WORK/$file"
    command+=("$WORK/$file")
  else
    command+=("$E2E/mlp.yaml" "${overrides[@]}")
  fi
  expect "$exit" "${command[@]}"
  for word in "${says[@]}"; do expect_text "$word"; done
  passed "$name"
  count=$((count + 1))
}
begin_case() { name=$1 call= run= text= file=spec.yaml exit= overrides=() says=(); }

start_server
make_bad_data
expect 0 client run mlp.yaml
before=$(server_rss_kib)

begin_case ""
while IFS= read -r line; do
  value=${line#* }
  case ${line%% *} in
    case) run_case; begin_case "$value" ;;
    with) overrides+=("$value") ;;
    "|") text+=${line#"| "}$'\n' ;;
    file | run | call | exit) printf -v "${line%% *}" %s "$value" ;;
    says) says+=("$value") ;;
    "" | "#"*) ;;
    *) fail "bad_input.txt: $line" ;;
  esac
done <"$E2E/bad_input.txt"
run_case

((count >= 40)) || fail "only $count cases"
server_answers || fail "the server is gone"
growth=$(($(server_rss_kib) - before))
((growth < 64 * 1024)) || fail "the server grew by $growth KiB"
expect 0 client run mlp.yaml
passed "$count bad requests refused; the server grew by $growth KiB and still trains"
stop_server
