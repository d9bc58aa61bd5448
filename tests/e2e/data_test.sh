#!/usr/bin/env bash
# Data sets: an upload that is cut by kill -9 of client and of server goes on; train on it, append, train on
# the new version, remove.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server
mkdir "$WORK/in"

# Rows of two classes that a line tells apart: class y where x > 0.
rows() {
  awk -v n="$1" -v seed="$2" 'BEGIN {
    srand(seed)
    for (i = 0; i < n; ++i) { a = rand() * 2 - 1; printf "%.4f,%.4f,%s\n", a, rand(), (a > 0 ? "yes" : "no") }
  }'
}
{ echo "x,noise,label"; rows 600 1; } >"$WORK/in/train.csv"
{ echo "x,noise,label"; rows 200 2; } >"$WORK/more.csv"
spec() {
  cat <<YAML
name: flowers
data: {source: {type: csv, path: "$1"}, split: {validation: 0.2}}
model: {layers: [{type: dense, units: 2}]}
loss: {type: softmax_cross_entropy}
budget: {epochs: 20}
batch_size: 32
seed: 1
YAML
}

# --- an upload that is cut
head -c 300000000 /dev/urandom >"$WORK/in/big.bin"
partial_bytes() { find "$DATA/partial" -type f -printf '%s\n' | awk '{n += $1} END {print n + 0}'; }
begun() { (($(partial_bytes) > 2000000)); }
client data put flowers "$WORK/in" >/dev/null 2>&1 &
sender=$!
wait_until 20 begun
kill -9 $sender 2>/dev/null || true
wait $sender 2>/dev/null || true
came=$(partial_bytes)
((came < 300000000)) || fail "the upload was over before its client was killed"
expect 5 client data describe flowers
passed "client killed after $came bytes: nothing is to be seen"

client data put flowers "$WORK/in" --patience 30s >"$WORK/put" 2>&1 &
sender=$!
grown() { (($(partial_bytes) > came + 2000000)) || ! kill -0 $sender 2>/dev/null; }
wait_until 20 grown
kill_server
start_server
wait $sender || fail "the upload did not survive kill -9 of the server: $(cat "$WORK/put")"
OUTPUT=$(cat "$WORK/put")
expect_text "are on the server already; sending the rest"
expect_text "dataset:flowers@1"
expect_equal "$(partial_bytes)" 0 "bytes of partial uploads"
passed "server killed on the way: the same command ended well"

expect 0 client data put flowers "$WORK/in"
expect_text "the same bytes are there already"
expect 0 client data get flowers big.bin -o "$WORK/out"
cmp -s "$WORK/in/big.bin" "$WORK/out/big.bin" || fail "the bytes that come back are others"
passed "put again makes no new version; get gives the same bytes"

# --- use, append, use
expect 0 client data describe flowers
for word in "600 rows" "2 classes" "noise" "number"; do expect_text "$word"; done
spec dataset:flowers/train.csv >"$WORK/spec.yaml"
expect 0 client run "$WORK/spec.yaml" --name first
first=$(client job ls --quiet | head -1)
job_json "$first" | grep -q 'dataset:flowers@1/train.csv' || fail "the version was not pinned"
hash=$(model_hash "$first")

expect 0 client data append flowers "$WORK/more.csv" --as train.csv
expect_text "dataset:flowers@2"
expect_text "begins with version 1"
expect 0 client data append flowers "$WORK/more.csv" --as train.csv
expect_text "the same bytes are there already"
expect 0 client data get flowers@2 train.csv -o "$WORK/out"
{ cat "$WORK/in/train.csv"; tail -n +2 "$WORK/more.csv"; } | cmp -s - "$WORK/out/train.csv" ||
  fail "version 2 is not version 1 and the new rows"
stored=$(du -sk "$DATA/contents" | cut -f1)
((stored < 310000)) || fail "an append of a few rows takes $stored KiB in all"
expect 0 client run "$WORK/spec.yaml" --name second --progress plain
expect_text "/400 " # 640 samples in 20 epochs
second=$(client job ls --quiet | head -1)
job_json "$second" | grep -q 'dataset:flowers@2/train.csv' || fail "the newest version was not taken"
spec dataset:flowers@1/train.csv >"$WORK/old.yaml"
expect 0 client run "$WORK/old.yaml" --name again
expect_equal "$(model_hash "$(client job ls --quiet | head -1)")" "$hash" "model of version 1 after the append"
passed "append makes a version that begins with the old one; both can be trained on"

# --- remove
spec dataset:flowers@2/train.csv | sed 's/epochs: 20/epochs: 200000/' >"$WORK/long.yaml"
long=$(submit "$WORK/long.yaml")
expect 6 client data rm flowers@2
expect_text "$long"
expect 0 client job cancel "$long"
expect 10 client job wait "$long" --timeout 60s
expect 0 client data rm flowers
expect_equal "$(find "$DATA/contents" "$DATA/versions" -type f | wc -l)" 0 "files of a removed data set"
expect 2 client submit "$WORK/spec.yaml"
expect_text "data.source.path"
expect_text "no data set 'flowers'"
expect 0 client data put flowers "$WORK/in/train.csv"
expect_text "dataset:flowers@3"
passed "what a job needs stays; what is removed frees its bytes; numbers do not come back"

# --- a server that is killed again and again during uploads starts, and keeps what it acknowledged
for i in 1 2 3; do
  head -c 20000000 /dev/urandom >"$WORK/in/big.bin"
  client data put "killed-$i" "$WORK/in" --patience 30s >"$WORK/put" 2>&1 &
  sender=$!
  sleep "0.0$((RANDOM % 9))"
  kill_server
  start_server
  wait $sender || fail "upload $i did not go on: $(cat "$WORK/put")"
  expect 0 client data get "killed-$i" big.bin -o "$WORK/out"
  cmp -s "$WORK/in/big.bin" "$WORK/out/big.bin" || fail "upload $i came back with other bytes"
done
expect 0 client data describe flowers
passed "three more kills: all there"
