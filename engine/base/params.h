// Parameters of catalogued components: a schema says what a component takes, Params holds what it
// got.
//
// A component describes itself once; the same description serves validation, `trainyard explain`
// and the conformance suite:
//
//   Schema DenseSchema() {
//     return Schema("dense", "Fully connected layer: output = input * weight^T + bias.")
//         .Add(Integer("units", "Number of outputs.").Required().AtLeast(1).AtMost(kMaxUnits))
//         .Add(Boolean("bias", "Adds a learned bias.").Default(true));
//   }
//   ...
//   int64_t units = params.Int("units");
//
// Params are made by ReadParams, which fills defaults and reports every violation; after that the
// typed getters cannot fail (a wrong name there is our mistake and CHECKs). Thread-compatible.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/raw_value.h"
#include "engine/base/violations.h"

namespace trainyard {

enum class ParamType {
  kInteger,
  kNumber,
  kBoolean,
  kString,
  kIntegers,
  kNumbers,
  kStrings,
  kComponent
};

struct ParamSpec {
  std::string name;
  ParamType type = ParamType::kNumber;
  std::string doc;
  bool required = false;
  // As YAML; empty: absent when not given (see Params::Has).
  std::optional<RawValue> default_value;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool minimum_open = false;  // minimum itself is refused
  bool maximum_open = false;
  // Strings: what they may be. Integers: words that may stand in their place (padding: same).
  std::vector<std::string> choices;
  bool integer_as_text = false;  // strings: 3 is taken as "3"
  // Lists: allowed number of values. A scalar is taken as a list of one.
  size_t min_size = 0;
  size_t max_size = std::numeric_limits<size_t>::max();
  // Components: their kind, for example "initializer".
  std::string component_kind;

  ParamSpec Required() &&;
  ParamSpec Default(bool value) &&;
  ParamSpec Default(int value) &&;
  ParamSpec Default(double value) &&;
  ParamSpec Default(const char* value) &&;
  ParamSpec AtLeast(double value) &&;
  ParamSpec AtMost(double value) &&;
  ParamSpec Above(double value) &&;
  ParamSpec Below(double value) &&;
  ParamSpec OneOf(std::vector<std::string> values) &&;
  ParamSpec OrInteger() &&;
  ParamSpec Size(size_t smallest, size_t largest) &&;

  // For people: ">= 1", "(0, 1]", "one of: valid, same"; "" where anything of the type goes.
  std::string Accepts() const;
  // The default as YAML; "" where there is none.
  std::string DefaultText() const;
};

ParamSpec Integer(std::string name, std::string doc);
ParamSpec Number(std::string name, std::string doc);
ParamSpec Boolean(std::string name, std::string doc);
ParamSpec String(std::string name, std::string doc);
ParamSpec Integers(std::string name, std::string doc);
ParamSpec Numbers(std::string name, std::string doc);
ParamSpec Strings(std::string name, std::string doc);
ParamSpec ComponentParam(std::string name, std::string kind, std::string doc);

const char* ParamTypeName(ParamType type);

class Schema {
 public:
  Schema(std::string type, std::string doc) : type_(std::move(type)), doc_(std::move(doc)) {}
  Schema Add(ParamSpec param) &&;
  // One line of YAML that is valid; shown by `explain` and used by the conformance suite.
  Schema Example(std::string yaml) &&;

  const std::string& type() const { return type_; }
  const std::string& doc() const { return doc_; }
  const std::vector<ParamSpec>& params() const { return params_; }
  const std::string& example() const { return example_; }

 private:
  std::string type_;
  std::string doc_;
  std::string example_;
  std::vector<ParamSpec> params_;
};

class Params {
 public:
  // Absent without default: false.
  bool Has(const std::string& name) const;
  // Whether integers were given as one of their words; then Str has it.
  bool IsWord(const std::string& name) const;
  int64_t Int(const std::string& name) const;
  double Num(const std::string& name) const;
  bool Bool(const std::string& name) const;
  const std::string& Str(const std::string& name) const;
  const std::vector<int64_t>& Ints(const std::string& name) const;
  const std::vector<double>& Nums(const std::string& name) const;
  const std::vector<std::string>& Strs(const std::string& name) const;
  const RawComponent& Comp(const std::string& name) const;
  // Where these parameters stand in the specification, for messages of later checks.
  const std::string& path() const { return path_; }
  std::string PathOf(const std::string& name) const { return JoinPath(path_, name); }

 private:
  friend Params ReadParams(const Schema&, const RawMap&, const std::string&, Violations&);
  using Value = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>,
                             std::vector<double>, std::vector<std::string>, RawComponent>;
  template <typename T>
  const T& Get(const std::string& name) const;

  std::string path_;
  std::map<std::string, Value> values_;
};

// Reads `raw` against `schema`; what is wrong goes to `violations` with paths below `path`. The
// result may be used only where nothing was added.
Params ReadParams(const Schema& schema, const RawMap& raw, const std::string& path,
                  Violations& violations);

}  // namespace trainyard
