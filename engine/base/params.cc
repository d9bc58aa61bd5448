#include "engine/base/params.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53
constexpr size_t kLongestName = 64;

class Reader {
 public:
  Reader(const ParamSpec& spec, std::string path, Violations& violations)
      : spec_(spec), path_(std::move(path)), violations_(violations) {}

  void Wrong(const RawValue& got, const std::string& where) {
    std::string expected = ParamTypeName(spec_.type);
    const std::string accepts = spec_.Accepts();
    if (!accepts.empty()) absl::StrAppend(&expected, " ", accepts);
    violations_.Add(where, absl::StrCat("expected ", expected, ", got ", DescribeRaw(got)));
  }

  std::optional<double> ReadNumber(const RawValue& raw, bool integer, const std::string& where) {
    const double* number = std::get_if<double>(&raw.data);
    const bool bad =
        number == nullptr || !std::isfinite(*number) ||
        (integer && (*number != std::floor(*number) || std::abs(*number) > kLargestExactInteger)) ||
        *number < spec_.minimum || *number > spec_.maximum ||
        (spec_.minimum_open && *number == spec_.minimum) ||
        (spec_.maximum_open && *number == spec_.maximum);
    if (bad) {
      Wrong(raw, where);
      return std::nullopt;
    }
    return *number;
  }

  std::optional<std::string> ReadString(const RawValue& raw, const std::string& where) {
    const std::string* text = std::get_if<std::string>(&raw.data);
    const double* number = std::get_if<double>(&raw.data);
    if (spec_.integer_as_text && number != nullptr && *number == std::floor(*number) &&
        std::abs(*number) <= kLargestExactInteger) {
      return ShortestNumber(*number);
    }
    if (text == nullptr) {
      Wrong(raw, where);
      return std::nullopt;
    }
    if (!spec_.choices.empty() &&
        std::find(spec_.choices.begin(), spec_.choices.end(), *text) == spec_.choices.end()) {
      violations_.Add(where, absl::StrCat("unknown value ", DescribeRaw(raw),
                                          Suggestion(*text, spec_.choices)));
      return std::nullopt;
    }
    return *text;
  }

  template <typename T, typename ReadOne>
  std::optional<std::vector<T>> ReadList(const RawValue& raw, ReadOne read_one) {
    const RawList single = {raw};
    const RawList* list = std::get_if<RawList>(&raw.data);
    if (list == nullptr) list = &single;
    if (list->size() < spec_.min_size || list->size() > spec_.max_size) {
      Wrong(raw, path_);
      return std::nullopt;
    }
    std::vector<T> result;
    for (size_t i = 0; i < list->size(); ++i) {
      const std::string where = list == &single ? path_ : absl::StrCat(path_, "[", i, "]");
      auto one = read_one((*list)[i], where);
      if (!one) return std::nullopt;
      result.push_back(static_cast<T>(*one));
    }
    return result;
  }

  std::optional<RawComponent> ReadComponent(const RawValue& raw) {
    if (const std::string* type = std::get_if<std::string>(&raw.data))
      return RawComponent{*type, {}};
    const RawMap* map = std::get_if<RawMap>(&raw.data);
    if (map != nullptr) {
      const auto type = map->find("type");
      if (type != map->end() && std::holds_alternative<std::string>(type->second.data)) {
        RawComponent component{std::get<std::string>(type->second.data), *map};
        component.params.erase("type");
        return component;
      }
    }
    violations_.Add(path_, absl::StrCat("expected ", spec_.component_kind,
                                        " such as {type: ...}, got ", DescribeRaw(raw)));
    return std::nullopt;
  }

 private:
  const ParamSpec& spec_;
  std::string path_;
  Violations& violations_;
};

}  // namespace

Params ReadParams(const Schema& schema, const RawMap& raw, const std::string& path,
                  Violations& violations) {
  Params params;
  params.path_ = path;
  std::vector<std::string> known;
  for (const ParamSpec& spec : schema.params()) known.push_back(spec.name);
  for (const auto& [name, value] : raw) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      violations.Add(JoinPath(path, SafeText(name, kLongestName)),
                     absl::StrCat("unknown field of ", schema.type(), Suggestion(name, known)));
    }
  }
  for (const ParamSpec& spec : schema.params()) {
    const auto given = raw.find(spec.name);
    if (given == raw.end() && !spec.default_value) {
      if (spec.required) {
        const std::string accepts = spec.Accepts();
        violations.Add(JoinPath(path, spec.name),
                       absl::StrCat("required: ", ParamTypeName(spec.type),
                                    accepts.empty() ? "" : " ", accepts));
      }
      continue;
    }
    const RawValue& value = given == raw.end() ? *spec.default_value : given->second;
    const std::string where = JoinPath(path, spec.name);
    Reader reader(spec, where, violations);
    switch (spec.type) {
      case ParamType::kBoolean:
        if (const bool* flag = std::get_if<bool>(&value.data)) {
          params.values_[spec.name] = *flag;
        } else {
          reader.Wrong(value, where);
        }
        break;
      case ParamType::kInteger:
        if (auto number = reader.ReadNumber(value, true, where)) {
          params.values_[spec.name] = static_cast<int64_t>(*number);
        }
        break;
      case ParamType::kNumber:
        if (auto number = reader.ReadNumber(value, false, where))
          params.values_[spec.name] = *number;
        break;
      case ParamType::kString:
        if (auto text = reader.ReadString(value, where)) params.values_[spec.name] = *text;
        break;
      case ParamType::kIntegers:
        if (!spec.choices.empty() && std::holds_alternative<std::string>(value.data)) {
          if (auto word = reader.ReadString(value, where)) params.values_[spec.name] = *word;
          break;
        }
        if (auto list =
                reader.ReadList<int64_t>(value, [&](const RawValue& one, const std::string& at) {
                  return reader.ReadNumber(one, true, at);
                })) {
          params.values_[spec.name] = *std::move(list);
        }
        break;
      case ParamType::kNumbers:
        if (auto list =
                reader.ReadList<double>(value, [&](const RawValue& one, const std::string& at) {
                  return reader.ReadNumber(one, false, at);
                })) {
          params.values_[spec.name] = *std::move(list);
        }
        break;
      case ParamType::kStrings:
        if (auto list = reader.ReadList<std::string>(
                value, [&](const RawValue& one, const std::string& at) {
                  return reader.ReadString(one, at);
                })) {
          params.values_[spec.name] = *std::move(list);
        }
        break;
      case ParamType::kComponent:
        if (auto component = reader.ReadComponent(value))
          params.values_[spec.name] = *std::move(component);
        break;
    }
  }
  return params;
}

bool Params::IsWord(const std::string& name) const {
  const auto found = values_.find(name);
  return found != values_.end() && std::holds_alternative<std::string>(found->second);
}

bool Params::Has(const std::string& name) const { return values_.count(name) > 0; }

template <typename T>
const T& Params::Get(const std::string& name) const {
  const auto found = values_.find(name);
  TRAINYARD_CHECK(found != values_.end(), "no parameter " + name);
  const T* value = std::get_if<T>(&found->second);
  TRAINYARD_CHECK(value != nullptr, "another type than that of parameter " + name);
  return *value;
}

int64_t Params::Int(const std::string& name) const { return Get<int64_t>(name); }
double Params::Num(const std::string& name) const { return Get<double>(name); }
bool Params::Bool(const std::string& name) const { return Get<bool>(name); }
const std::string& Params::Str(const std::string& name) const { return Get<std::string>(name); }
const std::vector<int64_t>& Params::Ints(const std::string& name) const {
  return Get<std::vector<int64_t>>(name);
}
const std::vector<double>& Params::Nums(const std::string& name) const {
  return Get<std::vector<double>>(name);
}
const std::vector<std::string>& Params::Strs(const std::string& name) const {
  return Get<std::vector<std::string>>(name);
}
const RawComponent& Params::Comp(const std::string& name) const { return Get<RawComponent>(name); }

}  // namespace trainyard
