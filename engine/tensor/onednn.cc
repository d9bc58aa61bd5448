#include "engine/tensor/onednn.h"

#include <algorithm>
#include <utility>

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/tensor/buffer.h"

namespace trainyard::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;

// The engine and stream of the process: oneDNN's CPU engine holds no state that a caller could see.
const dnnl::engine& Engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

const dnnl::stream& Stream() {
  thread_local const dnnl::stream stream(Engine());
  return stream;
}

dnnl::memory::data_type DataType(Type type) {
  return type == Type::kBfloat16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
}

dnnl::primitive_attr Attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

template <typename Function>
auto Guard(const char* what, Function function) -> absl::StatusOr<decltype(function())> {
  try {
    return function();
  } catch (const dnnl::error& error) {
    const std::string message = absl::StrCat("oneDNN ", what, ": ", error.what());
    if (error.status == dnnl_out_of_memory) return absl::ResourceExhaustedError(message);
    if (error.status == dnnl_unimplemented) return absl::UnimplementedError(message);
    return absl::InternalError(message);
  }
}

// 2.x makes an operation descriptor first; 3.x takes its fields directly.
#if DNNL_VERSION_MAJOR >= 3
template <typename Kind, typename... Fields>
typename Kind::primitive_desc Describe(Fields&&... fields) {
  return typename Kind::primitive_desc(Engine(), std::forward<Fields>(fields)..., Attributes());
}
template <typename Kind, typename Hint, typename... Fields>
typename Kind::primitive_desc DescribeBackward(const Hint& hint, Fields&&... fields) {
  return
      typename Kind::primitive_desc(Engine(), std::forward<Fields>(fields)..., hint, Attributes());
}
#else
template <typename Kind, typename... Fields>
typename Kind::primitive_desc Describe(Fields&&... fields) {
  return typename Kind::primitive_desc(typename Kind::desc(std::forward<Fields>(fields)...),
                                       Attributes(), Engine());
}
template <typename Kind, typename Hint, typename... Fields>
typename Kind::primitive_desc DescribeBackward(const Hint& hint, Fields&&... fields) {
  return typename Kind::primitive_desc(typename Kind::desc(std::forward<Fields>(fields)...),
                                       Attributes(), Engine(), hint);
}
#endif

template <typename Kind>
Primitive Make(const typename Kind::primitive_desc& description) {
  Primitive made;
  made.primitive = Kind(description);
  made.scratchpad = description.scratchpad_desc();
  return made;
}

algorithm AlgorithmOf(Activation kind) {
  switch (kind) {
    case Activation::kRelu:
      return algorithm::eltwise_relu;
    case Activation::kLogistic:
      return algorithm::eltwise_logistic;
    case Activation::kTanh:
      return algorithm::eltwise_tanh;
    case Activation::kGeluErf:
      return algorithm::eltwise_gelu_erf;
    case Activation::kGeluTanh:
      return algorithm::eltwise_gelu_tanh;
    case Activation::kElu:
      return algorithm::eltwise_elu;
    case Activation::kSwish:
      return algorithm::eltwise_swish;
  }
  return algorithm::undef;
}

algorithm AlgorithmOf(PoolingKind kind) {
  switch (kind) {
    case PoolingKind::kMax:
      return algorithm::pooling_max;
    case PoolingKind::kAverageIncludePadding:
      return algorithm::pooling_avg_include_padding;
    case PoolingKind::kAverageExcludePadding:
      return algorithm::pooling_avg_exclude_padding;
  }
  return algorithm::undef;
}

dnnl::convolution_forward::primitive_desc DescribeConvolution(const ConvolutionShape& shape) {
  const Layout bias = shape.bias ? Plain({DimsOf(shape.destination)[1]}) : Layout();
  if (shape.bias) {
    return Describe<dnnl::convolution_forward>(
        prop_kind::forward_training, algorithm::convolution_direct, shape.source, shape.weights,
        bias, shape.destination, shape.strides, shape.padding_begin, shape.padding_end);
  }
  return Describe<dnnl::convolution_forward>(
      prop_kind::forward_training, algorithm::convolution_direct, shape.source, shape.weights,
      shape.destination, shape.strides, shape.padding_begin, shape.padding_end);
}

// Backward primitives want a forward one of the same operation as a hint, in whatever layouts.
// Bfloat16 where any of theirs is: their results may be float32.
dnnl::convolution_forward::primitive_desc ConvolutionHint(const ConvolutionShape& shape) {
  const bool narrow =
      TypeOf(shape.destination) == Type::kBfloat16 || TypeOf(shape.source) == Type::kBfloat16;
  const Type type = narrow ? Type::kBfloat16 : Type::kFloat32;
  ConvolutionShape any = shape;
  any.source = Any(DimsOf(shape.source), type);
  any.weights = Any(DimsOf(shape.weights), type);
  any.destination = Any(DimsOf(shape.destination), type);
  return DescribeConvolution(any);
}

dnnl::pooling_forward::primitive_desc DescribePooling(const PoolingShape& shape, bool training) {
  const prop_kind kind = training ? prop_kind::forward_training : prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  const Dims dilation(shape.kernel.size(), 0);
  return Describe<dnnl::pooling_forward>(kind, AlgorithmOf(shape.kind), shape.source,
                                         shape.destination, shape.strides, shape.kernel, dilation,
                                         shape.padding_begin, shape.padding_end);
#else
  return Describe<dnnl::pooling_forward>(kind, AlgorithmOf(shape.kind), shape.source,
                                         shape.destination, shape.strides, shape.kernel,
                                         shape.padding_begin, shape.padding_end);
#endif
}

dnnl::eltwise_forward::primitive_desc DescribeActivation(Activation kind, float alpha,
                                                         const Layout& layout) {
#if DNNL_VERSION_MAJOR >= 3
  return Describe<dnnl::eltwise_forward>(prop_kind::forward_training, AlgorithmOf(kind), layout,
                                         layout, alpha, 0.0f);
#else
  return Describe<dnnl::eltwise_forward>(prop_kind::forward_training, AlgorithmOf(kind), layout,
                                         alpha, 0.0f);
#endif
}

dnnl::softmax_forward::primitive_desc DescribeSoftmax(const Layout& layout) {
#if DNNL_VERSION_MAJOR >= 3
  return Describe<dnnl::softmax_forward>(prop_kind::forward_training, algorithm::softmax_accurate,
                                         layout, layout, 1);
#else
  return Describe<dnnl::softmax_forward>(prop_kind::forward_training, layout, 1);
#endif
}

#if DNNL_VERSION_MAJOR >= 3
// oneDNN 3.7's reorders into layouts of two blocks, from plain ones, lose elements where channels
// fill no whole block (its issue 3280).
bool LosesElements(const Layout& to) {
  return to.get_inner_nblks() > 1 && to.get_dims() != to.get_padded_dims();
}

int64_t OffsetOf(const Layout& layout, Dims place) {
  const Dims strides = layout.get_strides();
  const Dims blocks = layout.get_inner_blks();
  const Dims axes = layout.get_inner_idxs();
  int64_t offset = 0;
  int64_t block_stride = 1;
  for (size_t block = blocks.size(); block-- > 0;) {
    int64_t& index = place[static_cast<size_t>(axes[block])];
    offset += index % blocks[block] * block_stride;
    index /= blocks[block];
    block_stride *= blocks[block];
  }
  for (size_t axis = 0; axis < place.size(); ++axis) offset += place[axis] * strides[axis];
  return offset;
}

// One by one; padding becomes zero.
void CopyElements(const Layout& from, const float* source, const Layout& to, float* destination) {
  std::fill_n(destination, static_cast<int64_t>(to.get_size()) / BytesOf(Type::kFloat32), 0.0f);
  const Dims dims = from.get_dims();
  Dims place(dims.size(), 0);
  while (true) {
    destination[OffsetOf(to, place)] = source[OffsetOf(from, place)];
    size_t axis = dims.size();
    while (axis > 0 && ++place[axis - 1] == dims[axis - 1]) place[--axis] = 0;
    if (axis == 0) return;
  }
}
#endif

}  // namespace

int64_t BytesOf(Type type) { return type == Type::kBfloat16 ? 2 : 4; }

Layout Plain(const Dims& dims, Type type) {
  Dims strides(dims.size(), 1);
  for (size_t axis = dims.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * dims[axis];
  return Strided(dims, strides, type);
}

Layout Strided(const Dims& dims, const Dims& strides, Type type) {
  return Layout(dims, DataType(type), strides);
}

Layout BlockedImages(const Dims& dims) {
  return Layout(dims, DataType(Type::kFloat32), dnnl::memory::format_tag::nChw16c);
}

Layout BlockedWeights(const Dims& dims) {
  return Layout(dims, DataType(Type::kFloat32), dnnl::memory::format_tag::OIhw16i16o);
}

Layout Any(const Dims& dims, Type type) {
  return Layout(dims, DataType(type), dnnl::memory::format_tag::any);
}

Type TypeOf(const Layout& layout) {
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::memory::data_type type = layout.get_data_type();
#else
  const dnnl::memory::data_type type = layout.data_type();
#endif
  return type == dnnl::memory::data_type::bf16 ? Type::kBfloat16 : Type::kFloat32;
}

Layout ForBatch(const Layout& layout, int64_t count) {
  Dims dims = DimsOf(layout);
  if (dims[0] == count) return layout;
  dims[0] = count;
  return layout.submemory_desc(dims, Dims(dims.size(), 0));
}

int64_t Bytes(const Layout& layout) { return static_cast<int64_t>(layout.get_size()); }

Dims DimsOf(const Layout& layout) {
#if DNNL_VERSION_MAJOR >= 3
  return layout.get_dims();
#else
  return layout.dims();
#endif
}

bool FormOf(const Layout& layout, BlockForm& form) {
#if DNNL_VERSION_MAJOR >= 3
  const Dims dims = layout.get_dims();
  const Dims strides = layout.get_strides();
  const Dims padded = layout.get_padded_dims();
  const int inner = layout.get_inner_nblks();
  const Dims inner_blocks = layout.get_inner_blks();
  const Dims inner_axes = layout.get_inner_idxs();
#else
  const Dims dims = layout.dims();
  const auto& blocking = layout.data.format_desc.blocking;
  const Dims strides(blocking.strides, blocking.strides + layout.data.ndims);
  const Dims padded(layout.data.padded_dims, layout.data.padded_dims + layout.data.ndims);
  const int inner = blocking.inner_nblks;
  const Dims inner_blocks(blocking.inner_blks, blocking.inner_blks + inner);
  const Dims inner_axes(blocking.inner_idxs, blocking.inner_idxs + inner);
#endif
  if (dims.size() < 2 || inner > 1 || (inner == 1 && inner_axes[0] != 1)) return false;
  form.batch = dims[0];
  form.channels = dims[1];
  form.spatial = 1;
  for (size_t axis = 2; axis < dims.size(); ++axis) form.spatial *= dims[axis];
  form.block = inner == 1 ? inner_blocks[0] : 1;
  form.channel_blocks = padded[1] / form.block;
  if (inner == 0 && strides[1] == 1) {  // [batch, features], NHWC
    form.block = form.channels;
    form.channel_blocks = 1;
  }
  // Spatial positions must be dense and in order; strides of axes of size 1 say nothing.
  int64_t expected = form.block;
  for (size_t axis = dims.size(); axis-- > 2;) {
    if (dims[axis] != 1 && strides[axis] != expected) return false;
    expected *= dims[axis];
  }
  if (form.channel_blocks > 1 && strides[1] != expected) return false;
  return dims[0] == 1 || strides[0] == expected * form.channel_blocks;
}

absl::StatusOr<Primitive> ConvolutionForward(const ConvolutionShape& shape) {
  return Guard("convolution", [&] {
    const auto description = DescribeConvolution(shape);
    Primitive made = Make<dnnl::convolution_forward>(description);
    made.source = description.src_desc();
    made.weights = description.weights_desc();
    made.destination = description.dst_desc();
    return made;
  });
}

absl::StatusOr<Primitive> ConvolutionBackwardData(const ConvolutionShape& shape) {
  return Guard("convolution backward by data", [&] {
    ConvolutionShape no_bias = shape;
    no_bias.bias = false;
    const auto description = DescribeBackward<dnnl::convolution_backward_data>(
        ConvolutionHint(no_bias), algorithm::convolution_direct, shape.source, shape.weights,
        shape.destination, shape.strides, shape.padding_begin, shape.padding_end);
    Primitive made = Make<dnnl::convolution_backward_data>(description);
    made.diff_source = description.diff_src_desc();
    made.weights = description.weights_desc();
    made.diff_destination = description.diff_dst_desc();
    return made;
  });
}

absl::StatusOr<Primitive> ConvolutionBackwardWeights(const ConvolutionShape& shape) {
  return Guard("convolution backward by weights", [&] {
    using Kind = dnnl::convolution_backward_weights;
    const auto hint = ConvolutionHint(shape);
    const auto description =
        shape.bias ? DescribeBackward<Kind>(hint, algorithm::convolution_direct, shape.source,
                                            shape.weights, Plain({DimsOf(shape.destination)[1]}),
                                            shape.destination, shape.strides, shape.padding_begin,
                                            shape.padding_end)
                   : DescribeBackward<Kind>(hint, algorithm::convolution_direct, shape.source,
                                            shape.weights, shape.destination, shape.strides,
                                            shape.padding_begin, shape.padding_end);
    Primitive made = Make<Kind>(description);
    made.source = description.src_desc();
    made.diff_weights = description.diff_weights_desc();
    made.diff_destination = description.diff_dst_desc();
    return made;
  });
}

absl::StatusOr<Primitive> Matmul(const Layout& source, const Layout& weights,
                                 const Layout& destination, bool bias) {
  return Guard("matmul", [&] {
    const auto description =
        bias ? Describe<dnnl::matmul>(source, weights, Plain({1, DimsOf(destination)[1]}),
                                      destination)
             : Describe<dnnl::matmul>(source, weights, destination);
    Primitive made = Make<dnnl::matmul>(description);
    made.source = description.src_desc();
    made.weights = description.weights_desc();
    made.destination = description.dst_desc();
    return made;
  });
}

void Gemm(int64_t m, int64_t n, int64_t k, float alpha, const GemmOperand& a, const GemmOperand& b,
          float beta, float* c, int64_t c_stride) {
  const dnnl_status_t status =
      dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha, a.data,
                 a.stride, b.data, b.stride, beta, c, c_stride);
  TRAINYARD_CHECK(status == dnnl_success, "a matrix product of proven sizes failed");
}

absl::StatusOr<Primitive> PoolingForward(const PoolingShape& shape, bool training) {
  return Guard("pooling", [&] {
    const auto description = DescribePooling(shape, training);
    Primitive made = Make<dnnl::pooling_forward>(description);
    made.source = description.src_desc();
    made.destination = description.dst_desc();
    if (training && shape.kind == PoolingKind::kMax) made.workspace = description.workspace_desc();
    return made;
  });
}

absl::StatusOr<Primitive> PoolingBackward(const PoolingShape& shape) {
  return Guard("pooling backward", [&] {
    const auto hint = DescribePooling(shape, true);
#if DNNL_VERSION_MAJOR >= 3
    const Dims dilation(shape.kernel.size(), 0);
    const auto description = DescribeBackward<dnnl::pooling_backward>(
        hint, AlgorithmOf(shape.kind), shape.source, shape.destination, shape.strides, shape.kernel,
        dilation, shape.padding_begin, shape.padding_end);
#else
    const auto description = DescribeBackward<dnnl::pooling_backward>(
        hint, AlgorithmOf(shape.kind), shape.source, shape.destination, shape.strides, shape.kernel,
        shape.padding_begin, shape.padding_end);
#endif
    Primitive made = Make<dnnl::pooling_backward>(description);
    made.diff_source = description.diff_src_desc();
    made.diff_destination = description.diff_dst_desc();
    if (shape.kind == PoolingKind::kMax) made.workspace = description.workspace_desc();
    return made;
  });
}

absl::StatusOr<Primitive> ActivationForward(Activation kind, float alpha, const Layout& layout) {
  return Guard("activation", [&] {
    Primitive made = Make<dnnl::eltwise_forward>(DescribeActivation(kind, alpha, layout));
    made.source = made.destination = layout;
    return made;
  });
}

absl::StatusOr<Primitive> ActivationBackward(Activation kind, float alpha, const Layout& layout) {
  return Guard("activation backward", [&] {
    const auto hint = DescribeActivation(kind, alpha, layout);
#if DNNL_VERSION_MAJOR >= 3
    const auto description = DescribeBackward<dnnl::eltwise_backward>(
        hint, AlgorithmOf(kind), layout, layout, layout, alpha, 0.0f);
#else
    const auto description =
        DescribeBackward<dnnl::eltwise_backward>(hint, AlgorithmOf(kind), layout, layout, alpha, 0.0f);
#endif
    Primitive made = Make<dnnl::eltwise_backward>(description);
    made.source = made.diff_source = made.diff_destination = layout;
    return made;
  });
}

absl::StatusOr<Primitive> SoftmaxForward(const Layout& layout) {
  return Guard("softmax", [&] {
    Primitive made = Make<dnnl::softmax_forward>(DescribeSoftmax(layout));
    made.source = made.destination = layout;
    return made;
  });
}

absl::StatusOr<Primitive> SoftmaxBackward(const Layout& layout) {
  return Guard("softmax backward", [&] {
    const auto hint = DescribeSoftmax(layout);
#if DNNL_VERSION_MAJOR >= 3
    const auto description = DescribeBackward<dnnl::softmax_backward>(
        hint, algorithm::softmax_accurate, layout, layout, layout, 1);
#else
    const auto description = DescribeBackward<dnnl::softmax_backward>(hint, layout, layout, 1);
#endif
    Primitive made = Make<dnnl::softmax_backward>(description);
    made.destination = made.diff_source = made.diff_destination = layout;
    return made;
  });
}

absl::StatusOr<Primitive> Reorder(const Layout& from, const Layout& to) {
  return Guard("reorder", [&] {
    const dnnl::reorder::primitive_desc description(Engine(), from, Engine(), to, Attributes());
    Primitive made = Make<dnnl::reorder>(description);
    made.source = from;
    made.destination = to;
    return made;
  });
}

absl::StatusOr<BoundPrimitive> BoundPrimitive::Create(const dnnl::primitive& primitive,
                                                      const std::vector<Argument>& arguments) {
  return Guard("memory", [&] {
    BoundPrimitive bound;
    bound.primitive_ = primitive;
    bound.memories_.reserve(arguments.size());
    for (const Argument& argument : arguments) {
      bound.memories_.emplace_back(argument.layout, Engine(), argument.data);
      bound.arguments_.push_back({argument.index, bound.memories_.back().get()});
    }
    return bound;
  });
}

void BoundPrimitive::Execute() const {
  const dnnl_status_t status = dnnl_primitive_execute(
      primitive_.get(), Stream().get(), static_cast<int>(arguments_.size()), arguments_.data());
  TRAINYARD_CHECK(status == dnnl_success, "a bound primitive failed to execute");
}

absl::Status Copy(const Layout& from, const void* source, const Layout& to, void* destination) {
#if DNNL_VERSION_MAJOR >= 3
  if (LosesElements(to) && TypeOf(from) == Type::kFloat32 && TypeOf(to) == Type::kFloat32) {
    CopyElements(from, static_cast<const float*>(source), to, static_cast<float*>(destination));
    return absl::OkStatus();
  }
#endif
  ASSIGN_OR_RETURN(const Primitive reorder, Reorder(from, to));
  ASSIGN_OR_RETURN(Buffer scratch, Buffer::Create(Bytes(reorder.scratchpad)));
  ASSIGN_OR_RETURN(
      const BoundPrimitive bound,
      BoundPrimitive::Create(reorder.primitive,
                             {{DNNL_ARG_FROM, from, const_cast<void*>(source)},
                              {DNNL_ARG_TO, to, destination},
                              {DNNL_ARG_SCRATCHPAD, reorder.scratchpad, scratch.data()}}));
  bound.Execute();
  return absl::OkStatus();
}

std::string InstructionSet() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
    default:
      return absl::StrCat("isa_", static_cast<int>(dnnl::get_effective_cpu_isa()));
  }
}

bool HasAvx512() {
  static const bool has = [] {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")) return false;
#endif
    return absl::StrContains(InstructionSet(), "512") || absl::StrContains(InstructionSet(), "amx");
  }();
  return has;
}

bool HasBfloat16() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_amx;
}

bool HasAmx() {
#if defined(__x86_64__) && defined(__linux__)
  static const bool has = [] {
    // The kernel gives tiles to a process that asks for them, as oneDNN does only in its first use.
    constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr int kTileData = 18;               // XFEATURE_XTILEDATA
    return dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::avx512_core_amx &&
           syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  }();
  return has;
#else
  return false;
#endif
}

std::string Version() {
  const dnnl_version_t* version = dnnl_version();
  return absl::StrCat(version->major, ".", version->minor, ".", version->patch);
}

}  // namespace trainyard::onednn
