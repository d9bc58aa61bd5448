#include "server/studies/variants.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

namespace pb = google::protobuf;

constexpr char kMark = '$';
constexpr size_t kMostBytes = 1 << 20;

bool IsMerged(const pb::Message& message, const pb::FieldDescriptor& field) {
  if (field.is_repeated() || field.cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) return false;
  const pb::Message& part = message.GetReflection()->GetMessage(message, &field);
  return part.GetDescriptor() != v1::Component::descriptor() &&
         part.GetDescriptor() != pb::Duration::descriptor();
}

std::vector<const pb::FieldDescriptor*> FieldsOf(const pb::Message& message) {
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

void LayMessageOver(const pb::Message& upper, pb::Message& lower) {
  // What is replaced as a whole is merged into fields that are empty.
  std::unique_ptr<pb::Message> wholes(upper.New());
  wholes->CopyFrom(upper);
  for (const pb::FieldDescriptor* field : FieldsOf(upper)) {
    if (IsMerged(upper, *field)) {
      LayMessageOver(upper.GetReflection()->GetMessage(upper, field),
                     *lower.GetReflection()->MutableMessage(&lower, field));
      wholes->GetReflection()->ClearField(wholes.get(), field);
    } else {
      lower.GetReflection()->ClearField(&lower, field);
    }
  }
  lower.MergeFrom(*wholes);
}

void AddPaths(const pb::Message& message, const std::string& path,
              std::vector<std::string>& paths) {
  for (const pb::FieldDescriptor* field : FieldsOf(message)) {
    const std::string below = JoinPath(path, field->name());
    if (IsMerged(message, *field)) {
      AddPaths(message.GetReflection()->GetMessage(message, field), below, paths);
    } else {
      paths.push_back(below);
    }
  }
}

// The name of a placeholder; "" where the text is none.
std::string NameIn(const std::string& text) {
  return text.size() > 1 && text[0] == kMark ? text.substr(1) : "";
}

// A placeholder: of a type, in `text`, or of a parameter, in `value`.
struct Found {
  std::string path;
  std::string name;
  std::string* text = nullptr;
  pb::Value* value = nullptr;
};
using Visit = std::function<void(const Found&)>;

void VisitValue(pb::Value& value, const std::string& path, const Visit& visit) {
  if (value.has_list_value()) {
    int index = 0;
    for (pb::Value& item : *value.mutable_list_value()->mutable_values())
      VisitValue(item, absl::StrCat(path, "[", index++, "]"), visit);
  } else if (value.has_struct_value()) {
    for (auto& [name, item] : *value.mutable_struct_value()->mutable_fields())
      VisitValue(item, JoinPath(path, name), visit);
  } else if (const std::string name = NameIn(value.string_value()); !name.empty()) {
    visit({path, name, nullptr, &value});
  }
}

template <typename Part>
void VisitPart(Part& part, const std::string& path, const Visit& visit) {
  if (const std::string name = NameIn(part.type()); !name.empty())
    visit({path + ".type", name, part.mutable_type(), nullptr});
  for (auto& [name, value] : *part.mutable_params()) VisitValue(value, JoinPath(path, name), visit);
}

void VisitMessage(pb::Message& message, const std::string& path, const Visit& visit) {
  if (message.GetDescriptor() == v1::Component::descriptor())
    return VisitPart(static_cast<v1::Component&>(message), path, visit);
  if (message.GetDescriptor() == v1::Layer::descriptor())
    return VisitPart(static_cast<v1::Layer&>(message), path, visit);
  const pb::Reflection& reflection = *message.GetReflection();
  for (const pb::FieldDescriptor* field : FieldsOf(message)) {
    if (field->is_map() || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string below = JoinPath(path, field->name());
    if (!field->is_repeated()) {
      VisitMessage(*reflection.MutableMessage(&message, field), below, visit);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      VisitMessage(*reflection.MutableRepeatedMessage(&message, field, i),
                   absl::StrCat(below, "[", i, "]"), visit);
    }
  }
}

}  // namespace

void LayOver(const v1::Specification& upper, v1::Specification& lower) {
  LayMessageOver(upper, lower);
}

std::vector<std::string> ChangedPaths(const v1::Specification& upper) {
  std::vector<std::string> paths;
  AddPaths(upper, "", paths);
  return paths;
}

void FillPlaceholders(const PlaceholderValues& values, v1::Specification& specification,
                      std::set<std::string>& used, Violations& violations) {
  size_t bytes = 0;
  VisitMessage(specification, "", [&](const Found& found) {
    const auto value = values.find(found.name);
    if (value == values.end()) {
      return violations.Add(found.path, absl::StrCat("the placeholder $", found.name,
                                                     " has no value; give it one under 'values'"));
    }
    used.insert(found.name);
    bytes += value->second.ByteSizeLong();
    if (bytes > kMostBytes) {
      if (bytes - value->second.ByteSizeLong() <= kMostBytes)
        violations.Add(found.path, "the values of the placeholders are more than a MiB in all");
    } else if (found.value != nullptr) {
      *found.value = value->second;
    } else if (!value->second.string_value().empty()) {
      *found.text = value->second.string_value();
    } else {
      violations.Add(found.path, absl::StrCat("$", found.name, " must be the name of a type"));
    }
  });
}

}  // namespace trainyard
