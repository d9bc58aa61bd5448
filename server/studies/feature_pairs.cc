#include "server/studies/feature_pairs.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <set>
#include <string>

namespace trainyard {
namespace {

const std::set<std::string>& Scalings() {
  static const auto& types =
      *new std::set<std::string>{"standardize", "min_max", "normalize", "pad"};
  return types;
}

std::set<std::string> FeaturesOf(const v1::Contender& contender) {
  std::set<std::string> features;
  for (const v1::Component& transform : contender.transforms()) {
    if (Scalings().count(transform.type()) == 0) features.insert(transform.ShortDebugString());
  }
  return features;
}

bool HasMore(const std::set<std::string>& features, const std::set<std::string>& than) {
  return features.size() > than.size() &&
         std::includes(features.begin(), features.end(), than.begin(), than.end());
}

}  // namespace

std::vector<FeaturePair> FeaturePairs(const v1::StudySpecification& study) {
  using google::protobuf::util::MessageDifferencer;
  std::vector<FeaturePair> pairs;
  for (int without = 0; without < study.contenders_size(); ++without) {
    for (int with = 0; with < study.contenders_size(); ++with) {
      const v1::Contender& a = study.contenders(without);
      const v1::Contender& b = study.contenders(with);
      if (HasMore(FeaturesOf(b), FeaturesOf(a)) &&
          MessageDifferencer::Equals(a.specification(), b.specification())) {
        pairs.push_back({without, with});
      }
    }
  }
  return pairs;
}

}  // namespace trainyard
