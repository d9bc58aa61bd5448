#!/usr/bin/env bash
# Classical learners are jobs like any other: described, checked, trained, streamed, stopped, used.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

cat >"$WORK/learner.yaml" <<'END'
name: learner
data:
  source: {type: idx, path: fashion-mnist}
  split: {validation: 0.1}
  subset: {train_size: 3000}
learner: {type: logistic_regression, c: 0.1}
metrics: [accuracy, confusion]
resources: {cores: 2}
END

expect 0 client explain learner
for learner in logistic_regression linear_svm kernel_svm fourier_svm gradient_boosted_trees random_forest \
  nearest_neighbors gaussian_naive_bayes linear_regression; do
  expect_text "$learner"
done
expect 0 client explain kernel_svm
expect_text "gamma_rule"
passed "explain describes every learner"

expect 0 client submit "$WORK/learner.yaml" --dry-run
expect_text "features        784"
expect_text "parameters      7,850"
expect_text "samples         3,000 train, 6,000 validation, 10,000 test"
expect 2 client submit "$WORK/learner.yaml" --dry-run learner.type=linear_swm
expect_text "did you mean 'linear_svm'?"
expect 2 client submit "$WORK/learner.yaml" --dry-run batch_size=5
expect_text "not allowed beside learner"
passed "the dry run says what it takes, and what is wrong"

expect 0 client run "$WORK/learner.yaml" --name first
expect_text "test accuracy 0.8"
expect 0 client model get first --output "$WORK/model.safetensors"
expect_equal "$(sha256sum <"$WORK/model.safetensors" | cut -d' ' -f1)" "$(model_hash first)" "model file and its hash"
expect 0 client predict first --count 3 -o csv
expect_text "sample,label,predicted,probability"
expect 0 client run "$WORK/learner.yaml" --name second resources.cores=1
expect_equal "$(model_hash second)" "$(model_hash first)" "the model on one core and on two"
passed "run trains, keeps the model and predicts, with the same bits on any number of cores"

# Each in the middle of its work, and the worker takes the next job at once.
cancel_running() {
  local job=$1
  shift
  expect 0 client submit "$WORK/learner.yaml" --detach --name "$job" "$@" data.subset.train_size=0
  wait_for_step "$job" 1
  local start
  start=$(date +%s%N)
  expect 0 client job cancel "$job"
  wait_until 30 job_has_state "$job" CANCELLED
  echo "$job stopped after $((($(date +%s%N) - start) / 1000000)) ms"
}
job_has_state() { [[ $(job_state "$1") == "$2" ]]; }
cancel_running linear 'learner={type: linear_svm, tolerance: 1e-9, max_iterations: 100000}'
cancel_running kernel 'learner={type: kernel_svm, c: 10}'
cancel_running forest 'learner={type: random_forest, trees: 2000}'
cancel_running boosted 'learner={type: gradient_boosted_trees, rounds: 500}'
expect 0 client run "$WORK/learner.yaml" --name third
expect_equal "$(model_hash third)" "$(model_hash first)" "a job after cancelled ones"
passed "cancelled while they train"
stop_server
