#!/usr/bin/env bash
# Several runs in one job: each is what it is alone, also where worker and server are killed in between.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
seeds=4

start_server
for ((i = 0; i < seeds; ++i)); do
  expect 0 client run mlp.yaml --name "alone-$i" "seed=$((7 + i))" budget.epochs=20
done
together=$(submit mlp.yaml --name together --seeds $seeds budget.epochs=20 resources.cores=2)
wait_until 60 eval 'client job logs "$together" | grep -q "run .*starts at step"'
kill_workers
kill_server
start_server
expect 0 client job wait "$together" --timeout 120s
for ((i = 0; i < seeds; ++i)); do
  hash=$(model_hash "$together" "runs/$i/")
  expect_equal "${#hash}" 64 "length of the hash"
  expect_equal "$hash" "$(model_hash "alone-$i")" "run $i and the job with its seed"
done
passed "runs are the jobs that they would be, after a kill of worker and server"

expect 0 client job get "$together"
expect_text "seed 10"
expect_text "test/accuracy/ci95"
expect 0 client predict "$together" --count 3 -o csv
passed "results, interval and predictions"

expect 2 client submit mlp.yaml 'runs=[{seed: 1}, {learning_rate: -1}, {train_size: 70000}]'
expect_text "runs[1].learning_rate"
expect_text "runs[2]"
passed "what is wrong with a run is said at the run"
stop_server
