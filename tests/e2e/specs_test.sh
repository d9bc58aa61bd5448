#!/usr/bin/env bash
# Every specification that newcomers are given runs, in short form.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server
for spec in "$TREE"/client/specs/*.yaml "$TREE"/client/specs/published/*.yaml; do
  short=(budget.epochs=1 budget.steps=20)
  if grep -q '^learner:' "$spec"; then short=(data.subset.train_size=2000); fi
  if grep -q 'gradient_boosted_trees' "$spec"; then short+=(learner.rounds=3); fi
  expect 0 client submit "$spec" --dry-run
  expect 0 client run "$spec" "${short[@]}"
  passed "$(basename "$spec")"
done
