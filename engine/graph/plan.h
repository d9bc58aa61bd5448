// A plan: the operations of one step in order, bound to memory, ready to run any number of times.
//
// Operations stand in stages; a stage has a fixed number of tiles that depend on nothing in one
// another, and a tile is a chain of operations. PlanBuilder makes the plan; Run executes it on a
// pool of threads. Nothing is allocated or created while it runs. Used by one thread, which owns
// the pool.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/buffer.h"
#include "engine/tensor/onednn.h"
#include "engine/tensor/thread_pool.h"

namespace trainyard {

// Where bytes live: planned memory of this plan, one of the model's arenas, or memory of the thread
// that runs a kernel, which holds nothing from one kernel to the next.
enum class Space : uint8_t { kWorkspace, kWeights, kGradients, kStatistics, kScratch };
constexpr int kSpaces = 5;

struct BufferRef {
  Space space = Space::kWorkspace;
  int id = -1;         // workspace buffer, or parameter
  int64_t offset = 0;  // bytes within it

  BufferRef At(int64_t bytes) const { return {space, id, offset + bytes}; }
  bool operator==(const BufferRef&) const = default;
};

// What kernels of ours read at run time.
struct StepContext {
  uint64_t seed = 0;
  uint64_t step = 0;   // from 0
  uint64_t epoch = 0;  // from 0
  // Activations are probed for saturation and dead units in this step.
  bool probe = false;
  // Gradients may be summed over several batches before an update: the place of this batch's first
  // sample among those of the step, and their number.
  int64_t first_sample = 0;
  int64_t step_samples = 0;
  // For the kernel that fills the input: the position of the batch, given by who runs the plan.
  const void* feed = nullptr;
};

// A kernel's view of memory.
class Memory {
 public:
  template <typename T>
  T* Get(const BufferRef& ref) const {
    return reinterpret_cast<T*>(Address(ref));
  }
  std::byte* Address(const BufferRef& ref) const {
    return bases_[static_cast<int>(ref.space)] + (*offsets_[static_cast<int>(ref.space)])[ref.id] +
           ref.offset;
  }

 private:
  friend class Plan;
  std::array<std::byte*, kSpaces> bases_ = {};
  std::array<const std::vector<int64_t>*, kSpaces> offsets_ = {};
};

using Kernel = std::function<void(const StepContext&, const Memory&)>;

struct Operand {
  int index = 0;  // DNNL_ARG_...
  BufferRef ref;
  onednn::Layout layout;
};

struct PrimitiveOperation {
  dnnl::primitive primitive;
  std::vector<Operand> operands;
};

struct Stage {
  struct Operation {
    std::string name;  // "conv2d backward data"
    std::variant<PrimitiveOperation, Kernel> work;
  };
  std::string name;
  std::vector<std::vector<Operation>> tiles;
};

// The model's arenas, as bases; offsets per parameter come from the ParameterTable.
struct Arenas {
  float* weights = nullptr;
  float* gradients = nullptr;
  float* statistics = nullptr;
};

class Plan {
 public:
  // What PlanBuilder made: stages to run when weights have changed, stages of every run, planned
  // offsets of the workspace buffers and byte offsets of the parameters.
  struct Parts {
    std::vector<Stage> prologue;
    std::vector<Stage> stages;
    std::vector<int64_t> workspace_offsets;
    int64_t workspace_bytes = 0;
    int64_t scratch_bytes = 0;  // of a thread
    std::vector<int64_t> parameter_offsets;

    // With the scratch of so many threads.
    int64_t WorkspaceBytes(int threads) const;
  };

  // `workspace` has WorkspaceBytes(threads), `threads` at least those of the pools that it will run
  // on. Plans of one model never run at once: they may share one workspace of the largest's size.
  static absl::StatusOr<std::unique_ptr<Plan>> Bind(Parts parts, std::byte* workspace,
                                                    const Arenas& arenas, int threads);

  // Runs the prologue: after weights changed, before Run.
  void PrepareWeights(ThreadPool& pool, const StepContext& context) const {
    RunStages(prologue_, pool, context);
  }
  void Run(ThreadPool& pool, const StepContext& context) const {
    RunStages(stages_, pool, context);
  }

  // The same as PrepareWeights and Run on the calling thread alone; adds the seconds that the
  // operations of each name took.
  void Profile(const StepContext& context, std::map<std::string, double>& seconds) const;

  // Without scratch.
  const Memory& memory() const { return memories_[0]; }

 private:
  struct BoundOperation {
    std::string name;
    std::variant<onednn::BoundPrimitive, Kernel> work;
  };
  struct BoundStage {
    std::string name;
    std::vector<std::vector<BoundOperation>> tiles;
  };

  absl::Status BindStages(std::vector<Stage>& stages, std::vector<BoundStage>& bound);
  void RunOperation(const BoundOperation& operation, const StepContext& context,
                    const Memory& memory) const;
  void RunStages(const std::vector<BoundStage>& stages, ThreadPool& pool,
                 const StepContext& context) const;

  std::vector<BoundStage> prologue_;
  std::vector<BoundStage> stages_;
  std::vector<int64_t> workspace_offsets_;
  std::vector<int64_t> parameter_offsets_;
  std::vector<int64_t> scratch_offsets_ = {0};
  std::vector<Memory> memories_;  // of each thread
};

}  // namespace trainyard
