#!/usr/bin/env bash
# 32 trainings of an MLP 784-64-10 at batch 32: as 32 jobs one after the other, each on both cores, and as 32 runs of
# one job. Seconds from the first submit to the last end, for trainings of 1, 5 and 40 epochs of 6,400 samples.
#
#   TRAINYARD_BIN=build/bench/bin tests/bench/runs.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
jobs=32
start_server --cores 2
cat >"$WORK/mlp.yaml" <<'END'
name: mlp
data:
  source: {type: synthetic_gaussian, samples: 6400, test_samples: 1000, features: 784, classes: 10}
model:
  layers:
    - {type: dense, units: 64}
    - relu
    - {type: dense, units: 10}
loss: softmax_cross_entropy
optimizer: {type: momentum, learning_rate: 0.01}
batch_size: 32
budget: {epochs: 1}
seed: 1
END
now() { date +%s.%N; }

client run "$WORK/mlp.yaml" --progress none >/dev/null 2>&1  # a worker is there, the data is known
printf '%8s %14s %14s %8s\n' epochs "jobs in s" "runs in s" ratio
for epochs in 1 5 40; do
  start=$(now)
  for ((i = 1; i <= jobs; ++i)); do
    last=$(client submit "$WORK/mlp.yaml" "budget.epochs=$epochs" "seed=$i" resources.cores=2)
  done
  client job wait "$last" --for state=SUCCEEDED >/dev/null 2>&1
  between=$(now)
  client run "$WORK/mlp.yaml" "budget.epochs=$epochs" resources.cores=2 --seeds "$jobs" \
    --progress none >/dev/null 2>&1
  end=$(now)
  awk -v e="$epochs" -v a="$start" -v b="$between" -v c="$end" \
    'BEGIN { printf "%8d %14.2f %14.2f %8.2f\n", e, b - a, c - b, (b - a) / (c - b) }'
done
