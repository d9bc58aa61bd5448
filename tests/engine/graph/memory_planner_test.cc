#include "engine/graph/memory_planner.h"

#include <gtest/gtest.h>

#include "engine/base/philox.h"

namespace trainyard {
namespace {

bool Overlap(int64_t a, int64_t a_bytes, int64_t b, int64_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

TEST(MemoryPlanner, ReusesWhatIsOver) {
  const MemoryPlan plan = PlanMemory({{1000, 0, 1}, {1000, 2, 3}});
  EXPECT_EQ(plan.offsets, (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(plan.bytes, 1024);  // rounded to cache lines
}

TEST(MemoryPlanner, KeepsNeighboursApart) {
  const MemoryPlan plan = PlanMemory({{100, 0, 2}, {100, 2, 3}});  // both live in stage 2
  EXPECT_FALSE(Overlap(plan.offsets[0], 100, plan.offsets[1], 100));
}

TEST(MemoryPlanner, FillsGaps) {
  // The small buffer fits beside the second half of the large one's life.
  const MemoryPlan plan = PlanMemory({{640, 0, 9}, {640, 0, 3}, {64, 5, 9}});
  EXPECT_EQ(plan.bytes, 1280);
}

TEST(MemoryPlanner, NoTwoLivingBuffersShareAByte) {
  const RandomStream draws(3, RandomPurpose::kSynthetic);
  for (uint64_t round = 0; round < 50; ++round) {
    std::vector<BufferLife> buffers;
    for (uint64_t i = 0; i < 60; ++i) {
      BufferLife life;
      life.bytes = static_cast<int64_t>(draws.Below(round, 3 * i, 5000));
      life.first = static_cast<int>(draws.Below(round, 3 * i + 1, 20));
      life.last = life.first + static_cast<int>(draws.Below(round, 3 * i + 2, 10));
      buffers.push_back(life);
    }
    const MemoryPlan plan = PlanMemory(buffers);
    for (size_t a = 0; a < buffers.size(); ++a) {
      EXPECT_EQ(plan.offsets[a] % 64, 0);
      EXPECT_LE(plan.offsets[a] + buffers[a].bytes, plan.bytes);
      for (size_t b = 0; b < a; ++b) {
        const bool together =
            buffers[a].first <= buffers[b].last && buffers[b].first <= buffers[a].last;
        if (!together) continue;
        EXPECT_FALSE(Overlap(plan.offsets[a], buffers[a].bytes, plan.offsets[b], buffers[b].bytes));
      }
    }
  }
}

TEST(MemoryPlanner, TakesNothing) { EXPECT_EQ(PlanMemory({}).bytes, 0); }

}  // namespace
}  // namespace trainyard
