// What the synthetic sources share. Every sample is a pure function of (seed, part, its number), so
// that a larger set of one seed begins with a smaller one, and the test part does not depend on the
// training size.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/params.h"
#include "engine/base/philox.h"
#include "engine/data/source.h"

namespace trainyard {

// Sizes and seed, which all of them take.
struct SyntheticSizes {
  int64_t samples = 0;
  int64_t test_samples = 0;
  uint64_t seed = 0;

  int64_t count() const { return samples + test_samples; }
};

// Adds samples, test_samples and seed.
Schema WithSizes(Schema schema);
SyntheticSizes ReadSizes(const Params& params);
// Whether count * features stays within what is held in memory; else a violation at `samples`.
bool CheckSize(const Params& params, int64_t features, Violations& violations);

// Random numbers of one sample: training samples are numbered from 0, test samples too, in another
// stream.
class SampleRandom {
 public:
  enum Item : uint32_t { kFeatures = 0, kLabelNoise = 1, kTargetNoise = 2, kTeacher = 3 };

  // `sample`: of count(), the test part behind the training part.
  SampleRandom(const SyntheticSizes& sizes, int64_t sample);

  int64_t number() const { return static_cast<int64_t>(number_); }
  // Standard normal, [count].
  void Normals(Item item, int64_t count, float* out) const;
  // Uniform in [-1, 1), [count].
  void Uniforms(Item item, int64_t count, float* out) const;
  // Uniform in [0, bound).
  uint64_t Below(Item item, uint64_t bound) const;
  // In [0, 1).
  float Uniform(Item item) const;

 private:
  std::array<uint32_t, 4> Words(Item item, int64_t block) const;

  uint64_t seed_;
  uint64_t part_;
  uint64_t number_;
};

// Draws one sample: features [input_shape], and its label (classification) or targets (regression).
using DrawSample = std::function<void(const SampleRandom& random, float* features, int32_t* label,
                                      float* targets)>;

// A source that holds no file: draws every sample when it is loaded.
std::unique_ptr<DataSource> MakeSynthetic(DataInfo info, const SyntheticSizes& sizes,
                                          DrawSample draw);

// Of k classes of equal weight with means at pairwise distance `separation` at right angles to each
// other (a simplex) and normal noise of standard deviation 1: the error of the best classifier, 1 -
// integral of phi(t) Phi(t + separation / sqrt 2)^(k-1) dt. For k = 2 it is Phi(-separation / 2).
double SimplexBayesError(int64_t classes, double separation);
// That error where a share `noise` of the labels is replaced by another class, drawn uniformly.
double WithLabelNoise(double error, int64_t classes, double noise);
// `label`, or with that probability another class.
int32_t NoisyLabel(const SampleRandom& random, int64_t label, int64_t classes, double noise);

}  // namespace trainyard
