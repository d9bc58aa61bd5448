#include "engine/layers/window.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kMaxWindow = 4096;

// One value for both axes, or [height, width].
onednn::Dims Both(const std::vector<int64_t>& values) { return {values.front(), values.back()}; }

}  // namespace

ParamSpec KernelParam(const std::string& name, const std::string& doc) {
  return Integers(name, doc).Size(1, 2).AtLeast(1).AtMost(kMaxWindow);
}

ParamSpec StrideParam() {
  return Integers("stride", "Step of the window: one value, or [height, width].")
      .Size(1, 2)
      .AtLeast(1)
      .AtMost(kMaxWindow);
}

ParamSpec PaddingParam() {
  return Integers("padding",
                  "Zeros around the image: same (output = input / stride, rounded up), valid "
                  "(none), or a number, or "
                  "[height, width].")
      .OneOf({"same", "valid"})
      .Size(1, 2)
      .AtLeast(0)
      .AtMost(kMaxWindow)
      .Default("valid");
}

Window::Window(const Params& params, const std::string& kernel_name, bool stride_is_kernel)
    : kernel_(Both(params.Ints(kernel_name))) {
  strides_ = stride_is_kernel ? kernel_ : onednn::Dims{1, 1};
  if (params.Has("stride")) strides_ = Both(params.Ints("stride"));
  if (!params.IsWord("padding")) {
    padding_ = Padding::kGiven;
    given_padding_ = Both(params.Ints("padding"));
  } else if (params.Str("padding") == "same") {
    padding_ = Padding::kSame;
  }
}

absl::StatusOr<Window::Geometry> Window::Over(const Shape& image) const {
  Geometry geometry;
  geometry.kernel = kernel_;
  geometry.strides = strides_;
  geometry.padding_begin = geometry.padding_end = {0, 0};
  int64_t out[2];
  for (int axis = 0; axis < 2; ++axis) {
    const int64_t size = image[1 + axis];
    if (padding_ == Padding::kSame) {
      out[axis] = (size + strides_[axis] - 1) / strides_[axis];
      const int64_t total =
          std::max<int64_t>(0, (out[axis] - 1) * strides_[axis] + kernel_[axis] - size);
      geometry.padding_begin[axis] = total / 2;
      geometry.padding_end[axis] = total - total / 2;
      continue;
    }
    if (padding_ == Padding::kGiven) {
      if (given_padding_[axis] >= kernel_[axis]) {
        return absl::InvalidArgumentError(absl::StrCat("padding ", given_padding_[axis],
                                                       " must be smaller than the window of ",
                                                       kernel_[axis]));
      }
      geometry.padding_begin[axis] = geometry.padding_end[axis] = given_padding_[axis];
    }
    const int64_t padded = size + geometry.padding_begin[axis] + geometry.padding_end[axis];
    if (padded < kernel_[axis]) {
      return absl::InvalidArgumentError(
          absl::StrCat("a window of ", kernel_[0], "x", kernel_[1], " does not fit into the image ",
                       image.ToString(), "; use a smaller one or padding: same"));
    }
    out[axis] = (padded - kernel_[axis]) / strides_[axis] + 1;
  }
  geometry.out_height = out[0];
  geometry.out_width = out[1];
  return geometry;
}

}  // namespace trainyard::layers
