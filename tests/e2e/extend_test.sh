#!/usr/bin/env bash
# A finished study grows by a size and a contender: old points keep their jobs and numbers, through kills of server
# and workers, and what would change them is refused.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cat >"$WORK/study.yaml" <<'END'
name: growing
data:
  source: {type: idx, path: fashion-mnist}
  split: {validation: 0.05}
  transforms: [standardize]
sizes: [60, 120, 250, 600]
seeds: 3
contenders:
  - name: logistic
    specification: {learner: {type: logistic_regression}}
    candidates: [{learner: {c: 0.01}}, {learner: {c: 1}}]
END
cat >"$WORK/more.yaml" <<'END'
contenders:
  - name: mlp
    least_steps: 200
    specification:
      model: {layers: [flatten, {type: dense, units: $width}, relu, {type: dense, units: 10}]}
      loss: softmax_cross_entropy
      budget: {epochs: 3}
    ladder: [{values: {width: 8}}, {values: {width: 32}}, {values: {width: 96}}]
END
points() {
  client study report "$1" --out "$WORK/points.csv" >/dev/null
  grep -E "$2" "$WORK/points.csv" | cut -d, -f1-4,7-13
}
ended() { client study get "$1" -o json | tr -d '\n' | grep -oE '"state": *"(SUCCEEDED|FAILED)", *"spec'; }

start_server
expect 0 client study run "$WORK/study.yaml"
study=$(client study ls -o name)
old=$(points "$study" '^logistic')
expect_equal "$(wc -l <<<"$old")" 12 "lines of old points"

expect 0 client study extend "$study" --size 2000 --contenders "$WORK/more.yaml" --dry-run
expect_text "points          16"
expect_equal "$(client job ls -o name | wc -l)" 4 "jobs after a dry run"
expect 0 client study extend "$study" --size 2000 --contenders "$WORK/more.yaml" --request-id grow-1
expect_text "has 20 points now"
kill_workers
kill_server
start_server
expect 0 client study extend "$study" --size 2000 --contenders "$WORK/more.yaml" --request-id grow-1
wait_until 120 ended "$study"
expect_equal "$(client job ls -o name | wc -l)" 20 "jobs: each point once"
expect_equal "$(points "$study" '^logistic,[a-z]*,(60|120|250|600),')" "$old" "old points"
expect_equal "$(points "$study" '^mlp-(8|32|96),' | wc -l)" 45 "lines of the ladder"
expect 0 client study get "$study" --figure parameters
expect_text "logistic has plateaued"
expect_text "Error against size of the model"
expect_text "limited by one factor"
passed "old points stay, new ones are trained once, through a kill and a repeated request"

# The same study made at once has the same numbers.
sed -i 's/^sizes:.*/sizes: [60, 120, 250, 600, 2000]/' "$WORK/study.yaml"
grep -v '^contenders:' "$WORK/more.yaml" >>"$WORK/study.yaml"
whole=$(client study submit "$WORK/study.yaml" --no-reuse -o name)
wait_until 120 ended "$whole"
expect_equal "$(points "$whole" '^[a-z]' | cut -d, -f1-3,5-)" "$(points "$study" '^[a-z]' | cut -d, -f1-3,5-)" "numbers"
passed "it is the study that would have been made at once"

refused() {
  expect 2 client study extend "$study" "${@:2}"
  expect_text "$1"
}
refused "seeds: not allowed: it would change points" --size 3000 seeds=5
refused "data: not allowed" --size 3000 data.split.validation=0.1
refused "'logistic' is there already, and what was trained stays" 'contenders=[{name: logistic}]'
refused "600 is there already" --size 600
refused "nothing is added"
refused "at most 57000, the samples left" --size 60000
expect 5 client study extend nothing --size 3000
expect_equal "$(client job ls -o name | wc -l)" 40 "jobs"
passed "what would change old points is refused"
stop_server
