// PNG and JPEG images in memory, which may come from anyone: sizes are read by ourselves and
// bounded before any library allocates for them. The only place that knows libpng and libjpeg.
//
//   ASSIGN_OR_RETURN(const ImageSize size, ReadImageSize(bytes, "birds/1.png"));
//   ASSIGN_OR_RETURN(Image image, DecodeImage(bytes, "birds/1.png", ImageColor::kRgb));
//
// Wrong contents are INVALID_ARGUMENT with the file's name as the user wrote it. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard {

inline constexpr int64_t kMostImageSide = 1 << 14;
inline constexpr int64_t kMostImagePixels = int64_t{1} << 25;

enum class ImageColor { kGrey = 1, kRgb = 3 };  // the number of channels

struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

struct Image {
  ImageSize size;
  int64_t channels = 0;
  std::vector<uint8_t> pixels;  // [height, width, channels]
};

// From the header alone.
absl::StatusOr<ImageSize> ReadImageSize(std::string_view bytes, const std::string& name);

// Grey is the luma of Rec. 601; what is transparent stands before black; 16 bits become 8.
absl::StatusOr<Image> DecodeImage(std::string_view bytes, const std::string& name,
                                  ImageColor color);

// To another size, by a triangle filter as wide as the scale: nothing is skipped where an image
// shrinks.
Image ResizeImage(const Image& image, ImageSize size);

}  // namespace trainyard
