// Data source `synthetic_regression`: a known function of the features plus normal noise, so that
// the mean squared error of the best model is known: the variance of the noise.
//
//   linear: y = w . x,           x standard normal
//   sine:   y = sin(pi w . x),   x uniform in [-1, 1)
// with w a random direction of length 1 that the seed decides.
#include <cmath>
#include <numbers>

#include "engine/data/synthetic.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostFeatures = 1 << 16;

std::vector<float> Direction(const SyntheticSizes& sizes, int64_t features) {
  std::vector<float> direction(static_cast<size_t>(features));
  SampleRandom(sizes, 0).Normals(SampleRandom::kTeacher, features, direction.data());
  double squares = 0;
  for (float value : direction) squares += double{value} * value;
  const float scale = static_cast<float>(1 / std::sqrt(squares));
  for (float& value : direction) value *= scale;
  return direction;
}

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  const int64_t features = params.Int("features");
  const bool sine = params.Str("teacher") == "sine";
  const double noise = params.Num("noise");
  CheckSize(params, features, violations);
  const SyntheticSizes sizes = ReadSizes(params);
  DataInfo info;
  info.task = Task::kRegression;
  info.input_shape = Shape({features});
  info.targets = 1;
  info.best_error = noise * noise;
  return MakeSynthetic(info, sizes,
                       [=, direction = Direction(sizes, features)](
                           const SampleRandom& random, float* out, int32_t*, float* target) {
                         if (sine) {
                           random.Uniforms(SampleRandom::kFeatures, features, out);
                         } else {
                           random.Normals(SampleRandom::kFeatures, features, out);
                         }
                         double projection = 0;
                         for (int64_t i = 0; i < features; ++i)
                           projection += double{direction[static_cast<size_t>(i)]} * out[i];
                         float normal = 0;
                         random.Normals(SampleRandom::kTargetNoise, 1, &normal);
                         const double clean =
                             sine ? std::sin(std::numbers::pi * projection) : projection;
                         *target = static_cast<float>(clean + noise * normal);
                       });
}

}  // namespace

CatalogEntry<DataSource> SyntheticRegressionEntry() {
  return {WithSizes(Schema("synthetic_regression",
                           "A known function of the features plus normal noise. The mean squared "
                           "error of the best "
                           "model is known: noise squared."))
              .Add(Integer("features", "Length of a sample.")
                       .Default(10)
                       .AtLeast(1)
                       .AtMost(kMostFeatures))
              .Add(String("teacher",
                          "linear: w . x with x standard normal; sine: sin(pi w . x) with x "
                          "uniform in [-1, 1); w a "
                          "random direction of length 1.")
                       .OneOf({"linear", "sine"})
                       .Default("linear"))
              .Add(Number("noise", "Standard deviation of the noise.")
                       .Default(0.1)
                       .AtLeast(0)
                       .AtMost(1000))
              .Example("{type: synthetic_regression, samples: 2000, features: 5, teacher: sine}"),
          Create};
}

}  // namespace trainyard::data
