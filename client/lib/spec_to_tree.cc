#include "client/lib/spec_to_tree.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/lib/scalars.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard::client {
namespace {

namespace pb = google::protobuf;

constexpr int kIndent = 2;
constexpr size_t kLineLength = 100;

Node FromValue(const pb::Value& value) {
  switch (value.kind_case()) {
    case pb::Value::kBoolValue:
      return Node::Scalar(value.bool_value() ? "true" : "false");
    case pb::Value::kNumberValue:
      return Node::Scalar(NumberText(value.number_value()));
    case pb::Value::kStringValue:
      return Node::Scalar(value.string_value(), true);
    case pb::Value::kListValue: {
      Node list = Node::List();
      for (const pb::Value& item : value.list_value().values())
        list.items.push_back(FromValue(item));
      return list;
    }
    case pb::Value::kStructValue: {
      Node map = Node::Map();
      const auto& fields = value.struct_value().fields();
      const std::map<std::string, pb::Value> sorted(fields.begin(), fields.end());
      for (const auto& [name, part] : sorted) map.Add(name, FromValue(part));
      return map;
    }
    default:
      return Node();
  }
}

std::string DurationText(const pb::Duration& duration) {
  if (duration.nanos() == 0) return absl::StrCat(duration.seconds(), "s");
  return NumberText(static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9) + "s";
}

Node FromMessage(const pb::Message& message);

Node FromField(const pb::Message& message, const pb::FieldDescriptor& field, int index) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return FromMessage(many ? reflection.GetRepeatedMessage(message, &field, index)
                              : reflection.GetMessage(message, &field));
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return Node::Scalar(many ? reflection.GetRepeatedString(message, &field, index)
                               : reflection.GetString(message, &field),
                          true);
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return Node::Scalar(absl::StrCat(many ? reflection.GetRepeatedUInt32(message, &field, index)
                                            : reflection.GetUInt32(message, &field)));
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return Node::Scalar(absl::StrCat(many ? reflection.GetRepeatedUInt64(message, &field, index)
                                            : reflection.GetUInt64(message, &field)));
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return Node::Scalar(NumberText(many ? reflection.GetRepeatedDouble(message, &field, index)
                                          : reflection.GetDouble(message, &field)));
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return Node::Scalar(reflection.GetBool(message, &field) ? "true" : "false");
    case pb::FieldDescriptor::CPPTYPE_ENUM: {
      const std::string name = reflection.GetEnum(message, &field)->name();
      const std::string zero = field.enum_type()->value(0)->name();
      const std::string prefix = zero.substr(0, zero.find('_') + 1);
      return Node::Scalar(absl::AsciiStrToLower(absl::StripPrefix(name, prefix)), true);
    }
    default:
      return Node();
  }
}

// Parameters, by name.
void AddParameters(const google::protobuf::Map<std::string, pb::Value>& params, Node& map) {
  const std::map<std::string, pb::Value> sorted(params.begin(), params.end());
  for (const auto& [name, value] : sorted) map.Add(name, FromValue(value));
}

// Any other map: entries by key.
Node FromMap(const pb::Message& message, const pb::FieldDescriptor& field) {
  const pb::FieldDescriptor& key = *field.message_type()->map_key();
  const pb::FieldDescriptor& value = *field.message_type()->map_value();
  std::map<std::string, Node> sorted;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    const pb::Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
    sorted[entry.GetReflection()->GetString(entry, &key)] = FromField(entry, value, 0);
  }
  Node map = Node::Map();
  for (auto& [name, node] : sorted) map.Add(name, std::move(node));
  return map;
}

Node FromMessage(const pb::Message& message) {
  if (message.GetDescriptor() == pb::Duration::descriptor()) {
    return Node::Scalar(DurationText(static_cast<const pb::Duration&>(message)), true);
  }
  if (message.GetDescriptor() == pb::Value::descriptor())
    return FromValue(static_cast<const pb::Value&>(message));
  Node map = Node::Map();
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    if (field->is_map() && message.GetDescriptor() == v1::Layer::descriptor()) {
      AddParameters(static_cast<const v1::Layer&>(message).params(), map);
    } else if (field->is_map() && message.GetDescriptor() == v1::Component::descriptor()) {
      AddParameters(static_cast<const v1::Component&>(message).params(), map);
    } else if (field->is_map()) {
      map.Add(field->name(), FromMap(message, *field));
    } else if (field->is_repeated()) {
      Node& list = map.Add(field->name(), Node::List());
      const int size = message.GetReflection()->FieldSize(message, field);
      for (int i = 0; i < size; ++i) list.items.push_back(FromField(message, *field, i));
    } else {
      map.Add(field->name(), FromField(message, *field, 0));
    }
  }
  return map;
}

std::string JsonString(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppend(&quoted, absl::StrFormat("\\u%04x", byte));
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

// A word that YAML reads back as this very string.
bool IsPlainWord(const std::string& text) {
  if (text.empty() || IsNullWord(text) || ParseBoolean(text) || ParseNumber(text)) return false;
  if (!absl::ascii_isalpha(static_cast<unsigned char>(text[0])) && text[0] != '_' &&
      text[0] != '/' && !absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) {
    return false;
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isalnum(byte) && c != '_' && c != '-' && c != '.' && c != '/') return false;
  }
  return true;
}

std::string ScalarText(const Node& node, bool json) {
  if (!node.quoted) return node.text;
  return !json && IsPlainWord(node.text) ? node.text : JsonString(node.text);
}

std::string KeyText(const std::string& key, bool json) {
  return !json && IsPlainWord(key) ? key : JsonString(key);
}

std::string Flow(const Node& node, bool json) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kScalar:
      return ScalarText(node, json);
    case Node::Kind::kList: {
      std::vector<std::string> parts;
      for (const Node& item : node.items) parts.push_back(Flow(item, json));
      return absl::StrCat("[", absl::StrJoin(parts, ", "), "]");
    }
    case Node::Kind::kMap: {
      std::vector<std::string> parts;
      for (const NodeEntry& entry : node.entries) {
        parts.push_back(absl::StrCat(KeyText(entry.key, json), ": ", Flow(entry.value, json)));
      }
      return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
    }
  }
  return "";
}

bool FitsOnLine(const Node& node, int indent, bool json, bool in_list) {
  if (node.kind == Node::Kind::kNull || node.kind == Node::Kind::kScalar) return true;
  if (node.items.empty() && node.entries.empty()) return true;
  // Components, shapes and the like; a map of maps or a list of maps reads better as a block.
  const bool typed = node.Find("type") != nullptr;
  for (const NodeEntry& entry : node.entries) {
    if (entry.value.kind == Node::Kind::kMap && !typed) return false;
    if (entry.value.kind == Node::Kind::kList && !typed) return false;
  }
  for (const Node& item : node.items) {
    if (item.kind != Node::Kind::kScalar) return false;
  }
  if (node.kind == Node::Kind::kMap && !typed && !in_list) return false;
  return static_cast<size_t>(indent) + Flow(node, json).size() <= kLineLength;
}

void Block(const Node& node, int indent, bool json, std::string& out);

// What follows "key:".
void Below(const Node& node, int indent, bool json, std::string& out) {
  if (FitsOnLine(node, indent, json, /*in_list=*/false)) {
    absl::StrAppend(&out, " ", Flow(node, json), "\n");
    return;
  }
  out += "\n";
  Block(node, indent, json, out);
}

void Block(const Node& node, int indent, bool json, std::string& out) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  for (const NodeEntry& entry : node.entries) {
    absl::StrAppend(&out, margin, KeyText(entry.key, json), ":");
    Below(entry.value, indent + kIndent, json, out);
  }
  for (const Node& item : node.items) {
    if (FitsOnLine(item, indent + kIndent, json, true)) {
      absl::StrAppend(&out, margin, "- ", Flow(item, json), "\n");
      continue;
    }
    // The first line of the block stands behind the dash.
    std::string below;
    Block(item, indent + kIndent, json, below);
    absl::StrAppend(&out, margin, "- ", below.substr(margin.size() + kIndent));
  }
}

void JsonBlock(const Node& node, int indent, std::string& out) {
  const bool map = node.kind == Node::Kind::kMap;
  const bool block =
      !FitsOnLine(node, indent, true, true) && (map || node.kind == Node::Kind::kList);
  if (!block) {
    out += Flow(node, true);
    return;
  }
  const std::string margin(static_cast<size_t>(indent + kIndent), ' ');
  out += map ? "{\n" : "[\n";
  const size_t count = map ? node.entries.size() : node.items.size();
  for (size_t i = 0; i < count; ++i) {
    out += margin;
    if (map) absl::StrAppend(&out, JsonString(node.entries[i].key), ": ");
    JsonBlock(map ? node.entries[i].value : node.items[i], indent + kIndent, out);
    out += i + 1 < count ? ",\n" : "\n";
  }
  absl::StrAppend(&out, std::string(static_cast<size_t>(indent), ' '), map ? "}" : "]");
}

}  // namespace

Node TreeFromMessage(const pb::Message& message) { return FromMessage(message); }

std::string WriteYaml(const Node& root) {
  if (root.kind != Node::Kind::kMap && root.kind != Node::Kind::kList)
    return Flow(root, false) + "\n";
  std::string out;
  Block(root, 0, false, out);
  return out.empty() ? "{}\n" : out;
}

std::string WriteJson(const Node& root) {
  std::string out;
  JsonBlock(root, 0, out);
  return out + "\n";
}

std::string WriteJsonLine(const Node& root) { return Flow(root, true) + "\n"; }

}  // namespace trainyard::client
