#!/usr/bin/env bash
# Training steps of the yardsticks in client/specs/bench, ours and, where there is one, the peer's in
# turn: medians over the rounds, ratios, and the share of the machine's bound. Writes FOLDER/steps.jsonl
# and FOLDER/steps.md, and prints the latter.
#
#   tests/bench/compare.sh [--rounds N] [--seconds S] [--out FOLDER] [WORKLOAD ...]
#
# --rounds 0 reports on what FOLDER/steps.jsonl has.
#
# TRAINYARD_BIN     the folder of `steps` and `peak`
# TRAINYARD_PEER    a command that takes the arguments of the peer's script, for example "run.sh CHROOT"
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/bench/workloads.sh

bin=${TRAINYARD_BIN:-build/bench/bin}
read -ra peer <<<"${TRAINYARD_PEER:-}"
rounds=3 seconds=2 out=build/bench
while [[ ${1:-} == --* ]]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --out) out=$2 ;;
    *) echo "compare: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
(($# == 0)) || workloads=("$@")
threads=$(nproc)
mkdir -p "$out"
lines=$out/steps.jsonl
((rounds == 0)) || : >"$lines"

for ((round = 1; round <= rounds; ++round)); do
  for workload in "${workloads[@]}"; do
    for precision in fp32 bf16; do
      "$bin/steps" "client/specs/bench/$workload.yaml" "precision=$precision" --threads "$threads" \
        --seconds "$seconds" | sed "s/^{\"workload\": \"[^\"]*\"/{\"who\": \"trainyard\", \"workload\": \"$workload\", \"dtype\": \"$precision\"/" >>"$lines"
      ((${#peer[@]})) || continue
      while read -r settings; do
        "${peer[@]}" --workload "$workload" --dtype "$precision" --seconds "$seconds" $settings |
          sed "s/^{/{\"who\": \"peer\", \"settings\": \"$settings\", /" >>"$lines"
      done < <(settings_of "$workload")
    done
  done
done

bound=$("$bin/peak" "$threads" || true)
awk -v bound="$bound" -v threads="$threads" '
  function field(name,   text) {
    if (!match($0, "\"" name "\": (\"[^\"]*\"|[-0-9.e+]+)")) return ""
    text = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4)
    gsub(/"/, "", text)
    return text
  }
  function median(text,   values, n, i, j, t) {
    n = split(text, values, " ")
    for (i = 2; i <= n; ++i) for (j = i; j > 1 && values[j] + 0 < values[j-1] + 0; --j) { t = values[j]; values[j] = values[j-1]; values[j-1] = t }
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
  }
  {
    workload = field("workload"); type = field("dtype")
    if (!(workload in seen)) { seen[workload]; order[++count] = workload }
    if (field("who") == "trainyard") {
      ours[workload, type] = ours[workload, type] " " field("step_ms")
      flop[workload] = field("gflop_per_step"); memory[workload, type] = field("memory_mib")
    } else {
      key = workload SUBSEP type SUBSEP field("settings")
      peers[key] = peers[key] " " field("step_ms")
    }
  }
  END {
    for (key in peers) {
      split(key, part, SUBSEP); value = median(peers[key]); place = part[1] SUBSEP part[2]
      if (!(place in best) || value < best[place]) best[place] = value
    }
    $0 = bound; peak["fp32"] = field("fp32_gflops"); peak["bf16"] = field("bf16_gflops")
    printf "Machine: %s threads, bound %s GFLOP/s in fp32, %s in bf16.\n\n", threads, peak["fp32"], peak["bf16"]
    print "| workload | precision | step (ms) | GFLOP/s | of the bound | memory (MiB) | peer, best (ms) | ratio |"
    print "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for (i = 1; i <= count; ++i) for (t = 1; t <= 2; ++t) {
      type = t == 1 ? "fp32" : "bf16"; workload = order[i]; step = median(ours[workload, type])
      rival = best[workload, type]
      if (type == "bf16" && best[workload, "fp32"] != "" && best[workload, "fp32"] < rival) rival = best[workload, "fp32"]
      speed = flop[workload] / step * 1000
      printf "| %s | %s | %.3g | %.0f | %s | %.0f | %s | %s |\n", workload, type, step, speed,
        (peak[type] > 0 ? sprintf("%.0f %%", 100 * speed / peak[type]) : ""), memory[workload, type],
        (rival == "" ? "" : sprintf("%.3g", rival)), (rival == "" ? "" : sprintf("%.2f", rival / step))
    }
  }' "$lines" | tee "$out/steps.md"
