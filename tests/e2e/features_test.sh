#!/usr/bin/env bash
# Features that are fitted, wrong labels on purpose, and what the log says of the data.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_data() {
  mkdir -p "$DATA/datasets"
  awk 'BEGIN {
    print "a,b,c,kind"
    for (i = 0; i < 500; ++i) {
      x = i % 2 ? 3 + i % 7 / 10 : -3 - i % 11 / 10
      print x "," 2 * x + i % 5 / 10 "," i % 3 "," (i % 2 ? "high" : "low")
    }
  }' >"$DATA/datasets/train.csv"
  { head -n 1 "$DATA/datasets/train.csv"; tail -n 40 "$DATA/datasets/train.csv"
    printf '9,18,1,high\n'; } >"$DATA/datasets/test.csv"
  printf 'b,a,c\n-7,-3.5,0\n7,3.5,2\n' >"$DATA/datasets/new.csv"
  for i in 1 2 3 4 5 6 7 8; do
    printf '{"text": "a good film, number %s", "label": "for"}\n' $i
    printf '{"text": "a bad film, number %s", "label": "against"}\n' $i
  done >"$DATA/datasets/reviews.jsonl"
  printf '{"text": "so bad"}\n{"text": "so good"}\n' >"$DATA/datasets/new.jsonl"
}
cat >"$WORK/table.yaml" <<'END'
name: table
data:
  source: {type: csv, path: train.csv, test_path: test.csv}
  transforms: [{type: pca, components: 1, whiten: true}]
  label_noise: {share: 0.2, seed: 1}
model:
  layers:
    - {type: dense, units: 2}
loss: softmax_cross_entropy
optimizer: {type: adam, learning_rate: 0.1}
batch_size: 50
budget: {epochs: 10}
END

start_server
make_data
expect 0 client run "$WORK/table.yaml"
expect_text "test accuracy 1.0000"
expect 0 client job logs table
expect_text "each of the 2 classes has 250 training samples"
expect_text "100 of 500 training labels are wrong (data.label_noise)"
expect_text "40 of 41 test samples occur in the training part too"
passed "the log tells of wrong labels, and of test samples that were trained on"

cp "$DATA/datasets/train.csv" "$WORK/train.csv"
rm "$DATA/datasets/train.csv"
expect 0 client predict table --data '{source: {type: csv, path: new.csv}}' -o csv
expect_text "0,,low,"
expect_text "1,,high,"
cp "$WORK/train.csv" "$DATA/datasets/train.csv"
passed "a prediction uses the components that training found"

expect 0 client run "$WORK/table.yaml" --name again
expect 0 client model get table --output "$WORK/one.safetensors"
expect 0 client model get again --output "$WORK/two.safetensors"
cmp "$WORK/one.safetensors" "$WORK/two.safetensors" || fail "other bits the second time"
passed "kept features give the same model"

expect 2 client submit "$WORK/table.yaml" --dry-run data.label_noise.share=1.5
expect_text "data.label_noise.share: expected a share in [0, 1), got 1.5"
expect 2 client submit "$WORK/table.yaml" --dry-run 'data.transforms=[{type: pca, components: 4}]'
expect_text "data.transforms[0]: components: 4; samples of shape [3] have 3 values"
expect 2 client submit "$WORK/table.yaml" --dry-run 'data.transforms=[hog]'
expect_text "data.transforms[0]: takes images"
passed "what cannot be is refused before it is queued"

expect 0 client run "$WORK/table.yaml" --name texts 'data={source: {type: ngrams, path: reviews.jsonl}}' \
  batch_size=16 budget.epochs=30
expect 0 client predict texts --data '{source: {type: ngrams, path: new.jsonl}}' -o csv
expect_text "0,,against,"
expect_text "1,,for,"
passed "texts become n-grams"
stop_server
