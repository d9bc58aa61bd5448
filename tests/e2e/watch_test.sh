#!/usr/bin/env bash
# A watch that was cut and resumed prints what an uncut one prints.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server
job=$(submit cnn.yaml --name watched budget.epochs=2)

# Cut while the job runs: every few frames, resumed with the last token.
token=
: >"$WORK/pieces"
for count in 3 1 7 20 1000000; do
  # `head` ends the watch in the middle of its stream.
  client job watch "$job" -o jsonl ${token:+--resume-token "$token"} 2>/dev/null |
    grep --line-buffered '"event"' | head -n "$count" >"$WORK/piece" || true
  cat "$WORK/piece" >>"$WORK/pieces"
  [[ ! -s $WORK/piece ]] || token=$(tail -1 "$WORK/piece" | sed 's/.*"resumeToken": *"\([^"]*\)".*/\1/')
done
events "$job" >"$WORK/uncut"
cmp -s "$WORK/pieces" "$WORK/uncut" || fail "pieces and whole differ: $(diff "$WORK/pieces" "$WORK/uncut" | head -3)"
passed "five pieces, put together, are the log ($(wc -l <"$WORK/uncut") events)"

# A server that stops and starts again in the middle.
job=$(submit cnn.yaml --name restarted)
client job watch "$job" -o jsonl >"$WORK/watched" 2>/dev/null &
watcher=$!
wait_for_step "$job" 50
stop_server
start_server
wait "$watcher" || fail "the watch did not survive a restart"
events "$job" >"$WORK/uncut"
grep '"event"' "$WORK/watched" | cmp -s - "$WORK/uncut" || fail "the watch over a restart differs from the log"
passed "a watch goes on over a drained server, and so does the job"
