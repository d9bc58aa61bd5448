# Functions of the end-to-end scripts: real programs, a port of the server's own choice, a folder that goes
# when the script ends. A script sources this file; the first check that fails ends it with exit code 1 and
# the server's last words.
#
#   source "$(dirname "$0")/lib.sh"
#   start_server
#   expect 0 client run small_mlp.yaml
#   expect_text "SUCCEEDED"
set -euo pipefail

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TREE=$(cd "$E2E/../.." && pwd)
BIN=${TRAINYARD_BIN:-$TREE/build/release/bin}
WORK=$(mktemp -d)
DATA=$WORK/data
LOG=$WORK/server.log
# What the last `expect` printed, both streams.
OUTPUT=
SERVER_PID=
export TRAINYARD_SERVER= NO_COLOR=1 XDG_CONFIG_HOME=$WORK/config
cd "$E2E"

# Ends what this script started, and nothing else: the server by its id, workers by their data folder.
finish() {
  local code=$?
  trap - EXIT
  if [[ -n $SERVER_PID ]]; then kill_server; fi
  kill_workers || true
  if ((code)) && [[ -f $LOG ]]; then
    echo "--- the server's last words"
    tail -30 "$LOG"
  fi
  rm -rf "$WORK"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# To the script's own output, wherever the caller's goes.
exec 3>&1
fail() {
  { echo "FAILED: $*"; echo "--- the last command's output"; tail -30 <<<"$OUTPUT"; } >&3
  exit 1
}
passed() { echo "ok: $*"; }

client() { "$BIN/trainyard" "$@"; }
probe() { "$BIN/grpc_probe" "$TRAINYARD_SERVER" "$@"; }

# expect CODE COMMAND...: runs it, keeps its output, fails on any other exit code.
expect() {
  local wanted=$1 code=0
  shift
  OUTPUT=$("$@" 2>&1 </dev/null) || code=$?
  [[ $code == "$wanted" ]] || fail "exit code $code in place of $wanted: $*"
}
expect_text() { [[ $OUTPUT == *"$1"* ]] || fail "no '$1' in the output"; }
expect_equal() { [[ $1 == "$2" ]] || fail "${3:-not equal}: '$1' and '$2'"; }

# wait_until SECONDS COMMAND...
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "timed out: $*"
    sleep 0.02
  done
}

# start_server [FLAG...]: on a port of its choice; on the same one again after a stop or a kill.
start_server() {
  mkdir -p "$DATA"
  "$BIN/trainyardd" --data "$DATA" --listen "${TRAINYARD_SERVER:-127.0.0.1:0}" "$@" >>"$LOG" 2>&1 &
  SERVER_PID=$!
  wait_until 20 server_answers
}
server_answers() {
  kill -0 "$SERVER_PID" 2>/dev/null || fail "the server did not start"
  TRAINYARD_SERVER=$(cat "$DATA/run/address") && client version
}
# SIGTERM: drains and ends with 0.
stop_server() {
  local code=0
  kill -TERM "$SERVER_PID"
  wait "$SERVER_PID" || code=$?
  SERVER_PID=
  expect_equal "$code" 0 "the server's exit code on SIGTERM"
}
kill_server() {
  kill -9 "$SERVER_PID"
  wait "$SERVER_PID" 2>/dev/null || true
  SERVER_PID=
}
server_rss_kib() { awk '/^VmRSS:/ {print $2}' "/proc/$SERVER_PID/status"; }

# Process ids of this folder's workers: their program is ours and their environment or arguments name $DATA.
# Without a process for each that there is: on a busy machine the job would be over before it is killed.
workers() {
  local process
  for process in /proc/[0-9]*; do
    [[ $process/exe -ef $BIN/trainyard-worker ]] || continue
    grep -qaF "$DATA" "$process/cmdline" "$process/environ" 2>/dev/null && echo "${process#/proc/}"
  done
  return 0
}
kill_workers() {
  local pids
  pids=$(workers)
  [[ -z $pids ]] || kill -9 $pids 2>/dev/null
}

# submit SPEC [key=value ...]: prints the job's name.
submit() { client submit "$@" --detach --quiet; }
job_json() { client job get "$1" -o json | tr -d '\n'; }
job_state() { job_json "$1" | sed -n 's/.*"state": *"\([A-Z]*\)".*/\1/p'; }
# model_hash JOB [FOLDER/]: SHA-256 of the trained model, of one of several runs where its folder is given.
model_hash() {
  job_json "$1" | sed -n 's|.*"name": *"'"${2:-}"'model.safetensors", *"sha256": *"\([0-9a-f]*\)".*|\1|p'
}
# events JOB: the whole log of a finished job, one JSON object a line, heartbeats left out.
events() { client job watch "$1" -o jsonl 2>/dev/null | grep '"event"'; }
# wait_for_step JOB STEP: returns once the job's log has progress at or beyond it (or the job has ended).
wait_for_step() {
  local line progress='"progress": *\{[^}]*"step": *"?([0-9]+)'
  # Not through awk: mawk of Debian 13 takes a line when many have come.
  while IFS= read -r line; do
    if [[ $line =~ $progress ]] && ((BASH_REMATCH[1] >= $2)); then return; fi
  done < <(client job watch "$1" -o jsonl 2>/dev/null)
}
