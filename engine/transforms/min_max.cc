// Transform `min_max`: the range of the training part becomes a given one.
#include "absl/strings/str_cat.h"
#include "engine/transforms/affine_transform.h"
#include "engine/transforms/statistics.h"

namespace trainyard::transforms {
namespace {

class MinMax final : public AffineTransform {
 public:
  MinMax(std::string per, double low, double high) : per_(std::move(per)), low_(low), high_(high) {}

 protected:
  absl::Status Check(const Shape& input) const override { return GroupsOf(per_, input).status(); }
  absl::StatusOr<AffineMap> MakeMap(const FittingSamples& samples) const override {
    ASSIGN_OR_RETURN(const int64_t groups, GroupsOf(per_, samples.shape));
    const GroupStatistics statistics = ComputeStatistics(samples, groups);
    AffineMap map;
    map.shift = statistics.minimum;
    map.offset.assign(statistics.minimum.size(), low_);
    for (size_t g = 0; g < statistics.minimum.size(); ++g) {
      map.scale.push_back((high_ - low_) *
                          InverseSpread(statistics.maximum[g] - statistics.minimum[g]));
    }
    return map;
  }

 private:
  const std::string per_;
  const double low_, high_;
};

}  // namespace

CatalogEntry<Transform> MinMaxEntry() {
  return {Schema("min_max",
                 "Scales the range of the training part to [low, high]; other parts may go beyond "
                 "it. What is "
                 "constant in the training part becomes low.")
              .Add(PerParameter())
              .Add(Number("low", "Image of the minimum.").Default(0).AtLeast(-1e6).AtMost(1e6))
              .Add(Number("high", "Image of the maximum.").Default(1).AtLeast(-1e6).AtMost(1e6))
              .Example("{type: min_max, low: -1, high: 1}"),
          [](const Params& params, Violations& violations) -> std::unique_ptr<Transform> {
            if (!(params.Num("low") < params.Num("high"))) {
              violations.Add(params.PathOf("high"),
                             absl::StrCat("expected more than low (", params.Num("low"), "), got ",
                                          params.Num("high")));
            }
            return std::make_unique<MinMax>(params.Has("per") ? params.Str("per") : "",
                                            params.Num("low"), params.Num("high"));
          }};
}

}  // namespace trainyard::transforms
