// Gives every buffer of a plan its place in one block, so that buffers whose lives do not overlap
// share memory. Greedy by size: the largest first, each at the lowest offset that is free during
// its life (Pisarchyk & Lee 2020, "Efficient memory management for deep neural net inference").
#pragma once

#include <cstdint>
#include <vector>

namespace trainyard {

struct BufferLife {
  int64_t bytes = 0;
  // First and last stage that touches it, inclusive.
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<int64_t> offsets;  // one a buffer, multiples of a cache line
  int64_t bytes = 0;
};

MemoryPlan PlanMemory(const std::vector<BufferLife>& buffers);

}  // namespace trainyard
