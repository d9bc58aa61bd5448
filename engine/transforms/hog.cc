// Transform `hog`: histograms of oriented gradients, the features of images that came before
// convolutions (Dalal and Triggs 2005; variant uoctti: Felzenszwalb et al. 2010). Both variants
// give the numbers of VLFeat's vl_hog, in the order [cell row, cell column, dimension].
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/vectorized.h"
#include "engine/data/transform.h"

namespace trainyard::transforms {
namespace {

constexpr int64_t kMostCellSize = 256;
constexpr int64_t kMostOrientations = 32;
constexpr int64_t kFewestPixels = 3;  // along a side: a gradient takes both neighbours
constexpr float kLargestShare = 0.2f;
constexpr float kSmallestNorm = 1e-10f;
constexpr int kBlocks = 4;  // of 2x2 cells each, around the corners of a cell

// Which of half a turn's directions there are, as vectors of length 1.
struct Directions {
  std::vector<float> x, y;

  explicit Directions(int64_t count) {
    for (int64_t k = 0; k < count; ++k) {
      const double angle = static_cast<double>(k) * std::numbers::pi / static_cast<double>(count);
      x.push_back(static_cast<float>(std::cos(angle)));
      y.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  int32_t count() const { return static_cast<int32_t>(x.size()); }
};

// Cells along one axis. A pixel's gradient is shared by the two whose centres are nearest.
struct Axis {
  struct Place {
    int64_t cell;  // of a grid that begins one cell before the image and ends one after it
    float here, next;
  };

  int64_t cells = 0;
  std::vector<Place> places;  // [pixels]

  Axis(int64_t pixels, int64_t cell_size) : cells((pixels + cell_size / 2) / cell_size) {
    for (int64_t i = 0; i < pixels; ++i) {
      const float center = (static_cast<float>(i) + 0.5f) / static_cast<float>(cell_size) - 0.5f;
      const float cell = std::floor(center);
      places.push_back({static_cast<int64_t>(cell) + 1, 1 - (center - cell), center - cell});
    }
  }
};

// What an image needs while it is measured; one a thread, grown as needed.
struct Scratch {
  // Of a row, [width].
  std::vector<float> x, y, magnitude, score;
  std::vector<int32_t> bin;
  // [cell rows + 2, cell columns + 2, 2 * orientations], and the energy of each cell.
  std::vector<float> histograms, energy;
};

// Of the inner pixels of a row: the gradient of the channel where it is largest, and the closest of
// 2 * count directions. `image` is the row in the first channel.
TRAINYARD_VECTORIZED void MeasureRow(const float* image, int64_t channels, int64_t plane,
                                     int64_t width, const Directions& directions,
                                     Scratch& scratch) {
  float* const x = scratch.x.data();
  float* const y = scratch.y.data();
  float* const magnitude = scratch.magnitude.data();
  float* const score = scratch.score.data();
  int32_t* const bin = scratch.bin.data();
  for (int64_t c = 0; c < channels; ++c) {
    const float* const at = image + c * plane;
    for (int64_t i = 1; i < width - 1; ++i) {
      const float dx = at[i + 1] - at[i - 1];
      const float dy = at[i + width] - at[i - width];
      const float square = dx * dx + dy * dy;
      const bool more = c == 0 || square > magnitude[i];
      x[i] = more ? dx : x[i];
      y[i] = more ? dy : y[i];
      magnitude[i] = more ? square : magnitude[i];
    }
  }
  for (int64_t i = 1; i < width - 1; ++i) {
    magnitude[i] = std::sqrt(magnitude[i]);
    score[i] = 0;
    bin[i] = 0;
  }
  const int32_t count = directions.count();
  for (int32_t k = 0; k < count; ++k) {
    const float along_x = directions.x[k], along_y = directions.y[k];
    for (int64_t i = 1; i < width - 1; ++i) {
      const float projection = x[i] * along_x + y[i] * along_y;
      const float size = std::abs(projection);
      const bool more = size > score[i];
      bin[i] = more ? (projection < 0 ? k + count : k) : bin[i];
      score[i] = more ? size : score[i];
    }
  }
}

// Sums over both senses of each direction, squared and added up.
float EnergyOf(const float* histogram, int64_t orientations) {
  float energy = 0;
  for (int64_t k = 0; k < orientations; ++k) {
    const float sum = histogram[k] + histogram[k + orientations];
    energy += sum * sum;
  }
  return energy;
}

class Hog : public Transform {
 public:
  Hog(int64_t cell_size, int64_t orientations) : cell_size_(cell_size), directions_(orientations) {}

  absl::StatusOr<Shape> OutputShape(const Shape& input) const override {
    if (input.rank() != 3) {
      return absl::InvalidArgumentError(absl::StrCat(
          "takes images [channels, height, width]; samples have shape ", input.ToString()));
    }
    const int64_t cells_down = Axis(input[1], cell_size_).cells;
    const int64_t cells_across = Axis(input[2], cell_size_).cells;
    if (input[1] < kFewestPixels || input[2] < kFewestPixels || cells_down < 1 ||
        cells_across < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("images of ", input[1], " x ", input[2], " hold no cell of ", cell_size_,
                       " pixels; use a smaller `cell_size` or larger images"));
    }
    return Shape({cells_down * cells_across * dimensions()});
  }
  absl::Status Fit(const FittingSamples& samples) override { return Prepare(samples.shape); }
  absl::Status Restore(const Shape& input, const FittedValues&) override { return Prepare(input); }
  bool looks_at_samples() const override { return false; }
  bool worth_keeping() const override { return true; }

  void Apply(const Shape& input, const float* in, float* out) const override {
    static thread_local Scratch scratch;
    Collect(input, in, scratch);
    const int64_t across = columns_->cells + 2;
    for (int64_t row = 0; row < rows_->cells; ++row) {
      for (int64_t column = 0; column < columns_->cells; ++column) {
        float inverse[kBlocks];
        NormsAround(scratch, row, column, inverse);
        const float* const histogram =
            scratch.histograms.data() + ((row + 1) * across + column + 1) * 2 * orientations();
        Normalize(histogram, inverse, out);
        out += dimensions();
      }
    }
  }

 protected:
  int64_t orientations() const { return directions_.count(); }
  // Of the features of one cell.
  virtual int64_t dimensions() const = 0;
  // histogram: [2 * orientations] of a cell; inverse: 1 / norm of each block that it belongs to.
  virtual void Normalize(const float* histogram, const float* inverse, float* out) const = 0;

 private:
  absl::Status Prepare(const Shape& input) {
    RETURN_IF_ERROR(OutputShape(input).status());
    rows_.emplace(input[1], cell_size_);
    columns_.emplace(input[2], cell_size_);
    return absl::OkStatus();
  }

  // Fills histograms and energy.
  void Collect(const Shape& input, const float* in, Scratch& scratch) const {
    const int64_t height = input[1];
    const int64_t width = input[2];
    const int64_t bins = 2 * orientations();
    const int64_t stride = (columns_->cells + 2) * bins;
    for (std::vector<float>* row : {&scratch.x, &scratch.y, &scratch.magnitude, &scratch.score})
      row->resize(static_cast<size_t>(width));
    scratch.bin.resize(static_cast<size_t>(width));
    scratch.histograms.assign(static_cast<size_t>((rows_->cells + 2) * stride), 0);
    for (int64_t y = 1; y < height - 1; ++y) {
      MeasureRow(in + y * width, input[0], height * width, width, directions_, scratch);
      const Axis::Place& down = rows_->places[y];
      float* const upper = scratch.histograms.data() + down.cell * stride;
      for (int64_t x = 1; x < width - 1; ++x) {
        const Axis::Place& across = columns_->places[x];
        float* const at = upper + across.cell * bins + scratch.bin[x];
        const float here = scratch.magnitude[x] * down.here;
        const float below = scratch.magnitude[x] * down.next;
        at[0] += here * across.here;
        at[bins] += here * across.next;
        at[stride] += below * across.here;
        at[stride + bins] += below * across.next;
      }
    }
    scratch.energy.resize(static_cast<size_t>(rows_->cells * columns_->cells));
    for (int64_t row = 0; row < rows_->cells; ++row) {
      for (int64_t column = 0; column < columns_->cells; ++column) {
        scratch.energy[row * columns_->cells + column] = EnergyOf(
            scratch.histograms.data() + (row + 1) * stride + (column + 1) * bins, orientations());
      }
    }
  }

  // Cells at the border stand for those beyond it.
  void NormsAround(const Scratch& scratch, int64_t row, int64_t column, float* inverse) const {
    const auto energy = [&](int64_t r, int64_t c) {
      return scratch.energy[std::clamp<int64_t>(r, 0, rows_->cells - 1) * columns_->cells +
                            std::clamp<int64_t>(c, 0, columns_->cells - 1)];
    };
    for (int block = 0; block < kBlocks; ++block) {
      const int64_t r = row + block / 2;
      const int64_t c = column + block % 2;
      const float sum = energy(r - 1, c - 1) + energy(r - 1, c) + energy(r, c - 1) + energy(r, c);
      inverse[block] = 1 / std::max(std::sqrt(sum), kSmallestNorm);
    }
  }

  const int64_t cell_size_;
  const Directions directions_;
  std::optional<Axis> rows_, columns_;
};

// 3 * orientations + 4 features: directed, undirected, and the texture of each block.
class Uoctti final : public Hog {
 public:
  using Hog::Hog;

 protected:
  int64_t dimensions() const override { return 3 * orientations() + kBlocks; }
  void Normalize(const float* histogram, const float* inverse, float* out) const override {
    const float texture_scale = 1.0f / std::sqrt(18.0f);
    const int64_t count = orientations();
    float* const texture = out + 3 * count;
    std::fill_n(texture, kBlocks, 0.0f);
    std::fill_n(out, 3 * count, 0.0f);
    for (int64_t k = 0; k < count; ++k) {
      const float one = histogram[k];
      const float other = histogram[k + count];
      for (int block = 0; block < kBlocks; ++block) {
        const float both = std::min(kLargestShare, (one + other) * inverse[block]);
        out[k] += 0.5f * std::min(kLargestShare, one * inverse[block]);
        out[k + count] += 0.5f * std::min(kLargestShare, other * inverse[block]);
        out[k + 2 * count] += 0.5f * both;
        texture[block] += texture_scale * both;
      }
    }
  }
};

// 4 * orientations features: undirected, by each block.
class DalalTriggs final : public Hog {
 public:
  using Hog::Hog;

 protected:
  int64_t dimensions() const override { return kBlocks * orientations(); }
  void Normalize(const float* histogram, const float* inverse, float* out) const override {
    const int64_t count = orientations();
    for (int block = 0; block < kBlocks; ++block) {
      for (int64_t k = 0; k < count; ++k) {
        out[block * count + k] =
            std::min(kLargestShare, (histogram[k] + histogram[k + count]) * inverse[block]);
      }
    }
  }
};

}  // namespace

CatalogEntry<Transform> HogEntry() {
  return {
      Schema("hog",
             "Histograms of oriented gradients: from an image to how strong its edges are in each "
             "direction, cell by cell, with the contrast of the surroundings divided out. Gives a "
             "vector.")
          .Add(Integer("cell_size", "Pixels along each side of a cell.")
                   .Default(4)
                   .AtLeast(1)
                   .AtMost(kMostCellSize))
          .Add(Integer("orientations", "Directions in half a turn.")
                   .Default(9)
                   .AtLeast(1)
                   .AtMost(kMostOrientations))
          .Add(String("variant",
                      "uoctti (Felzenszwalb et al. 2010) gives 3 * orientations + 4 features a "
                      "cell, dalal_triggs (2005) 4 * orientations.")
                   .OneOf({"uoctti", "dalal_triggs"})
                   .Default("uoctti"))
          .Example("{type: hog, cell_size: 4}"),
      [](const Params& params, Violations&) -> std::unique_ptr<Transform> {
        const int64_t cell_size = params.Int("cell_size");
        const int64_t orientations = params.Int("orientations");
        if (params.Str("variant") == "uoctti")
          return std::make_unique<Uoctti>(cell_size, orientations);
        return std::make_unique<DalalTriggs>(cell_size, orientations);
      }};
}

}  // namespace trainyard::transforms
