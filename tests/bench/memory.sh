#!/usr/bin/env bash
# Peak memory of a process that trains a few steps of a yardstick in client/specs/bench, ours and the peer's:
# its largest resident set, and that less the one of the same program before there is a model. Of the peer's
# settings the one that takes least. Writes FOLDER/memory.md, and prints it.
#
#   tests/bench/memory.sh [--out FOLDER] [WORKLOAD ...]
#
# TRAINYARD_BIN     the folder of `steps`
# TRAINYARD_PEER    see compare.sh; absent: ours alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/bench/workloads.sh

bin=${TRAINYARD_BIN:-build/bench/bin}
read -ra peer <<<"${TRAINYARD_PEER:-}"
out=build/bench
if [[ ${1:-} == --out ]]; then out=$2; shift 2; fi
(($# == 0)) || workloads=("$@")
mkdir -p "$out"

report=$(mktemp)
trap 'rm -f "$report"' EXIT

# peak_mib COMMAND...: the largest resident set of the command, in MiB.
peak_mib() {
  command time -f '%M' -o "$report" "$@" >/dev/null
  awk '{printf "%.0f\n", $1 / 1024}' "$report"
}
# least: the smallest of the numbers on its input.
least() { sort -n | head -1; }
of_peer() {
  local workload=$1 precision=$2 settings
  while read -r settings; do
    peak_mib "${peer[@]}" --workload "$workload" --dtype "$precision" --seconds 0 --warmup 0 $settings
  done < <(settings_of "$workload") | least
}

{
  own_base=$(peak_mib "$bin/steps" --help)
  ((${#peer[@]})) && peer_base=$(peak_mib "${peer[@]}" --help)
  echo "Before there is a model: $own_base MiB${peer_base:+, the peer $peer_base MiB}."
  echo
  echo "| workload | precision | peak (MiB) | of the model | peer's peak | of the peer's model | ratio of peaks | of models |"
  echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
  for workload in "${workloads[@]}"; do
    for precision in fp32 bf16; do
      own=$(peak_mib "$bin/steps" "client/specs/bench/$workload.yaml" "precision=$precision" \
        --threads "$(nproc)" --seconds 0 --warm-up 0)
      theirs=
      ((${#peer[@]})) && theirs=$(of_peer "$workload" "$precision")
      awk -v workload="$workload" -v precision="$precision" -v own="$own" -v own_base="$own_base" \
        -v theirs="$theirs" -v peer_base="${peer_base:-}" 'BEGIN {
          printf "| %s | %s | %d | %d |", workload, precision, own, own - own_base
          if (theirs == "") { print " | | | |"; exit }
          printf " %d | %d | %.2f | %.2f |\n", theirs, theirs - peer_base, theirs / own,
            (theirs - peer_base) / (own - own_base)
        }'
    done
  done
} | tee "$out/memory.md"
