// Transform `standardize`: mean 0 and standard deviation 1 over the training part.
#include "engine/transforms/affine_transform.h"
#include "engine/transforms/statistics.h"

namespace trainyard::transforms {
namespace {

class Standardize final : public AffineTransform {
 public:
  explicit Standardize(std::string per) : per_(std::move(per)) {}

 protected:
  absl::Status Check(const Shape& input) const override { return GroupsOf(per_, input).status(); }
  absl::StatusOr<AffineMap> MakeMap(const FittingSamples& samples) const override {
    ASSIGN_OR_RETURN(const int64_t groups, GroupsOf(per_, samples.shape));
    const GroupStatistics statistics = ComputeStatistics(samples, groups);
    AffineMap map;
    map.shift = statistics.mean;
    map.offset.assign(statistics.mean.size(), 0);
    for (double deviation : statistics.deviation) map.scale.push_back(InverseSpread(deviation));
    return map;
  }

 private:
  const std::string per_;
};

}  // namespace

CatalogEntry<Transform> StandardizeEntry() {
  return {Schema("standardize",
                 "Shifts and scales to mean 0 and standard deviation 1 over the training part. "
                 "What is constant "
                 "there becomes 0.")
              .Add(PerParameter())
              .Example("{type: standardize}"),
          [](const Params& params, Violations&) -> std::unique_ptr<Transform> {
            return std::make_unique<Standardize>(params.Has("per") ? params.Str("per") : "");
          }};
}

}  // namespace trainyard::transforms
