#!/usr/bin/env bash
# Each documented exit code of the client, met once.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
long=(budget.epochs=1000)

TRAINYARD_SERVER=127.0.0.1:1 expect 8 client job ls
passed "8: no server there"

start_server
expect 0 client version
passed "0: ok"

expect 2 client no-such-command
expect 2 client submit mlp.yaml optimizer.learning_rate=-1
expect 2 client up --data "$WORK/up" --listen 127.0.0.1:0 -- --no-such-flag
passed "2: usage, or a bad specification"

expect 5 client job get no-such-job
passed "5: not found"

done_job=$(submit mlp.yaml --name finished)
expect 0 client job wait "$done_job" --timeout 60s
expect 6 client job cancel "$done_job"
passed "6: wrong state"

running=$(submit mlp.yaml --name endless "${long[@]}")
expect 9 client job wait "$running" --timeout 1s
passed "9: the wait timed out"

"$BIN/trainyard" job watch "$running" >/dev/null 2>&1 &
watcher=$!
wait_for_step "$running" 5
expect 0 client job cancel "$running"
code=0; wait "$watcher" || code=$?
expect_equal "$code" 10 "exit code of watching a job that is cancelled"
expect 10 client job wait "$running"
passed "10: the job was cancelled"

# A line that is fitted with steps far too long.
expect 11 client run "$TREE/client/specs/regression.yaml" --name diverges 'model.layers=[{type: dense, units: 1}]' \
  'optimizer={type: sgd, learning_rate: 1000}' schedule=constant
passed "11: the job diverged"

detached=$(submit mlp.yaml --name detached "${long[@]}")
"$BIN/trainyard" job watch "$detached" >"$WORK/watch" 2>&1 &
watcher=$!
wait_for_step "$detached" 5
kill -INT "$watcher"
code=0; wait "$watcher" || code=$?
expect_equal "$code" 130 "exit code of an interrupted watch"
expect_equal "$(job_state "$detached")" RUNNING "state after an interrupted watch"
expect 0 client job cancel "$detached"
passed "130: interrupted, and the job goes on"
