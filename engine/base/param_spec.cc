// How a component describes its parameters: the builders of ParamSpec and Schema.
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/params.h"

namespace trainyard {

ParamSpec ParamSpec::Required() && {
  required = true;
  return std::move(*this);
}
ParamSpec ParamSpec::Default(bool value) && {
  default_value = RawValue{value};
  return std::move(*this);
}
ParamSpec ParamSpec::Default(int value) && {
  default_value = RawValue{static_cast<double>(value)};
  return std::move(*this);
}
ParamSpec ParamSpec::Default(double value) && {
  default_value = RawValue{value};
  return std::move(*this);
}
ParamSpec ParamSpec::Default(const char* value) && {
  default_value = RawValue{std::string(value)};
  return std::move(*this);
}
ParamSpec ParamSpec::AtLeast(double value) && {
  minimum = value;
  return std::move(*this);
}
ParamSpec ParamSpec::AtMost(double value) && {
  maximum = value;
  return std::move(*this);
}
ParamSpec ParamSpec::Above(double value) && {
  minimum = value;
  minimum_open = true;
  return std::move(*this);
}
ParamSpec ParamSpec::Below(double value) && {
  maximum = value;
  maximum_open = true;
  return std::move(*this);
}
ParamSpec ParamSpec::OneOf(std::vector<std::string> values) && {
  choices = std::move(values);
  return std::move(*this);
}
ParamSpec ParamSpec::OrInteger() && {
  integer_as_text = true;
  return std::move(*this);
}
ParamSpec ParamSpec::Size(size_t smallest, size_t largest) && {
  min_size = smallest;
  max_size = largest;
  return std::move(*this);
}

std::string ParamSpec::Accepts() const {
  if (!choices.empty() && type != ParamType::kIntegers)
    return "one of: " + absl::StrJoin(choices, ", ");
  std::string text = choices.empty() ? "" : absl::StrJoin(choices, ", ") + ", or ";
  const bool low = std::isfinite(minimum);
  const bool high = std::isfinite(maximum);
  if (low && high) {
    absl::StrAppend(&text, "in ", minimum_open ? "(" : "[", ShortestNumber(minimum), ", ",
                    ShortestNumber(maximum), maximum_open ? ")" : "]");
  } else if (low) {
    absl::StrAppend(&text, minimum_open ? "> " : ">= ", ShortestNumber(minimum));
  } else if (high) {
    absl::StrAppend(&text, maximum_open ? "< " : "<= ", ShortestNumber(maximum));
  }
  if (max_size != std::numeric_limits<size_t>::max()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    min_size == max_size ? "" : absl::StrCat(min_size, " to "), max_size,
                    max_size == 1 ? " value" : " values");
  }
  return text;
}

std::string ParamSpec::DefaultText() const { return default_value ? RawYaml(*default_value) : ""; }

namespace {
ParamSpec Make(std::string name, ParamType type, std::string doc) {
  ParamSpec spec;
  spec.name = std::move(name);
  spec.type = type;
  spec.doc = std::move(doc);
  return spec;
}
}  // namespace

ParamSpec Integer(std::string name, std::string doc) {
  return Make(std::move(name), ParamType::kInteger, std::move(doc));
}
ParamSpec Number(std::string name, std::string doc) {
  return Make(std::move(name), ParamType::kNumber, std::move(doc));
}
ParamSpec Boolean(std::string name, std::string doc) {
  return Make(std::move(name), ParamType::kBoolean, std::move(doc));
}
ParamSpec String(std::string name, std::string doc) {
  return Make(std::move(name), ParamType::kString, std::move(doc));
}
ParamSpec Integers(std::string name, std::string doc) {
  return Make(std::move(name), ParamType::kIntegers, std::move(doc));
}
ParamSpec Numbers(std::string name, std::string doc) {
  return Make(std::move(name), ParamType::kNumbers, std::move(doc));
}
ParamSpec Strings(std::string name, std::string doc) {
  return Make(std::move(name), ParamType::kStrings, std::move(doc));
}
ParamSpec ComponentParam(std::string name, std::string kind, std::string doc) {
  ParamSpec spec = Make(std::move(name), ParamType::kComponent, std::move(doc));
  spec.component_kind = std::move(kind);
  return spec;
}

const char* ParamTypeName(ParamType type) {
  switch (type) {
    case ParamType::kInteger:
      return "integer";
    case ParamType::kNumber:
      return "number";
    case ParamType::kBoolean:
      return "boolean";
    case ParamType::kString:
      return "string";
    case ParamType::kIntegers:
      return "integers";
    case ParamType::kNumbers:
      return "numbers";
    case ParamType::kStrings:
      return "strings";
    case ParamType::kComponent:
      return "component";
  }
  return "unknown";
}

Schema Schema::Add(ParamSpec param) && {
  params_.push_back(std::move(param));
  return std::move(*this);
}

Schema Schema::Example(std::string yaml) && {
  example_ = std::move(yaml);
  return std::move(*this);
}

}  // namespace trainyard
