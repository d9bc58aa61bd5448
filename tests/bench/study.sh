#!/usr/bin/env bash
# A scaling study of seven contenders on Fashion-MNIST, and the same written by hand with scikit-learn and PyTorch
# (study_by_hand.py), one after the other on all cores: seconds, ratio, and the errors side by side.
#
#   TRAINYARD_PYTHON="chroot DIR python3" tests/bench/study.sh [SIZE ...]
#
# TRAINYARD_PYTHON: a python with both, reading Fashion-MNIST where Debian's package has it; default python3.
# SEEDS: default 5. Sizes: default 100 300 1000 3000.
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
read -ra python <<<"${TRAINYARD_PYTHON:-python3}"
sizes=("$@")
((${#sizes[@]})) || sizes=(100 300 1000 3000)
seeds=${SEEDS:-5}
cores=$(nproc)
start_server --cores "$cores"

start=$SECONDS
client study run "$TREE/tests/bench/study.yaml" "sizes=[$(IFS=,; echo "${sizes[*]}")]" "seeds=$seeds" \
  --progress none >"$WORK/ours.txt"
ours=$((SECONDS - start))
client study get @last -o json >"$WORK/ours.json"
start=$SECONDS
"${python[@]}" - --sizes "${sizes[@]}" --seeds "$seeds" --processes "$cores" \
  <"$TREE/tests/bench/study_by_hand.py" >"$WORK/by_hand.jsonl"
by_hand=$((SECONDS - start))

printf '%-20s %8s %16s %16s %12s %12s\n' contender size "error here" "error by hand" "core-s here" "core-s there"
python3 - "$WORK/ours.json" "$WORK/by_hand.jsonl" <<'END'
import json, sys
there = {}
for line in open(sys.argv[2]):
    row = json.loads(line)
    if "contender" in row: there[row["contender"], row["size"]] = row
for point in json.load(open(sys.argv[1]))["points"]:
    row = there[point["contender"], int(point["size"])]
    print("%-20s %8s %16.4f %16.4f %12.1f %12.1f" % (point["contender"], point["size"], point["mean"]["value"],
          row["error"], point["coreSeconds"], row["core_seconds"]))
END
echo "here $ours s, by hand $by_hand s: ratio $(awk -v a="$by_hand" -v b="$ours" 'BEGIN { printf "%.2f", a / b }')"
