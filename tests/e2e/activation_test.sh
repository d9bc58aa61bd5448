#!/usr/bin/env bash
# An activation study runs to its speed-ups and figures, survives a kill, and refuses what cannot be compared; trainings
# say in their logs what is wrong with them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cat >"$WORK/study.yaml" <<'END'
name: faster
data: {source: {type: idx, path: fashion-mnist}, transforms: [standardize]}
sizes: [2000]
seeds: 5
activation:
  activations: [relu, sigmoid]
  depths: [1, 6]
  first: [flatten]
  hidden: [{type: dense, units: 24}, activation]
  last: [{type: dense, units: 10}]
  learning_rates: [0.01, 0.1]
  training: {loss: softmax_cross_entropy, optimizer: {type: momentum}, batch_size: 50, budget: {steps: 250}}
END
# What was measured, without times and names of jobs.
numbers() {
  client study get "$1" -o json | tr -d ' \n' | grep -oE '"(steps|initialGradientRms|gradientRms)":-?[0-9.e-]+' | head -60
}
ended() { client study get "$1" -o json | tr -d '\n' | grep -oE '"state": *"(SUCCEEDED|FAILED)", *"spec'; }

start_server
expect 0 client study run "$WORK/study.yaml" --dry-run
expect_text "sigmoid-6-he"
expect_text "40, with 5 seeds"
expect 0 client study run "$WORK/study.yaml"
expect_text "relu-1-he: 25 % training error after"
expect_text "gradients of sigmoid vanish towards the input"
through=$(client study ls -o name)
expect 0 client study get "$through" --figure gradients
expect_text "Gradients by layer, before training"
expect_text "Speed-up: costs of the baseline"
expect 0 client study get "$through" --figure speed-up
expect_text "relu : sigmoid"
expect 0 client study report "$through" --out "$WORK/report.html"
[[ $(grep -o "<figcaption" "$WORK/report.html" | wc -l) -ge 6 ]] || fail "too few figures in the report"
passed "an activation study runs to its speed-ups, figures and verdicts"

expect 0 client study get "$through" --spec
grep -v '^name:' <<<"$OUTPUT" >"$WORK/again.yaml"
wanted=$(numbers "$through")
again=$(client study submit "$WORK/again.yaml" --no-reuse -o name)
sleep 0.7  # the moment does not matter
kill_workers
kill_server
start_server
wait_until 120 ended "$again"
expect_equal "$(numbers "$again")" "$wanted" "numbers of the study that was cut"
passed "its specification runs again, with the same numbers after a kill of server and workers"

expect 2 client study submit "$WORK/study.yaml" activation.threshold=0.95
expect_text "activation.threshold: 0.95; guessing among the classes has 0.9"
expect 2 client study submit "$WORK/study.yaml" 'activation.activations=[relu, sigmiod]'
expect_text "activation.activations[1]"
expect_text "did you mean 'sigmoid'?"
expect 2 client study submit "$WORK/study.yaml" 'activation.hidden=[{type: dense, units: 24}, activation, {type: dropout, rate: 0.5}]'
expect_text "no regularisation"
passed "what cannot be compared is refused"

cat >"$WORK/job.yaml" <<'END'
data: {source: {type: idx, path: fashion-mnist}, split: {validation: 0.02}, subset: {train_size: 2000}, transforms: [standardize]}
model: {layers: [flatten, {type: dense, units: 32}, relu, {type: dense, units: 10}]}
loss: softmax_cross_entropy
optimizer: {type: adam, learning_rate: 0.001}
batch_size: 50
budget: {epochs: 6}
END
warnings() {  # of a run with these changes
  local job
  job=$(client submit "$WORK/job.yaml" "$@" -o name)
  client job watch "$job" >/dev/null 2>&1 || true
  OUTPUT=$(client job logs "$job" 2>&1)
}
warnings
[[ $OUTPUT != *" try "* && $OUTPUT != *shuffled* ]] || fail "a healthy run is called ill"
deep=flatten
for _ in {1..10}; do deep+=", {type: dense, units: 32}, sigmoid"; done
warnings "model.layers=[$deep, {type: dense, units: 10}]"
expect_text "vanishing; try relu"
warnings optimizer.learning_rate=0.1
expect_text "the learning rate 0.1 is too high; try 0.01 or less"
warnings 'model.initializer={type: constant, value: -0.05}' 'data.transforms=[]'
expect_text "units are dead"
warnings 'data.label_noise={share: 0.9, seed: 1}'
expect_text "are the labels shuffled?"
passed "trainings say what is wrong with them, and a healthy one says nothing"
stop_server
