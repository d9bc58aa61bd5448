#!/usr/bin/env bash
# Every specification that newcomers are given runs, in short form.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server
for spec in "$TREE"/client/specs/*.yaml; do
  expect 0 client submit "$spec" --dry-run
  expect 0 client run "$spec" budget.epochs=1 budget.steps=20
  passed "$(basename "$spec")"
done
