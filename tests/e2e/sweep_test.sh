#!/usr/bin/env bash
# Sweeps: a grid with seeds as groups; ASHA decides the same and finds the same best however often server and
# workers are killed in between; stop keeps what has ended; what is no sweep is refused with its place.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kills=3
cat >"$WORK/sweep.yaml" <<'END'
method: asha
trials: 9
search_seed: 4
asha: {reduction_factor: 3, least_epochs: 1}
parameters:
  - {path: optimizer.learning_rate, log_uniform: {min: 0.00003, max: 0.3}}
  - {path: "model.layers[1].units", values: [8, 16, 32, 64]}
specification:
  data:
    source: {type: idx, path: fashion-mnist}
    split: {validation: 0.05}
    subset: {train_size: 2000}
    transforms: [standardize]
  model: {layers: [flatten, {type: dense, units: 8}, relu, {type: dense, units: 10}]}
  loss: softmax_cross_entropy
  optimizer: {type: adam}
  batch_size: 32
  budget: {epochs: 10}
  checkpoint: {every_steps: 20}
END
grid=(method=grid trials=null search_seed=null asha=null seeds=3 specification.budget.epochs=1
  'parameters[0]={path: optimizer.learning_rate, values: [0.001, 0.01]}' 'parameters[1].values=[8, 16]')
# Trial, whether it was stopped, its values, seed and objective.
numbers() {
  client sweep get "$1" --out "$WORK/trials.csv" >/dev/null
  cut -d, -f1,5-9 "$WORK/trials.csv"
}
decisions() { client sweep get "$1" -o json | grep '"sentence"'; }
state() { client sweep get "$1" -o json | tr -d '\n' | sed -n 's/.*"state": *"\([A-Z]*\)", *"specification".*/\1/p'; }
is() { [[ $(state "$1") == "$2" ]]; }

# One core, so that trials come to a rung in their order.
start_server --cores 1
expect 0 client sweep run "$WORK/sweep.yaml" "${grid[@]}" --dry-run
expect_text "trials          4"
expect_text "trainings       12, 3 seeds each"
expect_equal "$(client job ls -o name | wc -l)" 0 "jobs after a preview"
expect 0 client sweep run "$WORK/sweep.yaml" "${grid[@]}"
expect_text "3 seeds"
expect_text "test/accuracy"
client sweep get @last --out "$WORK/grid.csv" >/dev/null
expect_equal "$(wc -l <"$WORK/grid.csv")" 13 "a line a trial and seed"
expect 0 client sweep best @last --spec
printf '%s\n' "$OUTPUT" >"$WORK/best.yaml"
expect 0 client submit "$WORK/best.yaml" --dry-run
for spec in "$TREE"/client/specs/sweeps/*.yaml; do
  expect 0 client sweep run "$spec" specification.resources.cores=1 --dry-run
done
passed "a grid with seeds, and its best specification can be submitted again"

expect 0 client sweep run "$WORK/sweep.yaml" --dry-run
expect_text "judged after    1, 3, 9 epochs"
expect_text "at the rate of the newest jobs"
expect 0 client sweep run "$WORK/sweep.yaml"
through=$(client sweep ls -o name | head -1)
wanted=$(numbers "$through")
decided=$(decisions "$through")
stopped=$(cut -d, -f2 <<<"$wanted" | grep -c true)
((stopped >= 4)) || fail "only $stopped of 9 trials were stopped early"
expect 0 client job ls --limit 1000
expect_text CANCELLED
passed "ASHA stops $stopped of 9 trials early"

cut_often=$(client sweep submit "$WORK/sweep.yaml" -o name)
for ((i = 0; i < kills; ++i)); do
  sleep 0.7  # the moment does not matter
  kill_workers
  kill_server
  start_server --cores 1
done
wait_until 120 is "$cut_often" SUCCEEDED
expect_equal "$(decisions "$cut_often")" "$decided" "decisions of the sweep that was cut"
expect_equal "$(numbers "$cut_often")" "$wanted" "numbers of the sweep that was cut"
best() { client sweep best "$1" | sed '/^job/d'; }
expect_equal "$(best "$cut_often")" "$(best "$through")" "the best trial"
passed "the same decisions, numbers and best after $kills kills of server and workers"

long=$(client sweep submit "$WORK/sweep.yaml" specification.budget.epochs=100000 -o name)
expect 0 client sweep stop "$long"
wait_until 60 is "$long" CANCELLED
expect 10 client sweep watch "$long"
expect 0 client sweep stop "$long"
expect 6 client sweep stop "$through"
expect 6 client sweep best "$long"
expect 5 client sweep get no-such-sweep
passed "stop ends what has not ended"

expect 0 client sweep get "$through" --out "$WORK/sweep.html"
grep -q "<svg" "$WORK/sweep.html" || fail "no figure in the page"
expect 0 client sweep get "$through" --figure learning_rate
expect_text "WENT ON"
expect 2 client sweep get "$through" --figure nothing
expect_text "trials, importance, learning_rate, units"
refused() {  # PLACE WORDS CHANGE...
  local place=$1 words=$2
  shift 2
  expect 2 client sweep submit "$WORK/sweep.yaml" "$@"
  expect_text "$place"
  expect_text "$words"
}
refused 'parameters[0].path' "did you mean" 'parameters[0].path=optimiser.learning_rate'
refused 'parameters[1].values[1]' "got -3" 'parameters[1].values=[8, -3]'
refused 'objective.series' "tune on it" 'objective.series=test/accuracy'
refused 'trials' "from 1 to 1000" trials=1000000
refused 'parameters' "at most 1000" method=grid trials=null asha=null \
  'parameters[0]={path: batch_size, integer: {min: 1, max: 250000}}'
refused 'asha.least_epochs' "below the budget" asha.least_epochs=10
refused 'parameters[0].log_uniform.min' "finite number" 'parameters[0].log_uniform.min=.nan'
passed "pictures and pages, and what is no sweep is refused with its place"
stop_server
