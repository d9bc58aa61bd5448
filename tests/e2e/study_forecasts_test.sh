#!/usr/bin/env bash
# What a study forecasts is kept by itself, once, whenever the server is killed, and scored when an extension of
# the study has measured it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cat >"$WORK/study.yaml" <<'SPEC'
name: small
data: {source: {type: idx, path: fashion-mnist}, transforms: [standardize]}
sizes: [60, 120, 250, 600, 2000]
forecast_sizes: [2500, 8000]
seeds: 3
contenders:
  - {name: bayes, specification: {learner: {type: gaussian_naive_bayes}}}
  - {name: neighbors, specification: {learner: {type: nearest_neighbors}}}
SPEC
kept() { client forecast ls -q; }
neighbors_are_kept() { kept | grep -q neighbors-8000; }
ended() { client study get "$1" -o json | tr -d '\n' | grep -qE '"state": *"SUCCEEDED", *"spec'; }

start_server
study=$(client study submit "$WORK/study.yaml" -o name)
for pause in 0.3 0.6 0.3; do
  sleep "$pause"  # the moment does not matter
  kill_server
  start_server
done
wait_until 120 ended "$study"
wait_until 20 neighbors_are_kept
first=$(kept)
grep -q neighbors-2500 <<<"$first" || fail "no forecast at 2,500: $first"
expect_equal "$(sed 's/-[0-9a-z]*$//' <<<"$first" | sort | uniq -d)" "" "forecasts that were kept twice"
expect 0 client study get "$study"
expect_text "kept, to be scored when their runs come; see 'trainyard forecast ls'"
expect 0 client forecast get neighbors-2500 -o json
expect_text '"quantiles"'
expect_text '"coefficients"'
passed "a study's forecasts are kept by themselves"

kill_server
start_server
expect 0 client run mlp.yaml budget.epochs=1
sleep 1.5  # longer than the server takes to look again
expect_equal "$(kept)" "$first" "forecasts after a restart"
passed "and only once"

expect 0 client study extend "$study" --size 2500
expect 0 client study watch "$study"
expect 0 client forecast ls --scored
expect_text "neighbors"
[[ $OUTPUT != *8,000* ]] || fail "what was not measured has a score"
expect 0 client study get "$study"
expect_text "of them scored"
expect 0 client study report "$study" --out "$WORK/report.html"
grep -q "of them scored" "$WORK/report.html" || fail "the report does not tell of forecasts"
sleep 1.5
expect_equal "$(kept | wc -l)" "$(wc -l <<<"$first")" "forecasts of sizes that were kept before"
passed "an extension scores them"
stop_server
