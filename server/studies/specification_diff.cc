#include "server/studies/specification_diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include "absl/strings/str_cat.h"
#include "engine/base/violations.h"
#include "engine/spec/canonical.h"
#include "server/studies/specification_text.h"

namespace trainyard {
namespace {

namespace pb = google::protobuf;

// An answer takes less than the 4 MiB that clients take, whatever the specifications are.
constexpr size_t kLongestValue = 1000;
constexpr size_t kMostBytes = 1 << 20;

// The same part of every job: as it was written, and with the defaults of its parameters. Null
// where a job has none.
struct Part {
  const pb::Message* written = nullptr;
  const pb::Message* filled = nullptr;
};
using Parts = std::vector<Part>;

class Diff {
 public:
  void Messages(const std::string& path, const Parts& parts) {
    const pb::Descriptor* type = nullptr;
    for (const Part& part : parts)
      if (part.written != nullptr) type = part.written->GetDescriptor();
    if (type == nullptr) return;
    const bool typed = type == v1::Component::descriptor() || type == v1::Layer::descriptor();
    if (type == pb::Duration::descriptor() || (typed && !SameType(parts)))
      return Add(path, Texts(parts));
    for (int i = 0; i < type->field_count(); ++i) {
      const pb::FieldDescriptor& field = *type->field(i);
      const std::string below = JoinPath(path, field.name());
      if (field.is_map()) {
        Maps(typed ? path : below, field, parts);
      } else if (field.is_repeated()) {
        Lists(below, field, parts);
      } else if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
        Messages(below, Below(field, parts));
      } else {
        Add(below, Scalars(field, parts));
      }
    }
  }

  std::vector<v1::SpecificationDifference> Take() { return std::move(differences_); }

 private:
  void Add(const std::string& path, const std::vector<std::string>& values) {
    const bool equal = std::all_of(values.begin(), values.end(),
                                   [&](const std::string& value) { return value == values[0]; });
    if (equal) return;
    if (bytes_ > kMostBytes) return;
    v1::SpecificationDifference& difference = differences_.emplace_back();
    difference.set_path(path);
    for (const std::string& value : values) {
      const bool whole = value.size() <= kLongestValue;
      difference.add_values(whole ? value : absl::StrCat(value.substr(0, kLongestValue), "..."));
    }
    bytes_ += difference.ByteSizeLong();
  }

  static std::vector<std::string> Texts(const Parts& parts) {
    std::vector<std::string> texts;
    for (const Part& part : parts)
      texts.push_back(part.written == nullptr ? "" : MessageText(*part.written));
    return texts;
  }

  // Parameters are only comparable within a type.
  static bool SameType(const Parts& parts) {
    std::set<std::string> types;
    for (const Part& part : parts) {
      if (part.written == nullptr) return false;
      const pb::FieldDescriptor* field = part.written->GetDescriptor()->FindFieldByName("type");
      types.insert(part.written->GetReflection()->GetString(*part.written, field));
    }
    return types.size() == 1;
  }

  static Parts Below(const pb::FieldDescriptor& field, const Parts& parts) {
    const auto get = [&](const pb::Message* message) -> const pb::Message* {
      if (message == nullptr || !message->GetReflection()->HasField(*message, &field))
        return nullptr;
      return &message->GetReflection()->GetMessage(*message, &field);
    };
    Parts below;
    for (const Part& part : parts) below.push_back({get(part.written), get(part.filled)});
    return below;
  }

  static std::vector<std::string> Scalars(const pb::FieldDescriptor& field, const Parts& parts) {
    std::vector<std::string> texts;
    for (const Part& part : parts) {
      const bool present =
          part.filled != nullptr && part.filled->GetReflection()->HasField(*part.filled, &field);
      texts.push_back(present ? ScalarText(*part.filled, field, -1) : "");
    }
    return texts;
  }

  // Entries by key.
  void Maps(const std::string& path, const pb::FieldDescriptor& field, const Parts& parts) {
    std::map<std::string, std::vector<std::string>> values;
    const pb::FieldDescriptor& value = *field.message_type()->map_value();
    for (size_t job = 0; job < parts.size(); ++job) {
      const pb::Message* message = parts[job].filled;
      if (message == nullptr) continue;
      const pb::Reflection& reflection = *message->GetReflection();
      for (int i = 0; i < reflection.FieldSize(*message, &field); ++i) {
        const pb::Message& entry = reflection.GetRepeatedMessage(*message, &field, i);
        const pb::Reflection& of_entry = *entry.GetReflection();
        std::vector<std::string>& row =
            values[of_entry.GetString(entry, field.message_type()->map_key())];
        row.resize(parts.size());
        row[job] =
            value.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE
                ? ValueText(static_cast<const pb::Value&>(of_entry.GetMessage(entry, &value)))
                : ScalarText(entry, value, -1);
      }
    }
    for (const auto& [key, row] : values) Add(JoinPath(path, key), row);
  }

  // Elements that are equal in all jobs, from the front and from the back.
  void Lists(const std::string& path, const pb::FieldDescriptor& field, const Parts& parts) {
    const auto size_of = [&](const Part& part) {
      return part.filled == nullptr ? 0
                                    : part.filled->GetReflection()->FieldSize(*part.filled, &field);
    };
    int shortest = size_of(parts[0]);
    int longest = shortest;
    for (const Part& part : parts) {
      shortest = std::min(shortest, size_of(part));
      longest = std::max(longest, size_of(part));
    }
    const bool nested = field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
    const auto text = [&](const Part& part, int index) -> std::string {
      if (index < 0 || index >= size_of(part)) return "";
      const pb::Reflection& reflection = *part.filled->GetReflection();
      return nested ? MessageText(reflection.GetRepeatedMessage(*part.filled, &field, index))
                    : ScalarText(*part.filled, field, index);
    };
    int tail = 0;
    if (shortest != longest) {
      const auto all_equal = [&](bool back, int index) {
        const auto at = [&](const Part& part) { return back ? size_of(part) - 1 - index : index; };
        const std::string first = text(parts[0], at(parts[0]));
        return std::all_of(parts.begin(), parts.end(),
                           [&](const Part& part) { return text(part, at(part)) == first; });
      };
      int head = 0;
      while (head < shortest && all_equal(false, head)) ++head;
      while (tail < shortest - head && all_equal(true, tail)) ++tail;
    }
    for (int i = 0; i < longest - tail; ++i) {
      const std::string at = absl::StrCat(path, "[", i, "]");
      const bool in_all = std::all_of(parts.begin(), parts.end(),
                                      [&](const Part& part) { return i < size_of(part) - tail; });
      if (nested && in_all) {
        Messages(at, Elements(field, parts, i));
        continue;
      }
      std::vector<std::string> texts;
      for (const Part& part : parts)
        texts.push_back(i < size_of(part) - tail ? Written(field, part, i) : "");
      Add(at, texts);
    }
  }

  static std::string Written(const pb::FieldDescriptor& field, const Part& part, int index) {
    if (field.cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE)
      return ScalarText(*part.written, field, index);
    return MessageText(
        part.written->GetReflection()->GetRepeatedMessage(*part.written, &field, index));
  }

  static Parts Elements(const pb::FieldDescriptor& field, const Parts& parts, int index) {
    Parts elements;
    for (const Part& part : parts) {
      elements.push_back(
          {&part.written->GetReflection()->GetRepeatedMessage(*part.written, &field, index),
           &part.filled->GetReflection()->GetRepeatedMessage(*part.filled, &field, index)});
    }
    return elements;
  }

  std::vector<v1::SpecificationDifference> differences_;
  size_t bytes_ = 0;
};

}  // namespace

std::vector<v1::SpecificationDifference> DiffSpecifications(const std::vector<v1::Job>& jobs,
                                                            const Catalogs& catalogs) {
  std::vector<v1::Specification> written;
  for (const v1::Job& job : jobs) {
    v1::Specification& specification = written.emplace_back(job.specification());
    specification.clear_name();
    // What the estimate gave is no wish of the user.
    if (specification.resources().memory_bytes() == job.model().memory_bytes())
      specification.mutable_resources()->clear_memory_bytes();
  }
  std::vector<v1::Specification> filled = written;
  for (v1::Specification& specification : filled) FillParameterDefaults(catalogs, specification);
  Parts parts;
  for (size_t i = 0; i < jobs.size(); ++i) parts.push_back({&written[i], &filled[i]});
  Diff diff;
  diff.Messages("", parts);
  return diff.Take();
}

}  // namespace trainyard
