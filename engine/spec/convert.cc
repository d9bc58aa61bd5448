#include "engine/spec/convert.h"

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

constexpr int kMaxDepth = 8;
constexpr int kMaxListSize = 100'000;

RawValue ToRawValue(const google::protobuf::Value& value, const std::string& path, int depth,
                    Violations& violations) {
  using google::protobuf::Value;
  if (depth > kMaxDepth) {
    violations.Add(path, absl::StrCat("nested deeper than ", kMaxDepth, " levels"));
    return {};
  }
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return {value.number_value()};
    case Value::kStringValue:
      return {value.string_value()};
    case Value::kBoolValue:
      return {value.bool_value()};
    case Value::kListValue: {
      if (value.list_value().values_size() > kMaxListSize) {
        violations.Add(path, absl::StrCat("a list of more than ", kMaxListSize, " values"));
        return {};
      }
      RawList list;
      for (int i = 0; i < value.list_value().values_size(); ++i) {
        list.push_back(ToRawValue(value.list_value().values(i), absl::StrCat(path, "[", i, "]"),
                                  depth + 1, violations));
      }
      return {std::move(list)};
    }
    case Value::kStructValue: {
      RawMap map;
      for (const auto& [name, field] : value.struct_value().fields()) {
        map[name] = ToRawValue(field, JoinPath(path, name), depth + 1, violations);
      }
      return {std::move(map)};
    }
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      return {};
  }
  return {};
}

template <typename Message>
RawComponent Convert(const Message& message, const std::string& path, Violations& violations) {
  RawComponent raw;
  raw.type = message.type();
  for (const auto& [name, value] : message.params()) {
    raw.params[name] = ToRawValue(value, JoinPath(path, name), 0, violations);
  }
  return raw;
}

}  // namespace

RawComponent ToRaw(const v1::Component& component, const std::string& path,
                   Violations& violations) {
  return Convert(component, path, violations);
}

RawComponent ToRaw(const v1::Layer& layer, const std::string& path, Violations& violations) {
  return Convert(layer, path, violations);
}

v1::Component NamedComponent(const std::string& type) {
  v1::Component component;
  component.set_type(type);
  return component;
}

}  // namespace trainyard
