// Data source `images`: PNG and JPEG files, a folder a class.
#include "engine/data/file_version.h"
#include "engine/formats/image.h"

#include <algorithm>
#include <optional>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/data/image_folder.h"
#include "engine/data/sample_cache.h"
#include "engine/data/source.h"
#include "engine/formats/input_file.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostFileBytes = int64_t{64} << 20;

struct Options {
  std::string path;
  ImageColor color = ImageColor::kRgb;
  std::optional<ImageSize> size;  // to resize to; else all are of one size
};

std::string SizeText(ImageSize size) { return absl::StrCat(size.width, " x ", size.height); }

class Images final : public DataSource {
 public:
  explicit Images(Options options) : options_(std::move(options)) {}

  absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const ImageFolder folder, List(nullptr, roots));
    return DescribeFolder(folder);
  }
  absl::StatusOr<SourceDescription> DescribeLike(const DataInfo& like,
                                                 const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const ImageFolder folder, List(&like.class_names, roots));
    ASSIGN_OR_RETURN(SourceDescription description, DescribeFolder(folder));
    RETURN_IF_ERROR(CheckLike(description.info, like));
    description.info = like;
    return description;
  }

  absl::StatusOr<std::string> Version(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const ImageFolder folder, List(nullptr, roots));
    return VersionOfFolder(folder);
  }

  absl::StatusOr<Samples> Load(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const ImageFolder folder, List(nullptr, roots));
    return LoadFolder(folder, roots);
  }
  absl::StatusOr<Samples> LoadLike(const DataInfo& like, const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const ImageFolder folder, List(&like.class_names, roots));
    ASSIGN_OR_RETURN(Samples samples, LoadFolder(folder, roots));
    RETURN_IF_ERROR(CheckLike(samples.info, like));
    samples.info = like;
    // One without a label leaves the part without labels.
    if (std::any_of(folder.files.begin(), folder.files.end(),
                    [](const ImageFile& file) { return file.label < 0; }))
      samples.labels = SharedArray<int32_t>();
    return samples;
  }

 private:
  absl::StatusOr<ImageFolder> List(const std::vector<std::string>* like,
                                   const DataRoots& roots) const {
    absl::StatusOr<ImageFolder> folder = ListImages(options_.path, like, roots);
    if (!folder.ok()) return AtParameter(folder.status(), "path");
    if (folder->files.empty()) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat(options_.path, ": holds no PNG or JPEG")),
          "path");
    }
    return folder;
  }

  absl::StatusOr<SourceDescription> DescribeFolder(const ImageFolder& folder) const {
    SourceDescription description;
    ImageSize size;
    if (options_.size.has_value()) {
      size = *options_.size;
    } else {
      const ImageFile& first = folder.files.front();
      ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(first.path, first.name, kMostFileBytes));
      ASSIGN_OR_RETURN(size, ReadImageSize(bytes, first.name));
    }
    description.info.input_shape =
        Shape({static_cast<int64_t>(options_.color), size.height, size.width});
    description.info.classes = std::ssize(folder.classes);
    description.info.class_names = folder.classes;
    description.count = std::ssize(folder.files);
    description.train_count = folder.train_count;
    description.memory_bytes = description.count * description.info.input_shape.elements();
    return description;
  }

  static absl::StatusOr<std::string> VersionOfFolder(const ImageFolder& folder) {
    XXH3_state_t hash;
    XXH3_128bits_reset(&hash);
    for (const ImageFile& file : folder.files) {
      ASSIGN_OR_RETURN(const std::string version, VersionOfFile(file.path, file.name));
      const std::string line = absl::StrCat(file.name, "\n", version, "\n", file.label, "\n");
      XXH3_128bits_update(&hash, line.data(), line.size());
    }
    const XXH128_hash_t digest = XXH3_128bits_digest(&hash);
    return absl::StrCat(folder.files.size(), " images ", absl::Hex(digest.high64, absl::kZeroPad16),
                        absl::Hex(digest.low64, absl::kZeroPad16));
  }

  absl::StatusOr<Samples> LoadFolder(const ImageFolder& folder, const DataRoots& roots) const {
    ASSIGN_OR_RETURN(const std::string version, VersionOfFolder(folder));
    std::string key = absl::StrCat("images 1\n", version, "\n", static_cast<int>(options_.color));
    if (options_.size.has_value()) absl::StrAppend(&key, " ", SizeText(*options_.size));
    const SampleCache cache(roots.cache_folder);
    if (auto known = cache.Find(key)) return *std::move(known);
    ASSIGN_OR_RETURN(const SourceDescription description, DescribeFolder(folder));
    Samples samples;
    samples.info = description.info;
    samples.count = description.count;
    samples.train_count = description.train_count;
    std::vector<uint8_t> pixels(static_cast<size_t>(description.memory_bytes));
    std::vector<int32_t> labels;
    uint8_t* out = pixels.data();
    for (const ImageFile& file : folder.files) {
      RETURN_IF_ERROR(ReadOne(file, description.info.input_shape, folder.files.front(), out));
      out += description.info.input_shape.elements();
      labels.push_back(file.label);
    }
    samples.features = SharedArray<uint8_t>(std::move(pixels));
    samples.labels = std::move(labels);
    cache.Keep(key, samples);
    return samples;
  }

  // Decodes into [channels, height, width].
  absl::Status ReadOne(const ImageFile& file, const Shape& shape, const ImageFile& first,
                       uint8_t* out) const {
    const ImageSize wanted = {shape[1], shape[2]};
    ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(file.path, file.name, kMostFileBytes));
    ASSIGN_OR_RETURN(Image image, DecodeImage(bytes, file.name, options_.color));
    if (image.size != wanted && !options_.size.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.name, ": has ", SizeText(image.size), " pixels, ", first.name, " has ",
                       SizeText(wanted), "; set `width` and `height` to bring all to one size"));
    }
    image = ResizeImage(image, wanted);
    const int64_t pixels = wanted.height * wanted.width;
    for (int64_t c = 0; c < image.channels; ++c) {
      for (int64_t i = 0; i < pixels; ++i)
        out[c * pixels + i] = image.pixels[static_cast<size_t>(i * image.channels + c)];
    }
    return absl::OkStatus();
  }

  const Options options_;
};

}  // namespace

CatalogEntry<DataSource> ImagesEntry() {
  return {Schema("images",
                 "A folder of PNG and JPEG files with a folder a class: train/<class>/* and, for a "
                 "test part, test/<class>/*; or <class>/*. For a prediction also files without "
                 "folders. Values are in [0, 1].")
              .Add(String("path", "The folder.").Required())
              .Add(String("color", "What images become.").OneOf({"rgb", "grey"}).Default("rgb"))
              .Add(Integer("height",
                           "Resize to so many rows of pixels; beside `width`. Default: all "
                           "images must be of one size.")
                       .AtLeast(1)
                       .AtMost(kMostImageSide))
              .Add(Integer("width", "Resize to so many columns of pixels; beside `height`.")
                       .AtLeast(1)
                       .AtMost(kMostImageSide))
              .Example("{type: images, path: birds, width: 64, height: 64}"),
          [](const Params& params, Violations& violations) -> std::unique_ptr<DataSource> {
            Options options;
            options.path = params.Str("path");
            if (params.Str("color") == "grey") options.color = ImageColor::kGrey;
            if (params.Has("height") != params.Has("width")) {
              const char* missing = params.Has("height") ? "width" : "height";
              violations.Add(params.PathOf(missing), "required: `width` and `height` go together");
            } else if (params.Has("height")) {
              options.size = ImageSize{params.Int("height"), params.Int("width")};
              if (params.Int("height") * params.Int("width") > kMostImagePixels) {
                violations.Add(params.PathOf("height"),
                               absl::StrCat("at most ", kMostImagePixels, " pixels in all"));
              }
            }
            return std::make_unique<Images>(std::move(options));
          }};
}

}  // namespace trainyard::data
