#!/usr/bin/env bash
# A table of a user's own: train on it, then predict rows that came later, without the table trained on.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_tables() {
  mkdir -p "$DATA/datasets"
  awk 'BEGIN {
    print "age,town,bought"
    for (i = 0; i < 400; ++i) print 20 + i % 50 "," (i % 2 ? "Bonn,no" : "Rome,yes")
  }' >"$DATA/datasets/train.csv"
  # Other columns, another order, no target.
  printf 'town,name,age\nRome,Ada,30\nBonn,Ben,31\nBonn,Cleo,64\n' >"$DATA/datasets/new.csv"
  printf 'town,age\nRome,30\nParis,31\n' >"$DATA/datasets/paris.csv"
}
cat >"$WORK/table.yaml" <<'END'
name: table
data:
  source: {type: csv, path: train.csv}
  split: {validation: 0.1, test: 0.1}
  transforms: [standardize]
model:
  layers:
    - {type: dense, units: 2}
loss: softmax_cross_entropy
optimizer: {type: adam, learning_rate: 0.1}
batch_size: 32
budget: {epochs: 10}
END
other() { printf '{source: {type: csv, path: %s}}' "$1"; }

start_server
make_tables
expect 0 client run "$WORK/table.yaml"
expect_text "test accuracy 1.0000"
expect 0 client predict table --count 2 -o csv
expect_text "sample,label,predicted,probability"
passed "predicts its own test part"

rm "$DATA/datasets/train.csv"
expect 0 client predict table --data "$(other new.csv)" -o csv
expect_text "0,,yes,"
expect_text "1,,no,"
expect_text "2,,no,"
passed "predicts rows without a target, by the names of their columns, after the table has gone"

expect 2 client predict table --data "$(other paris.csv)"
expect_text "paris.csv:3: column 'town' holds 'Paris', a category that the model was not trained on"
expect 2 client predict table --data "{source: {type: csv, path: new.csv}, transforms: [standardize]}"
expect_text "predict.data.transforms"
passed "what the model does not know is refused with its place"
stop_server
