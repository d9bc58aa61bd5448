#include "engine/spec/compile_data.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/spec/convert.h"

namespace trainyard {
namespace {

constexpr int kMaxSteps = 32;  // transforms, augmentations

template <typename T>
std::vector<std::unique_ptr<T>> MakeAll(
    const google::protobuf::RepeatedPtrField<v1::Component>& components, const Catalog<T>& catalog,
    const std::string& path, Violations& violations) {
  std::vector<std::unique_ptr<T>> made;
  if (components.size() > kMaxSteps) {
    violations.Add(path, absl::StrCat(components.size(), " are too many; at most ", kMaxSteps));
    return made;
  }
  for (int i = 0; i < components.size(); ++i) {
    const std::string at = absl::StrCat(path, "[", i, "]");
    made.push_back(catalog.Make(ToRaw(components[i], at, violations), at, violations));
  }
  return made;
}

}  // namespace

DataPlan CompileData(const v1::Data& data, const DataInfo* like, const Catalogs& catalogs,
                     const DataRoots& roots, const std::string& path, Violations& violations) {
  const size_t before = violations.list().size();
  DataPlan plan;
  const std::string source_path = JoinPath(path, "source");
  if (data.has_source()) {
    plan.source = catalogs.data_sources.Make(ToRaw(data.source(), source_path, violations),
                                             source_path, violations);
  } else {
    violations.Add(source_path,
                   "required: where samples come from, such as {type: idx, path: fashion-mnist}");
  }
  plan.transforms =
      MakeAll(data.transforms(), catalogs.transforms, JoinPath(path, "transforms"), violations);
  plan.augmentations =
      MakeAll(data.augment(), catalogs.augmentations, JoinPath(path, "augment"), violations);
  plan.split.validation = data.split().validation();
  plan.split.test = data.split().test();
  if (data.split().has_stratify()) plan.split.stratify = data.split().stratify();
  plan.split.seed = data.split().seed();
  if (data.subset().train_size() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    violations.Add(JoinPath(path, "subset.train_size"), "is larger than any data set");
  } else {
    plan.split.train_size = static_cast<int64_t>(data.subset().train_size());
  }
  plan.split.subset_seed = data.subset().seed();
  plan.label_noise = {data.label_noise().share(), data.label_noise().seed()};
  if (violations.list().size() == before) ProvePlan(plan, like, roots, path, violations);
  return plan;
}

}  // namespace trainyard
