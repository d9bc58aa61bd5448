#!/usr/bin/env bash
# A forecast is written down before its run, and scored when the run has come.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cat >"$WORK/study.yaml" <<'SPEC'
name: small
data: {source: {type: idx, path: fashion-mnist}, transforms: [standardize]}
sizes: [60, 120, 250, 600, 2000]
seeds: 3
contenders:
  - {name: bayes, specification: {learner: {type: gaussian_naive_bayes}}}
  - {name: neighbors, specification: {learner: {type: nearest_neighbors}}}
SPEC
start_server
expect 0 client study run "$WORK/study.yaml"
both_are_kept() { (($(client forecast ls -q | wc -l) == 2)); }
wait_until 20 both_are_kept  # by the study itself
expect 2 client forecast make @last --factor 2
expect_text "there are bayes, neighbors"
expect 2 client forecast make @last --contender neighbors
expect_text "samples, or factor"
expect 2 client forecast make @last --contender neighbors --factor -3
expect_text "above 0"
expect 2 client forecast make @last --contender neighbours --factor 2
expect_text "neighbors"
expect 5 client forecast make nothing --factor 2
expect 5 client forecast get nothing
expect 6 client forecast make @last --contender neighbors --samples 2000
expect_text "has measured this already"
expect 6 client forecast make @last --samples 4000 --parameters 100000
expect_text "insufficient data"
passed "what is no forecast is refused"

expect 0 client forecast make @last --contender neighbors --factor 2
expect_text "neighbors at 4,000 samples, mean of 3 seeds"
expect_text "core time"
expect_text "none yet"
expect 0 client forecast make @last --contender neighbors --samples 54000 -o json
expect_text '"coefficients"'
kill_server
start_server
expect 0 client study run "$WORK/study.yaml" sizes='[2000, 4000]'
expect 0 client forecast ls
expect_text "1 of 4 scored"
expect 0 client forecast get neighbors-4000
expect_text "measured 0."
expect 0 client forecast ls --scored -q
expect_equal "$(wc -l <<<"$OUTPUT")" 1 "forecasts with a score"
passed "the run came, and the forecast has its score"

expect 0 client forecast score neighbors-54000 --job @last
expect_text "CRPS"
expect 6 client forecast score neighbors-54000 --job "$(client submit mlp.yaml resources.cores=2 budget.epochs=100 -q)"
expect_text "measured no test error"
expect 0 client forecast rm neighbors-54000
expect 5 client forecast get neighbors-54000
passed "scored by hand, and removed"
stop_server
