// Data source `synthetic_images`: noisy pictures of class patterns. The patterns are waves of the
// two-dimensional cosine transform, which are at right angles to each other and of equal length, so
// that the error of the best classifier is that of synthetic_gaussian.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "engine/data/synthetic.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostPixels = 1024;
constexpr int64_t kMostChannels = 64;
constexpr int64_t kMostClasses = 1000;

// Periods of a wave, times two, down and to the right.
struct Wave {
  int64_t down;
  int64_t right;
};

// The lowest frequencies upwards, without the constant one.
std::vector<Wave> Waves(int64_t height, int64_t width, int64_t count) {
  std::vector<Wave> waves;
  for (int64_t frequency = 1; static_cast<int64_t>(waves.size()) < count; ++frequency) {
    for (int64_t down = 0; down <= frequency && static_cast<int64_t>(waves.size()) < count;
         ++down) {
      if (down < height && frequency - down < width) waves.push_back({down, frequency - down});
    }
  }
  return waves;
}

// One row of the cosine transform (DCT-II), of length 1.
std::vector<double> Cosine(int64_t frequency, int64_t length) {
  std::vector<double> row;
  const double scale = std::sqrt((frequency == 0 ? 1.0 : 2.0) / static_cast<double>(length));
  for (int64_t i = 0; i < length; ++i) {
    const double phase = static_cast<double>(frequency) * (static_cast<double>(i) + 0.5) /
                         static_cast<double>(length);
    row.push_back(scale * std::cos(std::numbers::pi * phase));
  }
  return row;
}

void AddWave(const Wave& wave, const Shape& shape, double length, float* out) {
  const std::vector<double> down = Cosine(wave.down, shape[1]);
  const std::vector<double> right = Cosine(wave.right, shape[2]);
  const double each = length / std::sqrt(static_cast<double>(shape[0]));
  for (int64_t channel = 0; channel < shape[0]; ++channel) {
    for (double vertical : down) {
      for (double horizontal : right) *out++ += static_cast<float>(each * vertical * horizontal);
    }
  }
}

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  const Shape shape({params.Int("channels"), params.Int("height"), params.Int("width")});
  const int64_t classes = params.Int("classes");
  const double separation = params.Num("separation");
  const double noise = params.Num("label_noise");
  const bool fits = CheckSize(params, shape.elements(), violations);
  if (classes >= shape[1] * shape[2]) {
    violations.Add(params.PathOf("classes"),
                   absl::StrCat("expected fewer than height * width = ", shape[1] * shape[2],
                                ", the number of patterns"));
    return nullptr;
  }
  if (!fits) return nullptr;
  DataInfo info;
  info.input_shape = shape;
  info.classes = classes;
  info.best_error = WithLabelNoise(SimplexBayesError(classes, separation), classes, noise);
  const double strength = separation / std::numbers::sqrt2;
  return MakeSynthetic(info, ReadSizes(params),
                       [=, waves = Waves(shape[1], shape[2], classes)](
                           const SampleRandom& random, float* out, int32_t* label, float*) {
                         const int64_t own = random.number() % classes;
                         random.Normals(SampleRandom::kFeatures, shape.elements(), out);
                         AddWave(waves[static_cast<size_t>(own)], shape, strength, out);
                         *label = NoisyLabel(random, own, classes, noise);
                       });
}

}  // namespace

CatalogEntry<DataSource> SyntheticImagesEntry() {
  return {
      WithSizes(Schema("synthetic_images",
                       "Images of a wave pattern for each class under normal noise (standard "
                       "deviation 1). The error "
                       "of the best classifier is known: for two classes Phi(-separation / 2)."))
          .Add(Integer("channels", "Colours; the pattern is the same in all.")
                   .Default(1)
                   .AtLeast(1)
                   .AtMost(kMostChannels))
          .Add(Integer("height", "Pixels.").Default(16).AtLeast(2).AtMost(kMostPixels))
          .Add(Integer("width", "Pixels.").Default(16).AtLeast(2).AtMost(kMostPixels))
          .Add(Integer("classes", "Number of classes, of equal size.")
                   .Default(4)
                   .AtLeast(2)
                   .AtMost(kMostClasses))
          .Add(Number("separation", "Distance between any two patterns.")
                   .Default(6)
                   .AtLeast(0)
                   .AtMost(1000))
          .Add(Number("label_noise", "Share of labels replaced by another class, in all parts.")
                   .Default(0)
                   .AtLeast(0)
                   .Below(0.5))
          .Example("{type: synthetic_images, samples: 2000, height: 12, width: 12, classes: 4}"),
      Create};
}

}  // namespace trainyard::data
