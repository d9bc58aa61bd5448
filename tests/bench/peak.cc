// The machine's bound on 1 .. N threads at once (engine/tensor/machine.h), as one JSON line.
//
//   peak [THREADS]
#include <cstdio>
#include <cstdlib>

#include "engine/tensor/machine.h"

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
  if (threads < 1) {
    std::fprintf(stderr, "peak: needs at least one thread\n");
    return 1;
  }
  const auto peak = trainyard::MeasurePeak(threads);
  if (!peak.ok()) {
    std::fprintf(stderr, "peak: %s\n", peak.status().ToString().c_str());
    return 1;
  }
  std::printf(
      "{\"threads\": %d, \"fp32_gflops\": %.0f, \"bf16_gflops\": %.0f, \"memory_gb_per_s\": "
      "%.1f}\n",
      threads, peak->float32_gflops, peak->bfloat16_gflops, peak->memory_gigabytes_per_second);
  return 0;
}
