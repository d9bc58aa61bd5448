// What this machine does at best: multiply-adds of its vector registers or matrix tiles and
// bandwidth of its memory, on some threads at once. Training steps are compared with it. Nothing
// else should run while it is measured; a quarter of a second for each number.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace trainyard {

struct MachinePeak {
  // 10^9 additions and multiplications a second.
  double float32_gflops = 0;
  // Of its matrix tiles (AMX), else of its vector registers; 0 where neither knows bfloat16.
  double bfloat16_gflops = 0;
  // 10^9 bytes a second, read and written: a[i] = b[i] + s * c[i], the triad of STREAM (McCalpin
  // 1995).
  double memory_gigabytes_per_second = 0;
};

// RESOURCE_EXHAUSTED where PeakBytes() are not to be had.
absl::StatusOr<MachinePeak> MeasurePeak(int threads);

// The memory that MeasurePeak takes: more than caches hold.
int64_t PeakBytes();

// As the processor calls itself; empty where it does not.
std::string ProcessorName();

}  // namespace trainyard
