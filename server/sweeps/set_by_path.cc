#include "server/sweeps/set_by_path.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/violations.h"

namespace trainyard {
namespace {

namespace pb = google::protobuf;

constexpr size_t kMostSegments = 32;
constexpr size_t kLongestIndex = 6;
constexpr double kLargestExact = 9007199254740992.0;  // 2^53

// A name or an index.
struct Segment {
  std::string name;
  std::optional<int> index;
};

PathProblem WrongPath(std::string message) {
  return {PathProblem::Kind::kPath, std::move(message)};
}
PathProblem WrongValue(std::string message) {
  return {PathProblem::Kind::kValue, std::move(message)};
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

// "model.layers[0].units" -> model, layers, 0, units. Empty where it is no path.
std::vector<Segment> ParsePath(const std::string& path) {
  std::vector<Segment> segments;
  size_t i = 0;
  while (i < path.size() && segments.size() < kMostSegments) {
    if (path[i] == '[' && i > 0) {
      const size_t close = path.find(']', i);
      int index = 0;
      if (close == std::string::npos || close - i - 1 > kLongestIndex || path[i + 1] == '-' ||
          !absl::SimpleAtoi(path.substr(i + 1, close - i - 1), &index)) {
        return {};
      }
      segments.push_back({"", index});
      i = close + 1;
      continue;
    }
    if (i > 0 && path[i] != '.') return {};
    if (i > 0) ++i;
    const size_t start = i;
    while (i < path.size() && IsNameCharacter(path[i])) ++i;
    if (i == start) return {};
    segments.push_back({path.substr(start, i - start), std::nullopt});
  }
  return i == path.size() ? segments : std::vector<Segment>();
}

bool IsComponent(const pb::Message& message) {
  return message.GetDescriptor() == v1::Component::descriptor() ||
         message.GetDescriptor() == v1::Layer::descriptor();
}

pb::Map<std::string, pb::Value>& ParamsOf(pb::Message& message) {
  return message.GetDescriptor() == v1::Layer::descriptor()
             ? *static_cast<v1::Layer&>(message).mutable_params()
             : *static_cast<v1::Component&>(message).mutable_params();
}

const std::string& TypeOf(const pb::Message& message) {
  return message.GetDescriptor() == v1::Layer::descriptor()
             ? static_cast<const v1::Layer&>(message).type()
             : static_cast<const v1::Component&>(message).type();
}

std::string UnknownField(const pb::Message& message, const std::string& name) {
  std::vector<std::string> names;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i)
    names.push_back(message.GetDescriptor()->field(i)->name());
  return absl::StrCat("unknown field '", name, "'", Suggestion(name, names));
}

std::optional<uint64_t> Whole(const pb::Value& value, double largest) {
  const double number = value.number_value();
  const bool good = value.has_number_value() && number >= 0 && number <= largest &&
                    number <= kLargestExact && number == std::floor(number);
  return good ? std::optional<uint64_t>(static_cast<uint64_t>(number)) : std::nullopt;
}

PathProblem SetMessage(const pb::Value& value, pb::Message& message);

PathProblem SetEnum(const pb::Value& value, const pb::FieldDescriptor& field,
                    pb::Message& message) {
  const pb::EnumDescriptor& type = *field.enum_type();
  const std::string zero = type.value(0)->name();  // PRECISION_UNSPECIFIED
  const std::string prefix = zero.substr(0, zero.find('_') + 1);
  std::vector<std::string> known;
  for (int i = 1; i < type.value_count(); ++i) {
    known.push_back(absl::AsciiStrToLower(absl::StripPrefix(type.value(i)->name(), prefix)));
    if (absl::EqualsIgnoreCase(value.string_value(), known.back()) ||
        value.string_value() == type.value(i)->name()) {
      message.GetReflection()->SetEnum(&message, &field, type.value(i));
      return {};
    }
  }
  return WrongValue(absl::StrCat("must be one of: ", absl::StrJoin(known, ", ")));
}

PathProblem SetField(const pb::Value& value, const pb::FieldDescriptor& field,
                     pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_UINT32:
    case pb::FieldDescriptor::CPPTYPE_UINT64: {
      const bool narrow = field.cpp_type() == pb::FieldDescriptor::CPPTYPE_UINT32;
      const double largest = narrow ? std::numeric_limits<uint32_t>::max() : kLargestExact;
      const std::optional<uint64_t> whole = Whole(value, largest);
      if (!whole.has_value())
        return WrongValue(absl::StrFormat("must be a whole number from 0 to %.0f", largest));
      if (narrow) {
        reflection.SetUInt32(&message, &field, static_cast<uint32_t>(*whole));
      } else {
        reflection.SetUInt64(&message, &field, *whole);
      }
      return {};
    }
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      if (!value.has_number_value()) return WrongValue("must be a number");
      reflection.SetDouble(&message, &field, value.number_value());
      return {};
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      if (!value.has_bool_value()) return WrongValue("must be true or false");
      reflection.SetBool(&message, &field, value.bool_value());
      return {};
    case pb::FieldDescriptor::CPPTYPE_STRING:
      if (!value.has_string_value()) return WrongValue("must be a word");
      reflection.SetString(&message, &field, value.string_value());
      return {};
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(value, field, message);
    default:
      return SetMessage(value, *reflection.MutableMessage(&message, &field));
  }
}

// A component or a layer from a word, or from a map with its fields and parameters.
PathProblem SetComponent(const pb::Value& value, pb::Message& message) {
  const pb::FieldDescriptor& type = *message.GetDescriptor()->FindFieldByName("type");
  message.Clear();
  if (value.has_string_value()) {
    message.GetReflection()->SetString(&message, &type, value.string_value());
    return {};
  }
  const auto& fields = value.struct_value().fields();
  if (!value.has_struct_value() || fields.count("type") == 0)
    return WrongValue("must be a type, or a map such as {type: adam, learning_rate: 0.01}");
  for (const auto& [name, part] : fields) {
    const pb::FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) {
      ParamsOf(message)[name] = part;
    } else if (field->is_map() && part.has_struct_value()) {
      for (const auto& [key, nested] : part.struct_value().fields())
        ParamsOf(message)[key] = nested;
    } else if (field->is_repeated()) {
      return WrongValue(absl::StrCat(name, ": cannot be changed by a sweep"));
    } else if (const PathProblem problem = SetField(part, *field, message); !problem.none()) {
      return WrongValue(absl::StrCat(name, ": ", problem.message));
    }
  }
  return {};
}

PathProblem SetMessage(const pb::Value& value, pb::Message& message) {
  if (IsComponent(message)) return SetComponent(value, message);
  return WrongPath("names a group of fields; choose one of them");
}

// Within a parameter: only what is there can be changed.
PathProblem SetWithin(const std::vector<Segment>& segments, size_t at, const pb::Value& value,
                      pb::Value& into) {
  pb::Value* place = &into;
  for (size_t i = at; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    if (segment.index.has_value()) {
      const int size = place->list_value().values_size();
      if (!place->has_list_value() || *segment.index >= size) {
        return WrongPath(absl::StrCat("has no entry [", *segment.index, "]; it has ", size));
      }
      place = place->mutable_list_value()->mutable_values(*segment.index);
    } else {
      if (place->has_string_value()) {  // initializer: he
        pb::Value type = *place;
        (*place->mutable_struct_value()->mutable_fields())["type"] = std::move(type);
      }
      if (!place->has_struct_value())
        return WrongPath(absl::StrCat("'", segment.name, "' is below a single value"));
      place = &(*place->mutable_struct_value()->mutable_fields())[segment.name];
    }
  }
  *place = value;
  return {};
}

PathProblem SetParameter(const std::vector<Segment>& segments, size_t at, const pb::Value& value,
                         pb::Message& component) {
  const Segment& segment = segments[at];
  if (segment.index.has_value()) return WrongPath("an index does not stand behind a list");
  if (TypeOf(component).empty()) {
    return WrongPath(
        "the specification names no component there; write its type, for example "
        "optimizer: {type: adam}");
  }
  auto& params = ParamsOf(component);
  if (at + 1 == segments.size()) {
    params[segment.name] = value;
    return {};
  }
  if (params.count(segment.name) == 0) {
    return WrongPath(absl::StrCat("'", segment.name,
                                  "' is not set in the specification; set it whole, or write it "
                                  "there"));
  }
  return SetWithin(segments, at + 1, value, params[segment.name]);
}

}  // namespace

PathProblem SetByPath(const std::string& path, const pb::Value& value,
                      v1::Specification& specification) {
  const std::vector<Segment> segments = ParsePath(path);
  if (segments.empty())
    return WrongPath(
        "must be a path, for example optimizer.learning_rate or model.layers[1].units");
  pb::Message* message = &specification;
  for (size_t i = 0; i < segments.size(); ++i) {
    const std::string& name = segments[i].name;
    if (name.empty()) return WrongPath("an index does not stand behind a list");
    const pb::FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
    if (IsComponent(*message) && (field == nullptr || field->is_map())) {
      const bool spelled_out = field != nullptr && i + 1 < segments.size();  // params.units
      return SetParameter(segments, spelled_out ? i + 1 : i, value, *message);
    }
    if (field == nullptr) return WrongPath(UnknownField(*message, name));
    const bool last = i + 1 == segments.size();
    const pb::Reflection& reflection = *message->GetReflection();
    if (field->is_repeated()) {
      const bool entry = !last && segments[i + 1].index.has_value() && !field->is_map() &&
                         field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
      if (!entry) return WrongPath(absl::StrCat("'", name, "' is a list; choose ", name, "[0]"));
      const int index = *segments[++i].index;
      const int size = reflection.FieldSize(*message, field);
      if (index >= size) {
        return WrongPath(absl::StrCat("'", name, "' has ", size,
                                      " entries, from [0]; there is no [", index, "]"));
      }
      message = reflection.MutableRepeatedMessage(message, field, index);
      if (i + 1 == segments.size()) return SetMessage(value, *message);
      continue;
    }
    if (last) return SetField(value, *field, *message);
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE)
      return WrongPath(absl::StrCat("'", name, "' is a single value and has no fields"));
    message = reflection.MutableMessage(message, field);
  }
  return WrongPath("names a group of fields; choose one of them");
}

}  // namespace trainyard
