// A layer: what it does to shapes, what parameters it has, what it costs, and how it is emitted
// into a plan.
//
// One file in engine/layers is one layer. The graph asks for shapes, parameters and costs when a
// specification is compiled (no primitive is made); Emit is called once for every plan that is
// built. Immutable after creation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/catalog.h"
#include "engine/initializers/initializer.h"
#include "engine/tensor/shape.h"

namespace trainyard {

class PlanBuilder;

// An activation (with its batch dimension) in the plan that is being built.
struct Value {
  int id = -1;
};

struct ParameterSpec {
  std::string name;  // within the layer: "weight", "bias"
  Shape shape;
  enum class Fill { kInitializer, kZeros, kOnes };
  Fill fill = Fill::kInitializer;
  Fans fans;
  // The layer's own initializer, where the user named one; its path in the specification.
  std::optional<RawComponent> initializer;
  std::string initializer_path;
  // False for statistics that are carried along (running mean), which no gradient reaches.
  bool trainable = true;
  // False: optimizers do not decay it (biases, scales).
  bool decay = true;
};

class Layer {
 public:
  virtual ~Layer() = default;

  // How many inputs it takes.
  virtual int min_inputs() const { return 1; }
  virtual int max_inputs() const { return 1; }

  // Shape of one output sample, proven from those of the inputs. INVALID_ARGUMENT says what does
  // not fit.
  virtual absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const = 0;
  // The inputs have been proven by OutputShape, here and below.
  virtual std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const { return {}; }
  // Multiply-adds counted as 2, for one sample, forward; 0 for what only moves or maps elements.
  // Saturates.
  virtual int64_t ForwardFlops(absl::Span<const Shape> inputs) const { return 0; }

  // How many ids it knows, counted from 0, where it reads ids and no numbers: its input is then the
  // data. 0: it reads numbers.
  virtual int64_t vocabulary() const { return 0; }

  // Elements that a plan holds for a batch beside inputs, outputs and their gradients. Saturates.
  virtual int64_t InnerElements(absl::Span<const Shape> inputs, int64_t batch,
                                bool training) const {
    return 0;
  }
  // Elements of working memory that a thread holds for the layer's kernels.
  virtual int64_t ScratchElements(absl::Span<const Shape> inputs, int64_t batch) const { return 0; }
  // Whether a plan may need a copy of the input in another layout than that of the layer before.
  virtual bool MayCopyInput(absl::Span<const Shape> inputs) const { return false; }

  // Whether this is max(x, 0), which the layer before it may do in its own pass over the data.
  virtual bool IsRelu() const { return false; }
  // Whether Emit ends with max(x, 0) where plan.append_relu() asks for it.
  virtual bool CanAppendRelu() const { return false; }
  // Whether max(x, 0) before it is the same as behind it.
  virtual bool CommutesWithRelu() const { return false; }
  // In place of Emit where the layer before, or the one behind that commutes with it, has done this
  // one's work: `output` is that one's result.
  virtual void EmitAppended(PlanBuilder& plan, Value output) const {}

  // Adds forward operations and, in a plan for training, registers the backward ones.
  virtual absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const = 0;
};

namespace layers {
Catalog<Layer> MakeCatalog();
}

}  // namespace trainyard
