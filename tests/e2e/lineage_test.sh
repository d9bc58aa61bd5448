#!/usr/bin/env bash
# Refine and repeat: forks, differences, comparisons, and results that are used again only where nothing changed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

expect 0 client run mlp.yaml --name narrow --seeds 3 'model.layers[1].units=4'
expect 0 client job fork narrow 'model.layers[1].units=64' --name wide --watch
expect_text "test accuracy"
expect 0 client job get wide
expect_text "forked from jobs/narrow"
expect 0 client job diff narrow wide
expect_equal "$OUTPUT" "model.layers[1].units: 4 -> 64" "the difference"
passed "a fork differs by its change"

expect 0 client compare narrow wide
expect_text "model.layers[1].units: 4 -> 64"
expect_text "holds: wide"
expect_text "paired over 3 seeds, p "
expect 0 client compare narrow wide --metric test/loss -o json
expect_text '"PAIRED_SEEDS"'
expect 0 client compare narrow wide --series validation/accuracy --out "$WORK/curves.svg"
grep -q "<svg" "$WORK/curves.svg" || fail "no figure"
expect 2 client compare narrow
expect_text "from 2 to 20"
expect 2 client compare narrow wide --metric test/acuracy
expect_text "test/accuracy"
expect 5 client compare narrow nothing
expect 5 client job fork nothing
passed "a comparison has its verdict, and what is none is refused"

# Rows of a table: the class is the sign of a - b.
awk 'BEGIN { print "a,b,label"; srand(3); for (i = 0; i < 400; ++i) { a = rand(); b = rand(); print a "," b "," (a > b ? "x" : "y") } }' \
  >"$DATA/datasets/table.csv"
cat >"$WORK/table.yaml" <<'SPEC'
name: table
data: {source: {type: csv, path: table.csv, target: label}, split: {test: 0.25}}
learner: {type: logistic_regression}
SPEC
expect 0 client run "$WORK/table.yaml" --reuse
[[ $OUTPUT != *"did the same"* ]] || fail "nothing was there to be used again"
first=$(client job ls -o name | head -1)
expect 0 client run "$WORK/table.yaml" --reuse --name other resources.cores=2 learner.c=1
expect_text "$first did the same on"
expect_text "test accuracy"
expect 0 client run "$WORK/table.yaml"
second=$(client job ls -o name | head -1)
[[ $second != "$first" ]] || fail "a job that nobody asked to reuse was not made"
expect 0 client submit "$WORK/table.yaml" --reuse -q
expect_equal "${OUTPUT%%$'\n'*}" "$second" "the newest result"
expect 0 client run "$WORK/table.yaml" --reuse learner.c=2
[[ $OUTPUT != *"did the same"* ]] || fail "another specification was taken for the same"
# The same size and time of change, but other bytes.
cp -p "$DATA/datasets/table.csv" "$WORK/table.csv"
sed -i 's/,x$/,z/' "$WORK/table.csv"
touch -r "$DATA/datasets/table.csv" "$WORK/table.csv"
cat "$WORK/table.csv" >"$DATA/datasets/table.csv"
touch -r "$WORK/table.csv" "$DATA/datasets/table.csv"
expect 0 client run "$WORK/table.yaml" --reuse
[[ $OUTPUT != *"did the same"* ]] || fail "a changed file gave an old result"
kill_server
start_server
expect 0 client run "$WORK/table.yaml" --reuse
expect_text "did the same on"
passed "results are used again where nothing changed, also after the server was killed"

cat >"$WORK/study.yaml" <<'SPEC'
name: small
data: {source: {type: csv, path: table.csv, target: label}, split: {test: 0.25}}
sizes: [20, 40]
seeds: 3
contenders:
  - {name: logistic, specification: {learner: {type: logistic_regression}}}
SPEC
expect 0 client study run "$WORK/study.yaml"
before=$(client job ls --all -o name | wc -l)
expect 0 client study run "$WORK/study.yaml" --dry-run sizes='[20, 40, 80]'
expect_text "3, 2 there already"
expect 0 client study run "$WORK/study.yaml" sizes='[20, 40, 80]'
expect_text "2 of 3 points were there already"
expect_text "3 of 3 points measured"
expect_equal "$(client job ls --all -o name | wc -l)" "$((before + 1))" "jobs"
expect 0 client study run "$WORK/study.yaml" --no-reuse
expect_equal "$(client job ls --all -o name | wc -l)" "$((before + 3))" "jobs"
passed "a study takes the points that are there"
stop_server
