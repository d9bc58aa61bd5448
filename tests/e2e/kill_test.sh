#!/usr/bin/env bash
# kill -9 of a worker, of the server and of both, at random points: the job ends with the model of an
# undisturbed run, and nothing that was acknowledged is lost.
#
#   kill_test.sh [--times N] [--seed S]       default: 3 times, one of each kind
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
times=3
RANDOM=$$
while (($#)); do
  case $1 in
    --times) times=$2 ;;
    --seed) RANDOM=$2 ;;
    *) fail "unknown flag $1" ;;
  esac
  shift 2
done
steps=500
# Jobs that were cut by the kill of their worker, and not over before it.
cut=0

start_server
reference=$(submit cnn.yaml --name reference)
expect 0 client job wait "$reference" --timeout 120s
hash=$(model_hash "$reference")
expect_equal "${#hash}" 64 "length of the reference's hash"

for ((i = 0; i < times; ++i)); do
  kinds=(worker server both)
  kind=${kinds[i % 3]}
  step=$((1 + RANDOM % (steps / 2)))
  job=$(submit cnn.yaml --name "killed-$i")
  # Acknowledged and queued only, at the moment of the kill.
  waiting=$(submit mlp.yaml --name "waiting-$i" --priority -5)
  client job watch "$job" -o jsonl >"$WORK/watched" 2>/dev/null &
  watcher=$!
  wait_for_step "$job" "$step"
  [[ $kind == server ]] || kill_workers
  if [[ $kind != worker ]]; then
    kill_server
    [[ $kind == server ]] || kill_workers || true
    start_server
  fi
  expect 0 client job wait "$job" --timeout 120s
  expect 0 client job wait "$waiting" --timeout 120s
  expect_equal "$(model_hash "$job")" "$hash" "model after kill -9 of $kind at step $step"

  events "$job" >"$WORK/log"
  sed -n 's/.*"sequence": *"\([0-9]*\)".*/\1/p' "$WORK/log" >"$WORK/sequences"
  seq "$(wc -l <"$WORK/log")" | cmp -s - "$WORK/sequences" || fail "the log has gaps: $kind at step $step"
  # The watch went on over the kill by itself, and printed what an uncut one prints.
  wait "$watcher" || fail "the watch did not survive: $kind at step $step"
  grep '"event"' "$WORK/watched" | cmp -s - "$WORK/log" || fail "the watch differs from the log: $kind at step $step"
  attempts=$(job_json "$job" | sed -n 's/.*"attempts": *\([0-9]*\).*/\1/p')
  [[ $kind == server ]] || ((attempts == 1)) || cut=$((cut + 1))
  passed "$kind killed at step $step: same model, whole log, $attempts attempts"
done
((cut > 0)) || fail "every job was over before its worker was killed"
