#include "engine/tensor/machine.h"

#include <gtest/gtest.h>

#include "engine/tensor/onednn.h"

namespace trainyard {
namespace {

// Loose, for other work may run beside: a wrong unit or count is off by far more.
TEST(Machine, MeasuresWhatProcessorsDo) {
  for (const int threads : {1, 2}) {
    const absl::StatusOr<MachinePeak> peak = MeasurePeak(threads);
    ASSERT_TRUE(peak.ok()) << peak.status();
    EXPECT_GT(peak->float32_gflops, 1);
    EXPECT_LT(peak->float32_gflops, 2000);
    EXPECT_GT(peak->memory_gigabytes_per_second, 0.2);
    EXPECT_LT(peak->memory_gigabytes_per_second, 2000);
    if (__builtin_cpu_supports("avx512bf16")) {
      EXPECT_GT(peak->bfloat16_gflops, 1);
      EXPECT_LT(peak->bfloat16_gflops, 40000);
    } else {
      EXPECT_EQ(peak->bfloat16_gflops, 0);
    }
  }
}

TEST(Machine, TakesMoreMemoryThanCachesHold) {
  EXPECT_GE(PeakBytes(), int64_t{3 * 64} << 20);
  EXPECT_LE(PeakBytes(), int64_t{3 * 256} << 20);
}

}  // namespace
}  // namespace trainyard
