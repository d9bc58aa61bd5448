#!/usr/bin/env bash
# trainyard bench: the machine's card, a step of a specification, the queue before it, and what is refused.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# number JSON-FIELD: its first value in the output.
number() { sed -n "s/.*\"$1\": *\"*\([0-9.eE+-]*\).*/\1/p" <<<"$OUTPUT" | head -1; }
positive() { awk -v value="$(number "$1")" 'BEGIN { exit !(value + 0 > 0) }' || fail "$1 is not above 0"; }

start_server --cores 2
expect 0 client bench -o json
for field in cores fp32Gflops memoryGigabytesPerSecond; do positive "$field"; done
expect_equal "$(number cores)" 2 "cores of the card"
[[ $OUTPUT != *'"step"'* ]] || fail "a step without a specification"
passed "the machine alone"

expect 0 client bench mlp.yaml batch_size=100 resources.cores=2 -o json
for field in medianSeconds gflops peakGflops shareOfPeak memoryBytes epochSeconds; do positive "$field"; done
expect_equal "$(number stepsPerEpoch)" 20 "steps of an epoch of 2,000 samples"
expect 0 client bench mlp.yaml -o yaml
expect_text "medianSeconds: "
expect 0 client bench mlp.yaml
expect_text "of the peak of"
expect 0 client job ls -o name
expect_text "jobs/bench-e2e-mlp"
passed "a step of a specification, as a table, JSON and YAML"

expect 2 client bench mlp.yaml model.layers[1].type=denze
expect_text "model.layers[1].type"
expect 2 client bench mlp.yaml resources.cores=3
expect_text "resources.cores: 3; this server has 2"
expect 2 client bench mlp.yaml model.layers[1].units=2000000000
expect 2 client bench "$WORK/none.yaml"
expect 2 client submit - <<<'{name: both, benchmark: {}, predict: {job: jobs/a}}'
expect 3 client bench "$TREE/client/specs/bench/resnet18_cifar.yaml" gradient_accumulation_steps=16
expect_text "STEP_TOO_LONG"
passed "what a job would be refused for, and a step of minutes"

# It waits for all cores, and takes none while it waits.
running=$(submit mlp.yaml --name endless budget.epochs=100000)
wait_for_step "$running" 5
expect 9 client bench mlp.yaml --timeout 1s
expect_text "timed out; jobs/bench-e2e-mlp"
"$BIN/trainyard" bench mlp.yaml >"$WORK/bench" 2>&1 &
bench=$!
wait_until 20 grep -q waiting "$WORK/bench"
expect_equal "$(job_state "$running")" RUNNING "the job beside which a benchmark waits"
expect 0 client job cancel "$running"
wait "$bench" || fail "the benchmark that waited"
grep -q "of the peak of" "$WORK/bench" || fail "no result after the wait"
passed "waits in the queue for all cores"

"$BIN/trainyard" bench mlp.yaml >"$WORK/bench" 2>&1 &
bench=$!
wait_until 20 grep -q measuring "$WORK/bench"
later=$(submit mlp.yaml --name later)
expect_equal "$(job_state "$later")" QUEUED "a job beside a benchmark"
kill -INT "$bench"
code=0; wait "$bench" || code=$?
expect_equal "$code" 130 "exit code of an interrupted benchmark"
expect 0 client job wait "$later" --timeout 60s
expect 0 client job ls -o jsonl
expect_text '"CANCELLED"'
passed "Ctrl-C cancels it, and the queue goes on"
kill -0 "$SERVER_PID" || fail "the server has gone"
stop_server
