#include "engine/formats/image.h"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr std::string_view kPngMagic = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegMagic = "\xff\xd8\xff";

absl::Status Wrong(const std::string& name, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", what));
}

bool IsPng(std::string_view bytes) { return bytes.substr(0, kPngMagic.size()) == kPngMagic; }
bool IsJpeg(std::string_view bytes) { return bytes.substr(0, kJpegMagic.size()) == kJpegMagic; }

// Big endian, of `count` bytes; the bytes must be there.
int64_t NumberAt(std::string_view bytes, size_t at, size_t count) {
  int64_t number = 0;
  for (size_t i = 0; i < count; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// The first chunk, IHDR: length, name, width, height.
std::optional<ImageSize> PngSize(std::string_view bytes) {
  constexpr size_t kName = 12, kWidth = 16, kHeight = 20, kEnd = 24;
  if (bytes.size() < kEnd || bytes.substr(kName, 4) != "IHDR") return std::nullopt;
  return ImageSize{NumberAt(bytes, kHeight, 4), NumberAt(bytes, kWidth, 4)};
}

// Walks the segments up to the frame's header.
std::optional<ImageSize> JpegSize(std::string_view bytes) {
  const auto is_frame = [](int64_t marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  };
  const auto is_bare = [](int64_t marker) {
    return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
  };
  size_t at = 2;
  while (at + 4 <= bytes.size() && NumberAt(bytes, at, 1) == 0xff) {
    const int64_t marker = NumberAt(bytes, at + 1, 1);
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    if (is_bare(marker)) {
      at += 2;
      continue;
    }
    const int64_t length = NumberAt(bytes, at + 2, 2);
    if (is_frame(marker)) {  // length, precision, height, width
      if (at + 9 > bytes.size()) return std::nullopt;
      return ImageSize{NumberAt(bytes, at + 5, 2), NumberAt(bytes, at + 7, 2)};
    }
    if (length < 2) return std::nullopt;
    at += 2 + static_cast<size_t>(length);
  }
  return std::nullopt;
}

std::vector<uint8_t> LumaOf(const std::vector<uint8_t>& rgb) {
  std::vector<uint8_t> luma(rgb.size() / 3);
  for (size_t i = 0; i < luma.size(); ++i) {
    luma[i] = static_cast<uint8_t>(
        (299 * rgb[3 * i] + 587 * rgb[3 * i + 1] + 114 * rgb[3 * i + 2] + 500) / 1000);
  }
  return luma;
}

absl::StatusOr<Image> DecodePng(std::string_view bytes, const std::string& name, ImageSize size,
                                ImageColor color) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  const auto release = [](png_image* image) { png_image_free(image); };
  const std::unique_ptr<png_image, decltype(release)> owner(&png, release);
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0)
    return Wrong(name, absl::StrCat("cannot be decoded: ", png.message));
  const bool colored = (png.format & PNG_FORMAT_FLAG_COLOR) != 0;
  // 16 bits are taken as what they nearly always are: the same scale as 8, finer.
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  const bool read_rgb = color == ImageColor::kRgb || colored;
  png.format = read_rgb ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  if (ImageSize{png.height, png.width} != size) return Wrong(name, "has two sizes in its header");
  Image image{size, static_cast<int64_t>(color), {}};
  image.pixels.resize(PNG_IMAGE_SIZE(png));
  const png_color black = {0, 0, 0};
  if (png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr) == 0)
    return Wrong(name, absl::StrCat("cannot be decoded: ", png.message));
  if (read_rgb && color == ImageColor::kGrey) image.pixels = LumaOf(image.pixels);
  return image;
}

absl::StatusOr<Image> DecodeJpeg(std::string_view bytes, const std::string& name, ImageSize size,
                                 ImageColor color) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (decoder == nullptr) return absl::ResourceExhaustedError("no memory to decode images");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto wrong = [&]() {
    return Wrong(name, absl::StrCat("cannot be decoded: ", tjGetErrorStr2(decoder.get())));
  };
  int width = 0, height = 0, subsampling = 0, space = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling,
                          &space) != 0)
    return wrong();
  if (space == TJCS_CMYK || space == TJCS_YCCK)
    return Wrong(name, "is a JPEG for print (CMYK); convert it to RGB");
  if (ImageSize{height, width} != size) return Wrong(name, "has two sizes in its header");
  Image image{size, static_cast<int64_t>(color), {}};
  image.pixels.resize(static_cast<size_t>(size.height * size.width * image.channels));
  const int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
  if (tjDecompress2(decoder.get(), data, bytes.size(), image.pixels.data(), width, 0, height,
                    color == ImageColor::kRgb ? TJPF_RGB : TJPF_GRAY, flags) != 0)
    return wrong();
  return image;
}

// The source pixels first, first + 1 ... of one target pixel, and their weights.
struct Taps {
  int64_t first = 0;
  std::vector<float> weights;
};

std::vector<Taps> TapsOf(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(scale, 1.0);
  std::vector<Taps> taps(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<int64_t>(0, std::llround(std::floor(center - support)));
    const auto end = std::min<int64_t>(from, std::llround(std::ceil(center + support)));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t j = first; j < end; ++j) {
      const double distance = std::abs(static_cast<double>(j) + 0.5 - center) / support;
      weights.push_back(std::max(0.0, 1 - distance));
      sum += weights.back();
    }
    taps[i].first = first;
    for (double weight : weights) taps[i].weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

}  // namespace

absl::StatusOr<ImageSize> ReadImageSize(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) return Wrong(name, "is empty");
  if (!IsPng(bytes) && !IsJpeg(bytes)) return Wrong(name, "is no PNG or JPEG");
  const std::optional<ImageSize> size = IsPng(bytes) ? PngSize(bytes) : JpegSize(bytes);
  if (!size.has_value()) return Wrong(name, "ends before its size is told, or is damaged there");
  if (size->height < 1 || size->width < 1 || size->height > kMostImageSide ||
      size->width > kMostImageSide || size->height * size->width > kMostImagePixels) {
    return Wrong(
        name, absl::StrCat("has ", size->width, " x ", size->height, " pixels; 1 to ",
                           kMostImageSide, " a side and ", kMostImagePixels, " in all are read"));
  }
  return *size;
}

absl::StatusOr<Image> DecodeImage(std::string_view bytes, const std::string& name,
                                  ImageColor color) {
  ASSIGN_OR_RETURN(const ImageSize size, ReadImageSize(bytes, name));
  return IsPng(bytes) ? DecodePng(bytes, name, size, color) : DecodeJpeg(bytes, name, size, color);
}

Image ResizeImage(const Image& image, ImageSize size) {
  if (size == image.size) return image;
  const int64_t channels = image.channels;
  const std::vector<Taps> across = TapsOf(image.size.width, size.width);
  const std::vector<Taps> down = TapsOf(image.size.height, size.height);
  std::vector<float> narrowed(static_cast<size_t>(image.size.height * size.width * channels));
  for (int64_t y = 0; y < image.size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      float* const out = narrowed.data() + (y * size.width + x) * channels;
      const uint8_t* in = image.pixels.data() + (y * image.size.width + across[x].first) * channels;
      for (float weight : across[x].weights) {
        for (int64_t c = 0; c < channels; ++c) out[c] += weight * static_cast<float>(*in++);
      }
    }
  }
  Image result{size, channels, {}};
  const int64_t row = size.width * channels;
  std::vector<float> sums(static_cast<size_t>(row));
  for (int64_t y = 0; y < size.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0.5f);
    for (size_t k = 0; k < down[y].weights.size(); ++k) {
      const float* const in = narrowed.data() + (down[y].first + static_cast<int64_t>(k)) * row;
      for (int64_t i = 0; i < row; ++i) sums[i] += down[y].weights[k] * in[i];
    }
    for (float sum : sums)
      result.pixels.push_back(static_cast<uint8_t>(std::clamp(sum, 0.0f, 255.0f)));
  }
  return result;
}

}  // namespace trainyard
