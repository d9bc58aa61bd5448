#!/usr/bin/env bash
# A study gives the same numbers however often server and workers are killed in between, and no point is run twice.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kills=3
cat >"$WORK/study.yaml" <<'END'
name: more-data
data:
  source: {type: idx, path: fashion-mnist}
  split: {validation: 0.05}
  transforms: [standardize]
sizes: [60, 120, 250, 600, 2000]
seeds: 3
contenders:
  - name: logistic
    specification: {learner: {type: logistic_regression}}
    candidates: [{learner: {c: 0.01}}, {learner: {c: 1}}]
  - name: mlp
    least_steps: 300
    specification:
      model: {layers: [flatten, {type: dense, units: 32}, relu, {type: dense, units: 10}]}
      loss: softmax_cross_entropy
      budget: {epochs: 5}
    candidates: [{learning_rate: 0.001}, {learning_rate: 0.01}]
END
# Everything but names of jobs and times, a line a point and seed.
numbers() {
  client study report "$1" --out "$WORK/points.csv" >/dev/null
  cut -d, -f1-3,5,7-13 "$WORK/points.csv"
}
ended() { client study get "$1" -o json | tr -d '\n' | grep -oE '"state": *"(SUCCEEDED|FAILED)", *"spec'; }

start_server
expect 0 client study run "$WORK/study.yaml" --dry-run
expect_text "60, with 3 seeds"
expect 0 client study run "$WORK/study.yaml"
expect_text "the best network beats the best traditional learner"
through=$(client study ls -o name)
wanted=$(numbers "$through")
expect_equal "$(wc -l <<<"$wanted")" 31 "lines of points and seeds"
passed "a study runs to its verdicts"

cut_often=$(client study submit "$WORK/study.yaml" --no-reuse -o name)
client study watch "$cut_often" >"$WORK/watched.txt" 2>"$WORK/watch.err" &
watcher=$!
for ((i = 0; i < kills; ++i)); do
  sleep 0.7  # the moment does not matter
  kill_workers
  kill_server
  start_server
done
wait_until 120 ended "$cut_often"
expect_equal "$(numbers "$cut_often")" "$wanted" "numbers of the study that was cut"
expect_equal "$(client job ls -o name | wc -l)" 20 "jobs of both studies"
passed "the same numbers after $kills kills of server and workers, and no point run twice"
code=0
wait "$watcher" || code=$?
OUTPUT=$(cat "$WORK/watched.txt" "$WORK/watch.err")
expect_equal "$code" 0 "exit code of the watch"
expect_text "found the server again"
expect_equal "$(grep -cE '^(logistic|mlp) at [0-9,]+: test error' "$WORK/watched.txt")" 10 "points told"
expect_equal "$(grep -E ': test error' "$WORK/watched.txt" | sort -u | wc -l)" 10 "different points told"
passed "a watch that began before told each point once over $kills kills, and the end"

expect 0 client study report "$cut_often" --out "$WORK/report.html"
grep -q "<svg" "$WORK/report.html" || fail "no figure in the report"
expect 6 client study cancel "$cut_often"
expect 2 client study submit "$WORK/study.yaml" seeds=1
expect_text "seeds"
expect 2 client study submit "$WORK/study.yaml" data.split.validation=0
expect_text "tune on"
expect 2 client study submit "$WORK/study.yaml" 'contenders[0].specification.learner.type=logistic_regresion'
expect_text "contenders[0].specification.learner.type"
passed "report, and what is no study is refused"
stop_server
