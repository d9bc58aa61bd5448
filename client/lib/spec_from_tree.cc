#include "client/lib/spec_from_tree.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/lib/scalars.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard::client {
namespace {

namespace pb = google::protobuf;

constexpr double kLargestExact = 9007199254740992.0;  // 2^53
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

const char* KindName(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return "a single value";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

// Quotes what the user wrote, shortened.
std::string Quoted(const Node& node) {
  if (node.kind != Node::Kind::kScalar) return KindName(node);
  constexpr size_t kShown = 40;
  return node.text.size() <= kShown ? "'" + node.text + "'"
                                    : "'" + node.text.substr(0, kShown) + "...'";
}

class Reader {
 public:
  Reader(SourceMap& sources, Violations& violations) : sources_(sources), violations_(violations) {}

  void ReadMessage(const Node& node, const std::string& path, pb::Message& message) {
    const std::string& type = message.GetDescriptor()->full_name();
    if (type == "trainyard.v1.Component" || type == "trainyard.v1.Layer") {
      return ReadComponent(node, path, message);
    }
    if (type == "google.protobuf.Duration") return ReadDuration(node, path, message);
    if (type == "google.protobuf.Value")
      return ReadValue(node, path, static_cast<pb::Value&>(message));
    if (node.kind != Node::Kind::kMap) {
      return Complain(
          path, absl::StrCat("expected a map with ", FieldNames(message), ", not ", Quoted(node)));
    }
    for (const NodeEntry& entry : node.entries) {
      const std::string below = JoinPath(path, entry.key);
      sources_.Add(below, entry.position);
      const pb::FieldDescriptor* field = FindField(message, entry.key);
      if (field == nullptr) {
        Complain(below, absl::StrCat("unknown field", Suggestion(entry.key, Names(message))));
        continue;
      }
      ReadField(entry.value, JoinPath(path, field->name()), message, *field);
    }
  }

 private:
  static const pb::FieldDescriptor* FindField(const pb::Message& message, const std::string& key) {
    const pb::Descriptor* descriptor = message.GetDescriptor();
    const pb::FieldDescriptor* field = descriptor->FindFieldByName(key);
    return field != nullptr ? field : descriptor->FindFieldByCamelcaseName(key);
  }

  static std::vector<std::string> Names(const pb::Message& message) {
    std::vector<std::string> names;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      names.push_back(message.GetDescriptor()->field(i)->name());
    }
    return names;
  }

  static std::string FieldNames(const pb::Message& message) {
    return absl::StrJoin(Names(message), ", ");
  }

  void Complain(const std::string& path, const std::string& message) {
    violations_.Add(path, message);
  }

  void ReadField(const Node& node, const std::string& path, pb::Message& message,
                 const pb::FieldDescriptor& field) {
    sources_.Add(path, node.position);
    if (node.kind == Node::Kind::kNull ||
        (node.kind == Node::Kind::kScalar && !node.quoted && IsNullWord(node.text))) {
      return Complain(path, "has no value; leave the line out to take the default");
    }
    if (field.is_map()) return ReadMap(node, path, message, field);
    if (!field.is_repeated()) return ReadOne(node, path, message, field);
    if (node.kind != Node::Kind::kList) {  // one value where a list of them may stand
      return ReadOne(node, path, message, field);
    }
    for (size_t i = 0; i < node.items.size(); ++i) {
      const std::string below = absl::StrCat(path, "[", i, "]");
      sources_.Add(below, node.items[i].position);
      ReadOne(node.items[i], below, message, field);
    }
  }

  // Maps of the API have words as keys; the parameters of components are read elsewhere.
  void ReadMap(const Node& node, const std::string& path, pb::Message& message,
               const pb::FieldDescriptor& field) {
    if (node.kind != Node::Kind::kMap) {
      return Complain(path,
                      absl::StrCat("expected a map such as {name: value}, not ", Quoted(node)));
    }
    const pb::FieldDescriptor& key = *field.message_type()->map_key();
    for (const NodeEntry& entry : node.entries) {
      pb::Message& added = *message.GetReflection()->AddMessage(&message, &field);
      added.GetReflection()->SetString(&added, &key, entry.key);
      ReadField(entry.value, JoinPath(path, entry.key), added, *field.message_type()->map_value());
    }
  }

  // Sets a singular field or adds to a repeated one.
  void ReadOne(const Node& node, const std::string& path, pb::Message& message,
               const pb::FieldDescriptor& field) {
    const pb::Reflection& reflection = *message.GetReflection();
    if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      pb::Message* part = field.is_repeated() ? reflection.AddMessage(&message, &field)
                                              : reflection.MutableMessage(&message, &field);
      return ReadMessage(node, path, *part);
    }
    if (node.kind != Node::Kind::kScalar) {
      return Complain(path, absl::StrCat("expected a single value, not ", KindName(node)));
    }
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        if (const auto value = Whole(node, path, std::numeric_limits<uint32_t>::max())) {
          const auto narrow = static_cast<uint32_t>(*value);
          field.is_repeated() ? reflection.AddUInt32(&message, &field, narrow)
                              : reflection.SetUInt32(&message, &field, narrow);
        }
        return;
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        if (const auto value = Whole(node, path, std::numeric_limits<int64_t>::max())) {
          field.is_repeated() ? reflection.AddUInt64(&message, &field, *value)
                              : reflection.SetUInt64(&message, &field, *value);
        }
        return;
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return ReadDouble(node, path, message, field);
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        if (const auto value = ParseBoolean(node.text)) {
          return reflection.SetBool(&message, &field, *value);
        }
        return Complain(path, absl::StrCat("must be true or false, not ", Quoted(node)));
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(node, path, message, field);
      case pb::FieldDescriptor::CPPTYPE_STRING:
        if (field.is_repeated()) return reflection.AddString(&message, &field, node.text);
        return reflection.SetString(&message, &field, node.text);
      default:
        return Complain(path, "cannot be given here");
    }
  }

  std::optional<uint64_t> Whole(const Node& node, const std::string& path, uint64_t largest) {
    const std::optional<int64_t> value = ParseInteger(node.text);
    if (value.has_value() && *value >= 0 && static_cast<uint64_t>(*value) <= largest) return *value;
    Complain(path,
             absl::StrCat("must be a whole number from 0 to ", largest, ", not ", Quoted(node)));
    return std::nullopt;
  }

  void ReadDouble(const Node& node, const std::string& path, pb::Message& message,
                  const pb::FieldDescriptor& field) {
    const std::optional<double> value = ParseNumber(node.text);
    if (!value.has_value() || !std::isfinite(*value)) {
      return Complain(path, absl::StrCat("must be a finite number, not ", Quoted(node)));
    }
    const pb::Reflection& reflection = *message.GetReflection();
    field.is_repeated() ? reflection.AddDouble(&message, &field, *value)
                        : reflection.SetDouble(&message, &field, *value);
  }

  // "fp32" or "PRECISION_FP32"; the names of some enums have no such prefix.
  void ReadEnum(const Node& node, const std::string& path, pb::Message& message,
                const pb::FieldDescriptor& field) {
    const pb::EnumDescriptor& type = *field.enum_type();
    const std::string zero = type.value(0)->name();  // PRECISION_UNSPECIFIED
    const std::string prefix = zero.substr(0, zero.find('_') + 1);
    std::vector<std::string> known;
    for (int i = 1; i < type.value_count(); ++i) {
      const std::string& name = type.value(i)->name();
      const std::string word = absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
      known.push_back(word);
      if (absl::EqualsIgnoreCase(node.text, word) || node.text == name) {
        return message.GetReflection()->SetEnum(&message, &field, type.value(i));
      }
    }
    Complain(path, absl::StrCat("unknown value ", Quoted(node), Suggestion(node.text, known)));
  }

  void ReadDuration(const Node& node, const std::string& path, pb::Message& message) {
    const std::optional<int64_t> nanoseconds =
        node.kind == Node::Kind::kScalar ? ParseDuration(node.text) : std::nullopt;
    if (!nanoseconds.has_value()) {
      return Complain(
          path, absl::StrCat("must be a duration such as 90s, 10m or 1h30m, not ", Quoted(node)));
    }
    auto& duration = static_cast<pb::Duration&>(message);
    duration.set_seconds(*nanoseconds / kNanosecondsPerSecond);
    duration.set_nanos(static_cast<int32_t>(*nanoseconds % kNanosecondsPerSecond));
  }

  // A Component or a Layer: fields of the message by name, everything else is a parameter.
  void ReadComponent(const Node& node, const std::string& path, pb::Message& message) {
    const pb::Descriptor& descriptor = *message.GetDescriptor();
    const pb::FieldDescriptor& type = *descriptor.FindFieldByName("type");
    if (node.kind == Node::Kind::kScalar) {
      return message.GetReflection()->SetString(&message, &type, node.text);
    }
    if (node.kind != Node::Kind::kMap) {
      return Complain(
          path, absl::StrCat("expected a type or a map such as {type: ...}, not ", KindName(node)));
    }
    if (node.Find("type") == nullptr) {
      std::string cure = "write {type: ..., and its parameters}";
      if (node.entries.size() == 1 && node.entries[0].value.kind == Node::Kind::kMap) {
        cure =
            absl::StrCat("write {type: ", node.entries[0].key, ", and its parameters beside it}");
      }
      Complain(path, absl::StrCat("has no 'type'; ", cure));
    }
    for (const NodeEntry& entry : node.entries) {
      const std::string below = JoinPath(path, entry.key);
      const pb::FieldDescriptor* field = descriptor.FindFieldByName(entry.key);
      if (entry.key == "params" && entry.value.kind == Node::Kind::kMap) {
        sources_.Add(below, entry.position);
        for (const NodeEntry& nested : entry.value.entries) ReadParameter(nested, path, message);
      } else if (field != nullptr && entry.key != "params") {
        ReadField(entry.value, below, message, *field);
      } else {
        ReadParameter(entry, path, message);
      }
    }
  }

  void ReadParameter(const NodeEntry& entry, const std::string& path, pb::Message& message) {
    const std::string below = JoinPath(path, entry.key);
    sources_.Add(below, entry.value.position.line > 0 || !entry.value.position.origin.empty()
                            ? entry.value.position
                            : entry.position);
    auto* params = message.GetDescriptor() == v1::Layer::descriptor()
                       ? static_cast<v1::Layer&>(message).mutable_params()
                       : static_cast<v1::Component&>(message).mutable_params();
    if (params->contains(entry.key))
      return Complain(below, "is given twice, beside the type and below 'params'");
    pb::Value value;
    ReadValue(entry.value, below, value);
    (*params)[entry.key] = std::move(value);
  }

  void ReadValue(const Node& node, const std::string& path, pb::Value& value) {
    switch (node.kind) {
      case Node::Kind::kNull:
        return Complain(path, "has no value; leave it out to take the default");
      case Node::Kind::kScalar:
        return ReadScalar(node, path, value);
      case Node::Kind::kList:
        value.mutable_list_value();
        for (size_t i = 0; i < node.items.size(); ++i) {
          const std::string below = absl::StrCat(path, "[", i, "]");
          sources_.Add(below, node.items[i].position);
          ReadValue(node.items[i], below, *value.mutable_list_value()->add_values());
        }
        return;
      case Node::Kind::kMap:
        value.mutable_struct_value();
        for (const NodeEntry& entry : node.entries) {
          const std::string below = JoinPath(path, entry.key);
          sources_.Add(below, entry.position);
          pb::Value part;
          ReadValue(entry.value, below, part);
          (*value.mutable_struct_value()->mutable_fields())[entry.key] = std::move(part);
        }
        return;
    }
  }

  void ReadScalar(const Node& node, const std::string& path, pb::Value& value) {
    if (node.quoted) return value.set_string_value(node.text);
    if (IsNullWord(node.text))
      return Complain(path, "has no value; leave it out to take the default");
    if (const auto boolean = ParseBoolean(node.text)) return value.set_bool_value(*boolean);
    const std::optional<double> number = ParseNumber(node.text);
    if (!number.has_value()) return value.set_string_value(node.text);
    if (!std::isfinite(*number))
      return Complain(path, absl::StrCat("must be a finite number, not ", Quoted(node)));
    const bool whole = node.text.find_first_of(".eE") == std::string::npos;
    if (whole && std::abs(*number) > kLargestExact) {
      return Complain(path, absl::StrCat("is too large to be exact: ", Quoted(node)));
    }
    value.set_number_value(*number);
  }

  SourceMap& sources_;
  Violations& violations_;
};

}  // namespace

void MessageFromTree(const Node& root, pb::Message& message, SourceMap& sources,
                     Violations& violations) {
  sources.Add("", root.position);
  Reader(sources, violations).ReadMessage(root, "", message);
}

}  // namespace trainyard::client
