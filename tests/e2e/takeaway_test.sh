#!/usr/bin/env bash
# A takeaway study from its factors to its effects, through kills of server and workers; and what is none is refused.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cat >"$WORK/takeaway.yaml" <<'END'
data:
  source: {type: idx, path: fashion-mnist}
  split: {validation: 0.05}
  transforms: [standardize]
sizes: [100, 2000]
seeds: 3
takeaway:
  base:
    model: {layers: [flatten, {type: dense, units: 16}, $activation, {type: dense, units: 10}]}
    loss: softmax_cross_entropy
  factors:
    - name: compute
      off: {specification: {budget: {steps: 20}}}
      on: {specification: {budget: {steps: 300}}}
    - name: algorithm
      off: {values: {activation: sigmoid}, specification: {optimizer: {type: sgd, learning_rate: 0.1}}}
      on: {values: {activation: relu}, specification: {optimizer: {type: adam, learning_rate: 0.003}}}
END
numbers() {
  client study report "$1" --out "$WORK/points.csv" >/dev/null
  cut -d, -f1-3,5,7-13 "$WORK/points.csv"
}
ended() { client study get "$1" -o json | tr -d '\n' | grep -oE '"state": *"(SUCCEEDED|FAILED)", *"spec'; }
refused() {
  expect 2 client study submit "$WORK/takeaway.yaml" "${@:2}"
  expect_text "$1"
}

start_server
expect 0 client study run "$WORK/takeaway.yaml" --dry-run
expect_text "compute-algorithm"
expect_text "24, with 3 seeds"
expect 0 client study run "$WORK/takeaway.yaml"
expect_text "holds: together they beat each alone"
expect_text "together data, compute and algorithm take the error to 0."
first=$(client study ls -o name)
wanted=$(numbers "$first")
expect_equal "$(wc -l <<<"$wanted")" 25 "lines of points and seeds"
expect 0 client study get "$first" --figure effects
expect_text "mean over the other factors"
expect_text "data x compute x algorithm"
expect 0 client study report "$first" --out "$WORK/report.html"
grep -q "What the factors do, alone and together" "$WORK/report.html" || fail "no effects in the report"
passed "factors become combinations, and these effects with verdicts"

client study get "$first" --spec >"$WORK/again.yaml"
if grep -q '^contenders:' "$WORK/again.yaml"; then fail "the specification has contenders"; fi
again=$(client study submit "$WORK/again.yaml" --no-reuse -o name)
kill_workers
kill_server
start_server
wait_until 120 ended "$again"
expect_equal "$(numbers "$again")" "$wanted" "numbers of the same study, killed"
passed "the specification that it prints makes the same study, through a kill"

refused "sizes: 3 sizes; a takeaway study has two" 'sizes=[100, 200, 300]'
refused "takeaway.factors: 0 factors" 'takeaway.factors=[]'
refused "takeaway.factors[1].on: required" 'takeaway.factors[1].on={}'
refused "'relux'" 'takeaway.factors[1].on.values.activation=relux'
refused "takeaway.factors[0]: changes nothing" 'takeaway.factors[0].on={specification: {budget: {steps: 20}}}'
refused "takeaway.factors[0]: changes nothing" 'takeaway.factors[0]={name: batch, on: {specification: {batch_size: 128}}}' \
  'takeaway.base.budget.steps=20'
refused "no specification has \$width" 'takeaway.factors[1].on.values.width=3'
refused "changes optimizer, as factor" 'takeaway.factors[0].on.specification.optimizer=adam'
refused "the study would train 160000 models" seeds=100 "takeaway.candidates=[$(printf '{learning_rate: 0.1},%.0s' {1..200})]"
expect_equal "$(client study ls -o name | wc -l)" 2 "studies"
passed "what is no takeaway is refused, and says where"
stop_server
