#include "engine/graph/memory_planner.h"

#include <algorithm>
#include <numeric>

#include "engine/tensor/buffer.h"

namespace trainyard {

MemoryPlan PlanMemory(const std::vector<BufferLife>& buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  MemoryPlan plan;
  plan.offsets.assign(buffers.size(), 0);
  std::vector<size_t> placed;  // by offset
  for (size_t index : order) {
    const BufferLife& buffer = buffers[index];
    const int64_t bytes = RoundUp(std::max<int64_t>(buffer.bytes, 1), kCacheLineBytes);
    int64_t offset = 0;
    for (size_t other : placed) {
      const BufferLife& life = buffers[other];
      if (life.last < buffer.first || buffer.last < life.first) continue;
      if (plan.offsets[other] >= offset + bytes) break;  // the gap before it is wide enough
      offset = std::max(
          offset, plan.offsets[other] + RoundUp(std::max<int64_t>(life.bytes, 1), kCacheLineBytes));
    }
    plan.offsets[index] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const auto place =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [&](int64_t value, size_t other) { return value < plan.offsets[other]; });
    placed.insert(place, index);
  }
  return plan;
}

}  // namespace trainyard
