// The only place that knows which oneDNN it is built on (2.6 of Debian 12, 3.x of Debian 13) and
// that turns dnnl::error into Status. Everything runs on one CPU engine; a primitive is created
// single-threaded (the calling thread has been told so by ThreadPool) and executed by any thread.
//
//   ASSIGN_OR_RETURN(onednn::Primitive conv, onednn::ConvolutionForward({...}));
//   // conv.source, conv.weights, conv.destination: the layouts that it chose where `Any` was
//   asked.
//
// Scratchpads are the caller's (the library's own would be per creating thread). Functions are
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <dnnl.hpp>

#include "absl/status/statusor.h"

namespace trainyard::onednn {

using Layout = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

enum class Type { kFloat32, kBfloat16 };
int64_t BytesOf(Type type);

// In row-major order.
Layout Plain(const Dims& dims, Type type = Type::kFloat32);
// With strides in elements.
Layout Strided(const Dims& dims, const Dims& strides, Type type = Type::kFloat32);
// In blocks of 16 channels: [batch, channels, height, width] as [batch][channels/16][height][width]
// [16], and [out, in, height, width] as [out/16][in/16][height][width][16 in][16 out]. Channels are
// padded with zeros.
Layout BlockedImages(const Dims& dims);
Layout BlockedWeights(const Dims& dims);
// In the layout that the primitive likes best.
Layout Any(const Dims& dims, Type type = Type::kFloat32);
Type TypeOf(const Layout& layout);
// The same layout for the first `count` of the outermost (batch) dimension.
Layout ForBatch(const Layout& layout, int64_t count);
int64_t Bytes(const Layout& layout);
Dims DimsOf(const Layout& layout);

// What an activation layout looks like in memory: [batch][channel_blocks][spatial][block],
// where channels beyond the logical ones (padding) are zero. Plain NCHW is block = 1; NHWC and
// [batch, features] are channel_blocks = 1. False for layouts of another form.
struct BlockForm {
  int64_t batch = 0;
  int64_t channels = 0;        // logical
  int64_t channel_blocks = 0;  // channel_blocks * block >= channels
  int64_t spatial = 0;
  int64_t block = 0;
};
bool FormOf(const Layout& layout, BlockForm& form);

// A primitive and the layouts of its arguments; those it does not have stay empty.
struct Primitive {
  dnnl::primitive primitive;
  Layout source, weights, destination;
  Layout diff_source, diff_weights, diff_destination;
  Layout workspace, scratchpad;
};

struct ConvolutionShape {
  // [batch, channels, height, width], [groups?, out, in, kh, kw], [batch, out, height, width].
  Layout source, weights, destination;
  Dims strides;
  Dims padding_begin, padding_end;
  bool bias = false;
};
absl::StatusOr<Primitive> ConvolutionForward(const ConvolutionShape& shape);
// source = diff_source, destination = diff_destination.
absl::StatusOr<Primitive> ConvolutionBackwardData(const ConvolutionShape& shape);
// weights = diff_weights, destination = diff_destination.
absl::StatusOr<Primitive> ConvolutionBackwardWeights(const ConvolutionShape& shape);

// destination [m, n] = source [m, k] * weights [k, n] (+ bias [1, n]); any strides.
absl::StatusOr<Primitive> Matmul(const Layout& source, const Layout& weights,
                                 const Layout& destination, bool bias);

// A matrix in row-major order, whose rows lie `stride` elements apart; `transposed`: what is meant
// is its transpose.
struct GemmOperand {
  const float* data = nullptr;
  int64_t stride = 0;
  bool transposed = false;
};
// c [m, n] = alpha * a [m, k] * b [k, n] + beta * c, on the calling thread: for kernels of ours
// that multiply many small matrices. Where beta is 0, c is not read.
void Gemm(int64_t m, int64_t n, int64_t k, float alpha, const GemmOperand& a, const GemmOperand& b,
          float beta, float* c, int64_t c_stride);

enum class PoolingKind { kMax, kAverageIncludePadding, kAverageExcludePadding };
struct PoolingShape {
  PoolingKind kind = PoolingKind::kMax;
  Layout source, destination;
  Dims kernel, strides, padding_begin, padding_end;
};
absl::StatusOr<Primitive> PoolingForward(const PoolingShape& shape, bool training);
absl::StatusOr<Primitive> PoolingBackward(const PoolingShape& shape);

enum class Activation { kRelu, kLogistic, kTanh, kGeluErf, kGeluTanh, kElu, kSwish };
absl::StatusOr<Primitive> ActivationForward(Activation kind, float alpha, const Layout& layout);
// Takes the source of the forward pass.
absl::StatusOr<Primitive> ActivationBackward(Activation kind, float alpha, const Layout& layout);

// Over the last axis of [rows, columns].
absl::StatusOr<Primitive> SoftmaxForward(const Layout& layout);
absl::StatusOr<Primitive> SoftmaxBackward(const Layout& layout);

absl::StatusOr<Primitive> Reorder(const Layout& from, const Layout& to);

struct Argument {
  int index = 0;  // DNNL_ARG_...
  Layout layout;
  void* data = nullptr;
};

// A primitive bound to memory: executing it allocates nothing of ours and cannot fail for a reason
// that a user could cause. Used by one thread at a time.
class BoundPrimitive {
 public:
  static absl::StatusOr<BoundPrimitive> Create(const dnnl::primitive& primitive,
                                               const std::vector<Argument>& arguments);
  void Execute() const;

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;  // keeps what arguments_ points to alive
  std::vector<dnnl_exec_arg_t> arguments_;
};

// Copies between layouts, once, outside any loop.
absl::Status Copy(const Layout& from, const void* source, const Layout& to, void* destination);

// "avx512_core_bf16", as oneDNN names what it dispatches to.
std::string InstructionSet();
// Whether the machine has AVX-512 and ONEDNN_MAX_CPU_ISA does not forbid it: for kernels of ours.
bool HasAvx512();
// Whether products of bfloat16 are faster here than those of float32.
bool HasBfloat16();
// Whether this process may use the machine's matrix tiles of bfloat16 (AMX).
bool HasAmx();
// "2.6.3".
std::string Version();

}  // namespace trainyard::onednn
