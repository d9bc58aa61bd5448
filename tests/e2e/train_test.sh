#!/usr/bin/env bash
# The main road: submit, queue, train, stream, keep, use.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

expect 0 client run mlp.yaml --name first
expect_text "test"
expect_equal "$(job_state first)" SUCCEEDED
passed "run submits, watches and ends with 0"

expect 0 client job ls
expect_text first
expect 0 client job ls -o name
expect_text first
expect 0 client job get first
expect_text SUCCEEDED
expect 0 client job get @last -o json
expect_text '"SUCCEEDED"'
passed "a finished job is listed and described"

expect 0 client job logs first
passed "its log lines can be read"

expect 0 client job plot first
expect_text step
expect 0 client job plot first --metric train/loss --out "$WORK/loss.svg"
[[ $(head -c 4 "$WORK/loss.svg") == "<svg" ]] || fail "no picture in loss.svg"
passed "its metrics can be plotted"

expect 0 client model get first --output "$WORK/model.safetensors"
expect_equal "$(sha256sum <"$WORK/model.safetensors" | cut -d' ' -f1)" "$(model_hash first)" "model file and its hash"
passed "the model file has the hash that the job names"

expect 0 client predict first
passed "predict classifies with the finished job's model"

expect 0 client explain conv2d
expect_text filters
expect 0 client data ls
expect_text fashion-mnist
passed "explain and data ls say what there is"

job=$(submit mlp.yaml --name second)
expect 0 client job wait "$job" --timeout 60s
expect_equal "$(model_hash second)" "$(model_hash first)" "the same specification, the same bits"
passed "two runs of one specification give the same model"

stop_server
start_server
expect_equal "$(job_state first)" SUCCEEDED "state after a restart"
expect_equal "$(events first | wc -l)" "$(job_json first | sed -n 's/.*"lastSequence": *"\([0-9]*\)".*/\1/p')" "events after a restart"
passed "jobs and events outlive the server"
