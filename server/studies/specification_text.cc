#include "server/studies/specification_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <cstring>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/raw_value.h"
#include "engine/base/safe_text.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {
namespace {

namespace pb = google::protobuf;

constexpr size_t kLongestText = 200;

// Words as they are, everything else in quotes.
std::string StringText(const std::string& text) {
  bool plain = !text.empty() && text.size() <= kLongestText &&
               !absl::ascii_isdigit(static_cast<unsigned char>(text[0])) && text != "true" &&
               text != "false" && text != "null";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && (absl::ascii_isalnum(byte) || (byte != 0 && strchr("_-./@:", c) != nullptr));
  }
  return plain ? text : absl::StrCat("\"", SafeText(text, kLongestText), "\"");
}

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string Braces(const Entries& entries) {
  std::vector<std::string> parts;
  for (const auto& [name, text] : entries) parts.push_back(absl::StrCat(name, ": ", text));
  return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
}

template <typename Map>
void AddByName(const Map& values, Entries& entries) {
  const std::map<std::string, pb::Value> sorted(values.begin(), values.end());
  for (const auto& [name, value] : sorted) entries.emplace_back(name, ValueText(value));
}

// "{learning_rate: 0.1}" for a map of numbers.
std::string NumbersText(const pb::Message& message, const pb::FieldDescriptor& field) {
  std::map<std::string, std::string> sorted;
  const pb::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const pb::Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    sorted[entry.GetReflection()->GetString(entry, field.message_type()->map_key())] =
        ScalarText(entry, *field.message_type()->map_value(), -1);
  }
  return Braces(Entries(sorted.begin(), sorted.end()));
}

std::string FieldText(const pb::Message& message, const pb::FieldDescriptor& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool nested = field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
  if (!field.is_repeated()) {
    return nested ? MessageText(reflection.GetMessage(message, &field))
                  : ScalarText(message, field, -1);
  }
  std::vector<std::string> items;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    items.push_back(nested ? MessageText(reflection.GetRepeatedMessage(message, &field, i))
                           : ScalarText(message, field, i));
  }
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

}  // namespace

std::string ValueText(const pb::Value& value) {
  switch (value.kind_case()) {
    case pb::Value::kNumberValue:
      return ShortestNumber(value.number_value());
    case pb::Value::kStringValue:
      return StringText(value.string_value());
    case pb::Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case pb::Value::kListValue: {
      std::vector<std::string> items;
      for (const pb::Value& item : value.list_value().values()) items.push_back(ValueText(item));
      return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
    }
    case pb::Value::kStructValue: {
      Entries entries;
      AddByName(value.struct_value().fields(), entries);
      return Braces(entries);
    }
    case pb::Value::kNullValue:
    case pb::Value::KIND_NOT_SET:
      return "null";
  }
  return "null";
}

std::string ScalarText(const pb::Message& message, const pb::FieldDescriptor& field, int index) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool many = index >= 0;
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return StringText(many ? reflection.GetRepeatedString(message, &field, index)
                             : reflection.GetString(message, &field));
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(many ? reflection.GetRepeatedUInt32(message, &field, index)
                               : reflection.GetUInt32(message, &field));
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(many ? reflection.GetRepeatedUInt64(message, &field, index)
                               : reflection.GetUInt64(message, &field));
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return ShortestNumber(many ? reflection.GetRepeatedDouble(message, &field, index)
                                 : reflection.GetDouble(message, &field));
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case pb::FieldDescriptor::CPPTYPE_ENUM: {
      // "PRECISION_BF16" is written bf16.
      const std::string zero = field.enum_type()->value(0)->name();
      const std::string prefix = zero.substr(0, zero.find('_') + 1);
      const int number = reflection.GetEnumValue(message, &field);
      const pb::EnumValueDescriptor* known = field.enum_type()->FindValueByNumber(number);
      if (known == nullptr) return absl::StrCat(number);
      return absl::AsciiStrToLower(std::string(absl::StripPrefix(known->name(), prefix)));
    }
    default:
      return "";
  }
}

std::string MessageText(const pb::Message& message) {
  if (message.GetDescriptor() == pb::Duration::descriptor()) {
    const auto& duration = static_cast<const pb::Duration&>(message);
    return absl::StrCat(
        ShortestNumber(static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9), "s");
  }
  Entries entries;
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    if (field->is_map() && message.GetDescriptor() == v1::Layer::descriptor()) {
      AddByName(static_cast<const v1::Layer&>(message).params(), entries);
    } else if (field->is_map() && message.GetDescriptor() == v1::Component::descriptor()) {
      AddByName(static_cast<const v1::Component&>(message).params(), entries);
    } else if (field->is_map()) {
      entries.emplace_back(field->name(), NumbersText(message, *field));
    } else {
      entries.emplace_back(field->name(), FieldText(message, *field));
    }
  }
  return Braces(entries);
}

}  // namespace trainyard
