// Data source `synthetic_xor`: two classes that no line divides. Four clouds of normal noise stand
// at
// (+-d/2, +-d/2) of the first two features; a sample's class is whether their signs differ.
//
// The best classifier takes the signs of the two values, each wrong with probability q = Phi(-d /
// 2), and so errs where exactly one is wrong: 2 q (1 - q). The best linear classifier errs on half.
#include <cmath>
#include <numbers>

#include "engine/data/synthetic.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostFeatures = 1 << 16;

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  const int64_t features = params.Int("features");
  const double separation = params.Num("separation");
  const double noise = params.Num("label_noise");
  CheckSize(params, features, violations);
  const double wrong_sign = 0.5 * std::erfc(separation / 2 / std::numbers::sqrt2);
  DataInfo info;
  info.input_shape = Shape({features});
  info.classes = 2;
  info.best_error = WithLabelNoise(2 * wrong_sign * (1 - wrong_sign), 2, noise);
  return MakeSynthetic(info, ReadSizes(params),
                       [=](const SampleRandom& random, float* out, int32_t* label, float*) {
                         const int64_t corner = random.number() % 4;
                         const int64_t x = corner / 2;
                         const int64_t y = corner % 2;
                         random.Normals(SampleRandom::kFeatures, features, out);
                         out[0] += static_cast<float>(x == 0 ? -separation / 2 : separation / 2);
                         out[1] += static_cast<float>(y == 0 ? -separation / 2 : separation / 2);
                         *label = NoisyLabel(random, x ^ y, 2, noise);
                       });
}

}  // namespace

CatalogEntry<DataSource> SyntheticXorEntry() {
  return {WithSizes(Schema("synthetic_xor",
                           "Two classes that no line divides: four clouds of normal noise "
                           "(standard deviation 1) on the "
                           "corners of a square. The error of the best classifier is known: 2 q (1 "
                           "- q) with q = "
                           "Phi(-separation / 2)."))
              .Add(Integer("features", "Length of a sample; those after the second are noise.")
                       .Default(2)
                       .AtLeast(2)
                       .AtMost(kMostFeatures))
              .Add(Number("separation", "Side of the square.").Default(4).AtLeast(0).AtMost(100))
              .Add(Number("label_noise", "Share of labels exchanged, in all parts.")
                       .Default(0)
                       .AtLeast(0)
                       .Below(0.5))
              .Example("{type: synthetic_xor, samples: 2000}"),
          Create};
}

}  // namespace trainyard::data
