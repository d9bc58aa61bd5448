#include "server/studies/takeaway_plan.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/field_path.h"
#include "server/studies/contender_checks.h"
#include "server/studies/variants.h"

namespace trainyard {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr int kMostFactors = 5;
constexpr size_t kLongestFactor = 16;
constexpr size_t kMostBytes = 1 << 20;
constexpr char kNone[] = "none";

std::string FactorPath(int index) { return absl::StrCat("takeaway.factors[", index, "]"); }

const v1::Variant& LevelOf(const v1::Factor& factor, bool on) {
  return on ? factor.on() : factor.off();
}

// Below `takeaway.factors[1].on`.
void CheckLevel(const v1::Variant& level, const std::string& path, const v1::Data& data,
                Violations& violations) {
  CheckJobFields(level.specification(), path + ".specification", violations);
  CheckCandidates(level.candidates(), path, data, violations);
  if (!level.name().empty())
    violations.Add(path + ".name", "not allowed: combinations are named after their factors");
}

bool IsEmpty(const v1::Variant& level) {
  return ChangedPaths(level.specification()).empty() && level.values().empty() &&
         level.candidates().empty();
}

// What a level decides, so that no two factors decide the same.
std::vector<std::string> Decided(const v1::Variant& level) {
  std::vector<std::string> decided = ChangedPaths(level.specification());
  for (const auto& [name, value] : level.values()) decided.push_back("$" + name);
  if (!level.candidates().empty()) decided.push_back("candidates");
  return decided;
}

void CheckOverlaps(const v1::TakeawayStudy& takeaway, Violations& violations) {
  std::map<std::string, int> owners;
  for (int i = 0; i < takeaway.factors_size(); ++i) {
    std::set<std::string> own;
    for (const bool on : {false, true}) {
      for (const std::string& field : Decided(LevelOf(takeaway.factors(i), on))) own.insert(field);
    }
    for (const std::string& field : own) {
      for (const auto& [other, owner] : owners) {
        if (!IsWithin(field, other) && !IsWithin(other, field)) continue;
        violations.Add(
            FactorPath(i),
            absl::StrCat("changes ", field, ", as factor '", takeaway.factors(owner).name(),
                         "' does: with both on neither could be told from the other"));
      }
    }
    for (const std::string& field : own) owners.emplace(field, i);
  }
}

void CheckFactor(const v1::StudySpecification& study, int index, std::set<std::string>& names,
                 Violations& violations) {
  const v1::Factor& factor = study.takeaway().factors(index);
  const std::string path = FactorPath(index);
  const bool word = !factor.name().empty() && factor.name().size() <= kLongestFactor &&
                    std::all_of(factor.name().begin(), factor.name().end(), [](unsigned char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
                    });
  if (!word) {
    violations.Add(path + ".name",
                   absl::StrCat("must be 1 to ", kLongestFactor, " of [a-z0-9], such as model"));
  } else if (factor.name() == kDataFactor || factor.name() == kNone) {
    violations.Add(
        path + ".name",
        absl::StrCat("'", factor.name(), "' is taken",
                     factor.name() == kDataFactor ? ": the two sizes are that factor" : ""));
  } else if (!names.insert(factor.name()).second) {
    violations.Add(path + ".name", absl::StrCat("'", factor.name(), "' is there already"));
  }
  if (IsEmpty(factor.on())) {
    violations.Add(path + ".on",
                   "required: what the factor is switched to, for example {specification: {budget: "
                   "{steps: 3000}}} or {values: {activation: relu}}");
  }
  CheckLevel(factor.off(), path + ".off", study.data(), violations);
  CheckLevel(factor.on(), path + ".on", study.data(), violations);
}

void CheckTakeaway(const v1::StudySpecification& study, Violations& violations) {
  const v1::TakeawayStudy& takeaway = study.takeaway();
  if (study.sizes_size() != 2) {
    violations.Add("sizes",
                   absl::StrCat(study.sizes_size(),
                                " sizes; a takeaway study has two, the factor data off and "
                                "on, for example [1000, 10000]"));
  }
  CheckJobFields(takeaway.base(), "takeaway.base", violations);
  CheckCandidates(takeaway.candidates(), "takeaway", study.data(), violations);
  if (takeaway.factors().empty() || takeaway.factors_size() > kMostFactors) {
    return violations.Add(
        "takeaway.factors",
        absl::StrCat(takeaway.factors_size(), " factors; it takes 1 to ", kMostFactors,
                     " beside data, such as {name: compute, off: "
                     "{...}, on: {...}}"));
  }
  std::set<std::string> names;
  for (int i = 0; i < takeaway.factors_size(); ++i) CheckFactor(study, i, names, violations);
  if (absl::StrJoin(names, "-").size() > kLongestName) {
    violations.Add("takeaway.factors", absl::StrCat("their names, joined, are longer than ",
                                                    kLongestName, " characters"));
  }
  CheckOverlaps(takeaway, violations);
}

v1::Contender Combine(const v1::TakeawayStudy& takeaway, uint32_t on, std::set<std::string>& used,
                      Violations& violations) {
  v1::Contender contender;
  v1::Specification& specification = *contender.mutable_specification();
  specification = takeaway.base();
  *contender.mutable_candidates() = takeaway.candidates();
  PlaceholderValues values;
  for (int i = 0; i < takeaway.factors_size(); ++i) {
    const v1::Factor& factor = takeaway.factors(i);
    const bool is_on = on >> i & 1;
    const v1::Variant& level = LevelOf(factor, is_on);
    LayOver(level.specification(), specification);
    for (const auto& [name, value] : level.values()) values[name] = value;
    if (!level.candidates().empty()) *contender.mutable_candidates() = level.candidates();
    if (is_on) contender.add_factors_on(factor.name());
  }
  contender.set_name(on == 0 ? kNone : absl::StrJoin(contender.factors_on(), "-"));
  contender.set_family(specification.has_learner() ? v1::TRADITIONAL : v1::NETWORK);
  Violations of_values;
  FillPlaceholders(values, specification, used, of_values);
  for (const Violation& violation : of_values.list())
    violations.Add(PathInTakeaway(takeaway, contender, violation.path), violation.message);
  return contender;
}

// A value that no placeholder takes is most often a slip of the pen.
void CheckUsed(const v1::TakeawayStudy& takeaway, const std::set<std::string>& used,
               Violations& violations) {
  for (int i = 0; i < takeaway.factors_size(); ++i) {
    for (const bool on : {false, true}) {
      for (const auto& [name, value] : LevelOf(takeaway.factors(i), on).values()) {
        if (used.count(name) > 0) continue;
        violations.Add(absl::StrCat(FactorPath(i), on ? ".on" : ".off", ".values.", name),
                       absl::StrCat("no specification has $", name, " as a type or a parameter",
                                    used.empty() ? "" : "; known: $", absl::StrJoin(used, ", $")));
      }
    }
  }
}

// Those with few factors on first.
std::vector<uint32_t> Combinations(int factors) {
  std::vector<uint32_t> combinations(size_t{1} << factors);
  std::iota(combinations.begin(), combinations.end(), 0);
  std::stable_sort(combinations.begin(), combinations.end(),
                   [](uint32_t a, uint32_t b) { return std::popcount(a) < std::popcount(b); });
  return combinations;
}

}  // namespace

void ExpandTakeaway(v1::StudySpecification& study, Violations& violations) {
  CheckTakeaway(study, violations);
  if (!violations.empty()) return;
  const v1::TakeawayStudy& takeaway = study.takeaway();
  v1::StudySpecification expanded;
  std::set<std::string> used;
  std::set<std::pair<std::string, std::string>> said;
  for (const uint32_t on : Combinations(takeaway.factors_size())) {
    Violations of_contender;
    *expanded.add_contenders() = Combine(takeaway, on, used, of_contender);
    for (const Violation& violation : of_contender.list()) {
      if (said.emplace(violation.path, violation.message).second)
        violations.Add(violation.path, violation.message);
    }
    if (expanded.ByteSizeLong() > kMostBytes) {
      return violations.Add("takeaway", "its combinations are more than a MiB of specifications");
    }
  }
  CheckUsed(takeaway, used, violations);
  const bool same =
      std::equal(study.contenders().begin(), study.contenders().end(),
                 expanded.contenders().begin(), expanded.contenders().end(),
                 [](const auto& a, const auto& b) { return MessageDifferencer::Equals(a, b); });
  if (!study.contenders().empty() && !same) {
    violations.Add("contenders", "not allowed beside 'takeaway', which makes them: leave them out");
  }
  *study.mutable_contenders() = std::move(*expanded.mutable_contenders());
}

std::string PathInTakeaway(const v1::TakeawayStudy& takeaway, const v1::Contender& contender,
                           const std::string& path) {
  const bool candidate = absl::StartsWith(path, "candidates[");
  for (int i = 0; i < takeaway.factors_size(); ++i) {
    const v1::Factor& factor = takeaway.factors(i);
    const bool on = std::find(contender.factors_on().begin(), contender.factors_on().end(),
                              factor.name()) != contender.factors_on().end();
    const std::string level = absl::StrCat(FactorPath(i), on ? ".on." : ".off.");
    const v1::Variant& variant = LevelOf(factor, on);
    if (candidate && !variant.candidates().empty()) return level + path;
    for (const std::string& changed : ChangedPaths(variant.specification())) {
      if (IsWithin(path, changed)) return absl::StrCat(level, "specification.", path);
    }
  }
  return absl::StrCat("takeaway.", candidate ? "" : "base.", path);
}

void CheckFactorsMatter(const v1::StudySpecification& study,
                        const std::vector<const v1::Specification*>& jobs, Violations& violations) {
  const v1::TakeawayStudy& takeaway = study.takeaway();
  const size_t sizes = static_cast<size_t>(study.sizes_size());
  std::map<std::pair<std::set<std::string>, size_t>, v1::Specification> by_factors;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const auto& names = study.contenders(static_cast<int>(i / sizes)).factors_on();
    v1::Specification unnamed = *jobs[i];
    unnamed.clear_name();
    by_factors[{std::set<std::string>(names.begin(), names.end()), i % sizes}] = std::move(unnamed);
  }
  for (int factor = 0; factor < takeaway.factors_size(); ++factor) {
    const std::string& name = takeaway.factors(factor).name();
    const bool matters = std::any_of(by_factors.begin(), by_factors.end(), [&](const auto& entry) {
      auto [names, size] = entry.first;
      if (names.erase(name) == 0) return false;
      return !MessageDifferencer::Equals(by_factors.at({names, size}), entry.second);
    });
    if (matters) continue;
    violations.Add(FactorPath(factor),
                   absl::StrCat("changes nothing: with '", name,
                                "' on every job is the same as with it off, defaults included"));
  }
}

}  // namespace trainyard
