#include "engine/data/fit_transforms.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/data/feature_cache.h"

namespace trainyard {
namespace {

// What any job can use is computed for all samples up to this size: other subsets find it.
constexpr int64_t kMostSharedBytes = int64_t{1} << 30;
constexpr int64_t kSamplesPerTile = 64;
// Changes with what a transform makes of the same samples.
constexpr char kFormat[] = "features 1";

int64_t BytesOf(int64_t rows, const Shape& shape) {
  return MultiplySaturated(MultiplySaturated(rows, shape.elements()),
                           static_cast<int64_t>(sizeof(float)));
}

bool IsShared(int64_t samples, bool stateless, const Shape& shape) {
  return stateless && BytesOf(samples, shape) <= kMostSharedBytes;
}

// For a key: equal lists of samples, with a chance of 2^-128 different ones.
std::string DigestOf(const std::vector<int64_t>& samples) {
  const XXH128_hash_t hash = XXH3_128bits(samples.data(), samples.size() * sizeof(int64_t));
  return absl::StrCat(samples.size(), " ", absl::Hex(hash.high64), absl::Hex(hash.low64));
}

// What stands at a point of the chain of transforms: for which samples, and under which key.
struct Place {
  std::vector<int64_t> samples;  // in the order of their rows
  bool all = false;
  std::string key;
  Shape shape;
};

class Chain {
 public:
  Chain(const DataPlan& plan, bool stateless, const SplitIndices& parts, const Samples& samples)
      : plan_(plan), stateless_(stateless), parts_(parts), samples_(samples) {}

  // After transform `index`, whose shape is given.
  Place After(size_t index, const Shape& shape) const {
    Place place;
    place.shape = shape;
    bool stateless = stateless_;
    for (size_t i = 0; i <= index; ++i)
      stateless = stateless && !plan_.transforms[i]->looks_at_samples();
    place.all = IsShared(samples_.count, stateless, shape);
    if (place.all) {
      place.samples.resize(static_cast<size_t>(samples_.count));
      std::iota(place.samples.begin(), place.samples.end(), int64_t{0});
    } else {
      for (const auto* part : {&parts_.train, &parts_.validation, &parts_.test})
        place.samples.insert(place.samples.end(), part->begin(), part->end());
    }
    if (plan_.source_key.empty()) return place;
    absl::StrAppend(&place.key, kFormat, "\n", plan_.source_key.size(), " ", plan_.source_key, "\n",
                    DigestOf(place.samples), "\n", stateless ? "any" : DigestOf(parts_.train));
    for (size_t i = 0; i <= index; ++i)
      absl::StrAppend(&place.key, "\n", plan_.transform_keys[i].size(), " ",
                      plan_.transform_keys[i]);
    return place;
  }

 private:
  const DataPlan& plan_;
  const bool stateless_;
  const SplitIndices& parts_;
  const Samples& samples_;
};

std::vector<int64_t> RowOf(const Place& place, int64_t samples) {
  std::vector<int64_t> row_of;
  if (place.all) return row_of;
  row_of.assign(static_cast<size_t>(samples), 0);
  for (size_t row = 0; row < place.samples.size(); ++row)
    row_of[place.samples[row]] = static_cast<int64_t>(row);
  return row_of;
}

SharedArray<float> Compute(const FeatureReader& reader, const Place& place, ThreadPool& pool) {
  const int64_t width = place.shape.elements();
  const int64_t rows = std::ssize(place.samples);
  // Not set to zero first: the threads are to be the first to touch it.
  const std::shared_ptr<float[]> values(new float[static_cast<size_t>(rows * width)]);
  const int64_t tiles = (rows + kSamplesPerTile - 1) / kSamplesPerTile;
  pool.Run(static_cast<int>(tiles), [&](int tile, int) {
    const int64_t end = std::min(rows, (tile + 1) * kSamplesPerTile);
    for (int64_t row = tile * kSamplesPerTile; row < end; ++row)
      reader.Read(place.samples[row], values.get() + row * width);
  });
  return SharedArray<float>(values.get(), static_cast<size_t>(rows * width), values);
}

// The shape after each transform.
absl::StatusOr<std::vector<Shape>> ShapesOf(const DataPlan& plan, Shape shape) {
  std::vector<Shape> shapes;
  for (const std::unique_ptr<Transform>& transform : plan.transforms) {
    ASSIGN_OR_RETURN(shape, transform->OutputShape(shape));
    shapes.push_back(shape);
  }
  return shapes;
}

}  // namespace

int64_t KeptBytes(const DataPlan& plan, bool stateless, const Shape& shape) {
  const int64_t used = plan.train_size + plan.validation_size + plan.test_size;
  return BytesOf(IsShared(plan.count, stateless, shape) ? plan.count : used, shape);
}

absl::StatusOr<std::vector<FittedValues>> FitTransforms(DataPlan& plan,
                                                        const std::vector<float>& fill,
                                                        const SplitIndices& parts,
                                                        const DataRoots& roots, ThreadPool& pool,
                                                        FeatureReader& reader) {
  const int64_t count = reader.samples().count;
  ASSIGN_OR_RETURN(const std::vector<Shape> shapes, ShapesOf(plan, reader.shape()));
  std::vector<Place> places(shapes.size());
  const Chain chain(plan, fill.empty(), parts, reader.samples());
  for (size_t i = 0; i < shapes.size(); ++i) {
    if (plan.transforms[i]->worth_keeping()) places[i] = chain.After(i, shapes[i]);
  }
  const FeatureCache cache(roots.cache_folder);
  std::vector<FittedValues> fitted;
  // The furthest point of the chain that an earlier job left.
  for (size_t i = shapes.size(); i-- > 0 && fitted.empty();) {
    if (places[i].key.empty()) continue;
    std::optional<KeptFeatures> kept = cache.Find(places[i].key);
    const size_t expected = places[i].samples.size() * static_cast<size_t>(shapes[i].elements());
    if (!kept.has_value() || kept->fitted.size() != i + 1 || kept->values.size() != expected)
      continue;
    fitted = std::move(kept->fitted);
    reader.Replace(shapes[i], std::move(kept->values), RowOf(places[i], count));
  }
  for (size_t i = fitted.size(); i < shapes.size(); ++i) {
    RETURN_IF_ERROR(plan.transforms[i]->Fit(reader.ForFitting(parts.train, pool)));
    fitted.push_back(plan.transforms[i]->Fitted());
    const bool keep = plan.transforms[i]->worth_keeping();
    RETURN_IF_ERROR(reader.Append(std::move(plan.transforms[i])));
    if (!keep) continue;
    const KeptFeatures kept = {Compute(reader, places[i], pool), fitted};
    if (!places[i].key.empty()) cache.Keep(places[i].key, kept);
    reader.Replace(shapes[i], kept.values, RowOf(places[i], count));
  }
  return fitted;
}

}  // namespace trainyard
