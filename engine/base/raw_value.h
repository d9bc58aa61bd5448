// A value as a user wrote it (YAML, JSON or a protobuf message), before it is checked against a
// schema.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace trainyard {

struct RawValue;
using RawMap = std::map<std::string, RawValue>;
using RawList = std::vector<RawValue>;
struct RawValue {
  // monostate: null.
  std::variant<std::monostate, bool, double, std::string, RawList, RawMap> data;
};

// A component named inside another one's parameters: {type: normal, stddev: 0.01}.
struct RawComponent {
  std::string type;
  RawMap params;
};

// The fewest digits that give the same number back.
std::string ShortestNumber(double value);

// For messages: null, true, 3, 'text', a list of 2, a mapping. Short, whatever the value.
std::string DescribeRaw(const RawValue& value);

// As it stands in YAML; mappings, which no default is, are only named.
std::string RawYaml(const RawValue& value);

}  // namespace trainyard
