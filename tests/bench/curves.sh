#!/usr/bin/env bash
# Losses of the yardsticks in client/specs/bench as they are, ours and PyTorch's from the same weights and
# samples (see tests/yardsticks), in fp32: the largest relative difference of a step, and the first step beyond
# 1e-3. Writes FOLDER/curves.txt.
#
# PyTorch's own rounding sets what can be asked for: the third column compares ours with ours on narrower
# instructions, which round otherwise.
#
#   tests/bench/curves.sh [--steps N] [--out FOLDER] [NAME ...]
#
# TRAINYARD_BIN     the folder of `curve`
# TRAINYARD_TORCH   a command of a Python that has PyTorch and PyYAML and sees this tree at its path
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/bench/workloads.sh

bin=${TRAINYARD_BIN:-build/bench/bin}
read -ra torch <<<"${TRAINYARD_TORCH:?a command of a Python with PyTorch}"
steps=50 out=build/bench
while [[ ${1:-} == --* ]]; do
  case $1 in
    --steps) steps=$2 ;;
    --out) out=$2 ;;
    *) echo "curves: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
(($# == 0)) || workloads=("$@")
mkdir -p "$out"
: >"$out/curves.txt"

ours() { "$bin/curve" "$1" --steps "$steps" --threads "$(nproc)"; }
# summary OTHER: of the losses of a step in our column 5 and the other's column 10.
summary() {
  awk -v tolerance=1e-3 '
    { difference = $10 > $5 ? ($10 - $5) / $10 : ($5 - $10) / $10 }
    $4 == "held-out" { held = difference; next }
    difference > most { most = difference }
    difference > tolerance && beyond == "" { beyond = $4 }
    END { printf "%.1e (beyond 1e-3 at step: %s; held-out %.1e)", most, beyond == "" ? "none" : beyond, held }'
}
printf '| workload | last loss | ours and PyTorch | ours and ours on AVX2 |\n| --- | --- | --- | --- |\n'
for name in "${workloads[@]}"; do
  curve=$(ours "$name")
  theirs=$("${torch[@]}" "$PWD/tests/yardsticks/torch_curves.py" "$PWD/client/specs/bench" --steps "$steps" "$name" |
    grep -v '^#')
  narrow=$(ONEDNN_MAX_CPU_ISA=AVX2 ours "$name")
  paste <(echo "$curve") <(echo "$theirs") <(echo "$narrow") >>"$out/curves.txt"
  printf '| %s | %s | %s | %s |\n' "$name" "$(tail -2 <<<"$curve" | awk 'NR == 1 {print $5}')" \
    "$(paste <(echo "$curve") <(echo "$theirs") | summary)" "$(paste <(echo "$curve") <(echo "$narrow") | summary)"
done
