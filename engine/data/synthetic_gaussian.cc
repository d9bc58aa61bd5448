// Data source `synthetic_gaussian`: k classes of normal noise around means at equal distance, so
// that the error of the best classifier is known.
#include "absl/strings/str_cat.h"
#include "engine/data/synthetic.h"

#include <cmath>

namespace trainyard::data {
namespace {

constexpr int64_t kMostFeatures = 1 << 16;
constexpr int64_t kMostClasses = 10000;

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  const int64_t features = params.Int("features");
  const int64_t classes = params.Int("classes");
  const double separation = params.Num("separation");
  const double noise = params.Num("label_noise");
  CheckSize(params, features, violations);
  if (classes > 2 && features < classes) {
    violations.Add(params.PathOf("features"),
                   absl::StrCat("expected at least ", classes,
                                ", one a class, so that all means are at equal distance"));
  }
  DataInfo info;
  info.input_shape = Shape({features});
  info.classes = classes;
  info.best_error = WithLabelNoise(SimplexBayesError(classes, separation), classes, noise);
  return MakeSynthetic(
      info, ReadSizes(params), [=](const SampleRandom& random, float* out, int32_t* label, float*) {
        // Classes take turns, so that they are of equal size.
        const int64_t own = random.number() % classes;
        random.Normals(SampleRandom::kFeatures, features, out);
        if (classes == 2) {
          out[0] += static_cast<float>(own == 0 ? -separation / 2 : separation / 2);
        } else {
          out[own] += static_cast<float>(separation / std::sqrt(2.0));
        }
        *label = NoisyLabel(random, own, classes, noise);
      });
}

}  // namespace

CatalogEntry<DataSource> SyntheticGaussianEntry() {
  return {
      WithSizes(Schema("synthetic_gaussian",
                       "Classes of normal noise (standard deviation 1) around means at equal "
                       "distance. The error "
                       "of the best classifier is known: for two classes Phi(-separation / 2)."))
          .Add(Integer("features", "Length of a sample.")
                   .Default(20)
                   .AtLeast(1)
                   .AtMost(kMostFeatures))
          .Add(Integer("classes", "Number of classes, of equal size.")
                   .Default(2)
                   .AtLeast(2)
                   .AtMost(kMostClasses))
          .Add(Number("separation", "Distance between any two means.")
                   .Default(2)
                   .AtLeast(0)
                   .AtMost(100))
          .Add(Number("label_noise", "Share of labels replaced by another class, in all parts.")
                   .Default(0)
                   .AtLeast(0)
                   .Below(0.5))
          .Example("{type: synthetic_gaussian, samples: 2000, features: 10, classes: 3}"),
      Create};
}

}  // namespace trainyard::data
