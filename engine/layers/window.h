// Windows that slide over images: sizes, strides and padding of convolutions and pooling.
#pragma once

#include <cstdint>

#include "engine/base/catalog.h"
#include "engine/tensor/onednn.h"
#include "engine/tensor/shape.h"

namespace trainyard::layers {

// The parameters that windows share, for a schema.
ParamSpec KernelParam(const std::string& name, const std::string& doc);
ParamSpec StrideParam();
ParamSpec PaddingParam();

// A window's geometry along height and width.
class Window {
 public:
  // `kernel_name`: "kernel" or "size". Stride defaults to `default_stride` (0: the kernel) where
  // absent.
  Window(const Params& params, const std::string& kernel_name, bool stride_is_kernel);

  struct Geometry {
    onednn::Dims kernel, strides, padding_begin, padding_end;
    int64_t out_height = 0;
    int64_t out_width = 0;
  };
  // INVALID_ARGUMENT where the window does not fit `image` [channels, height, width].
  absl::StatusOr<Geometry> Over(const Shape& image) const;
  int64_t height() const { return kernel_[0]; }
  int64_t width() const { return kernel_[1]; }

 private:
  onednn::Dims kernel_;
  onednn::Dims strides_;
  enum class Padding { kValid, kSame, kGiven } padding_ = Padding::kValid;
  onednn::Dims given_padding_;
};

}  // namespace trainyard::layers
