#include "engine/graph/plan.h"

#include <chrono>

#include "engine/base/status.h"
#include "engine/graph/denormals.h"

namespace trainyard {

int64_t Plan::Parts::WorkspaceBytes(int threads) const {
  return RoundUp(workspace_bytes, kCacheLineBytes) +
         threads * RoundUp(scratch_bytes, kCacheLineBytes);
}

absl::StatusOr<std::unique_ptr<Plan>> Plan::Bind(Parts parts, std::byte* workspace,
                                                 const Arenas& arenas, int threads) {
  auto plan = std::make_unique<Plan>();
  plan->workspace_offsets_ = std::move(parts.workspace_offsets);
  plan->parameter_offsets_ = std::move(parts.parameter_offsets);
  for (int thread = 0; thread < threads; ++thread) {
    Memory memory;
    memory.bases_ = {workspace, reinterpret_cast<std::byte*>(arenas.weights),
                     reinterpret_cast<std::byte*>(arenas.gradients),
                     reinterpret_cast<std::byte*>(arenas.statistics),
                     workspace + parts.WorkspaceBytes(thread)};
    memory.offsets_ = {&plan->workspace_offsets_, &plan->parameter_offsets_,
                       &plan->parameter_offsets_, &plan->parameter_offsets_,
                       &plan->scratch_offsets_};
    plan->memories_.push_back(memory);
  }
  RETURN_IF_ERROR(plan->BindStages(parts.prologue, plan->prologue_));
  RETURN_IF_ERROR(plan->BindStages(parts.stages, plan->stages_));
  return plan;
}

absl::Status Plan::BindStages(std::vector<Stage>& stages, std::vector<BoundStage>& bound) {
  for (Stage& stage : stages) {
    BoundStage bound_stage;
    bound_stage.name = std::move(stage.name);
    for (std::vector<Stage::Operation>& tile : stage.tiles) {
      std::vector<BoundOperation> operations;
      for (Stage::Operation& operation : tile) {
        if (Kernel* kernel = std::get_if<Kernel>(&operation.work)) {
          operations.push_back({std::move(operation.name), std::move(*kernel)});
          continue;
        }
        const PrimitiveOperation& primitive = std::get<PrimitiveOperation>(operation.work);
        std::vector<onednn::Argument> arguments;
        for (const Operand& operand : primitive.operands) {
          arguments.push_back({operand.index, operand.layout, memory().Address(operand.ref)});
        }
        ASSIGN_OR_RETURN(onednn::BoundPrimitive made,
                         onednn::BoundPrimitive::Create(primitive.primitive, arguments));
        operations.push_back({std::move(operation.name), std::move(made)});
      }
      bound_stage.tiles.push_back(std::move(operations));
    }
    bound.push_back(std::move(bound_stage));
  }
  return absl::OkStatus();
}

void Plan::RunOperation(const BoundOperation& operation, const StepContext& context,
                        const Memory& memory) const {
  if (const Kernel* kernel = std::get_if<Kernel>(&operation.work)) {
    (*kernel)(context, memory);
  } else {
    std::get<onednn::BoundPrimitive>(operation.work).Execute();
  }
}

void Plan::Profile(const StepContext& context, std::map<std::string, double>& seconds) const {
  using Clock = std::chrono::steady_clock;
  for (const std::vector<BoundStage>* stages : {&prologue_, &stages_}) {
    for (const BoundStage& stage : *stages) {
      for (const std::vector<BoundOperation>& tile : stage.tiles) {
        for (const BoundOperation& operation : tile) {
          const Clock::time_point start = Clock::now();
          RunOperation(operation, context, memories_[0]);
          seconds[operation.name] += std::chrono::duration<double>(Clock::now() - start).count();
        }
      }
    }
  }
}

void Plan::RunStages(const std::vector<BoundStage>& stages, ThreadPool& pool,
                     const StepContext& context) const {
  for (const BoundStage& stage : stages) {
    pool.Run(static_cast<int>(stage.tiles.size()), [&](int tile, int thread) {
      const WithoutDenormals without_denormals;
      for (const BoundOperation& operation : stage.tiles[tile])
        RunOperation(operation, context, memories_[thread]);
    });
  }
}

}  // namespace trainyard
