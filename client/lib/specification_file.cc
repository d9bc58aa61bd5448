#include "client/lib/specification_file.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/lib/files.h"
#include "client/lib/overrides.h"
#include "client/lib/spec_from_tree.h"
#include "client/lib/spec_to_tree.h"
#include "client/lib/yaml_parser.h"
#include "engine/base/status.h"

namespace trainyard::client {
namespace {

constexpr int kTextProtoDepth = 64;
constexpr size_t kMaxNameLength = 63;
constexpr size_t kMaxStudyNameLength = 40;
constexpr char kStandardInput[] = "standard input";

// Collects the text parser's complaints as "file:line:col: message".
class ErrorLines final : public google::protobuf::io::ErrorCollector {
 public:
  explicit ErrorLines(std::string file) : file_(std::move(file)) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    lines_.push_back(absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", message));
  }
  std::string Text() const { return absl::StrJoin(lines_, "\n"); }

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

// Gives the nodes made from a message the places where the text parser met its fields.
void Locate(const google::protobuf::TextFormat::ParseInfoTree& info,
            const google::protobuf::Descriptor& type, Node& node) {
  for (NodeEntry& entry : node.entries) {
    const google::protobuf::FieldDescriptor* field = type.FindFieldByName(entry.key);
    if (field == nullptr || field->is_map()) continue;
    const auto place = [&](int index) {
      const auto at = info.GetLocation(field, index);
      return Position{at.line + 1, at.column + 1, ""};
    };
    const auto descend = [&](int index, Node& below) {
      below.position = place(index);
      if (field->message_type() == nullptr) return;
      const auto* nested = info.GetTreeForNested(field, index);
      if (nested != nullptr) Locate(*nested, *field->message_type(), below);
    };
    if (!field->is_repeated()) {
      descend(-1, entry.value);
    } else {
      for (size_t i = 0; i < entry.value.items.size(); ++i) {
        descend(static_cast<int>(i), entry.value.items[i]);
      }
      entry.value.position = place(0);
    }
    entry.position = entry.value.position;
  }
}

// A text of a message like `type`.
absl::StatusOr<Node> ParseTextProto(const std::string& text, const std::string& file,
                                    const google::protobuf::Message& type) {
  if (text.size() > kMaxSpecificationBytes) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": larger than ", kMaxSpecificationBytes,
                                                   " bytes, the most that is read"));
  }
  RETURN_IF_ERROR(CheckText(text, file));
  const std::unique_ptr<google::protobuf::Message> message(type.New());
  google::protobuf::TextFormat::ParseInfoTree info;
  google::protobuf::TextFormat::Parser parser;
  ErrorLines errors(file);
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(&info);
  parser.SetRecursionLimit(kTextProtoDepth);
  if (!parser.ParseFromString(text, message.get()))
    return absl::InvalidArgumentError(errors.Text());
  Node root = TreeFromMessage(*message);
  Locate(info, *message->GetDescriptor(), root);
  return root;
}

std::string Extension(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t dot = path.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  return absl::AsciiStrToLower(path.substr(dot + 1));
}

// "specs/My_Net.v2.yaml" -> "my-net-v2".
std::string NameOfFile(const std::string& path, size_t longest) {
  if (path == kStandardInput) return "";
  std::string stem = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  const size_t dot = stem.rfind('.');
  if (dot != std::string::npos) stem = stem.substr(0, dot);
  std::string name;
  for (const char c : stem) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte)) {
      name.push_back(static_cast<char>(absl::ascii_tolower(byte)));
    } else if (!name.empty() && name.back() != '-') {
      name.push_back('-');
    }
  }
  name = name.substr(0, longest);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

absl::StatusOr<SourceMap> ParseMessage(const std::string& text, const std::string& path,
                                       const std::vector<std::string>& overrides,
                                       google::protobuf::Message& message) {
  Node root;
  if (GuessFormat(path, text) == SpecificationFormat::kTextProto) {
    ASSIGN_OR_RETURN(root, ParseTextProto(text, path, message));
  } else {
    ASSIGN_OR_RETURN(root, ParseYaml(text, path));
  }
  for (const std::string& text_of_override : overrides) {
    RETURN_IF_ERROR(ApplyOverride(text_of_override, root));
  }
  SourceMap sources(path);
  Violations violations;
  MessageFromTree(root, message, sources, violations);
  if (violations.empty()) return sources;
  return absl::InvalidArgumentError(absl::StrJoin(Describe(violations.list(), sources), "\n"));
}

// `file` is how messages call it.
absl::StatusOr<std::string> ReadText(const std::string& path, std::string& file) {
  const bool standard_input = path == "-";
  file = standard_input ? kStandardInput : path;
  return standard_input ? ReadStandardInput(kMaxSpecificationBytes)
                        : ReadFile(path, kMaxSpecificationBytes);
}

}  // namespace

SpecificationFormat GuessFormat(const std::string& path, const std::string& text) {
  const std::string extension = Extension(path);
  if (extension == "yaml" || extension == "yml") return SpecificationFormat::kYaml;
  if (extension == "json") return SpecificationFormat::kJson;
  for (const char* known : {"textproto", "txtpb", "pbtxt", "prototxt"}) {
    if (extension == known) return SpecificationFormat::kTextProto;
  }
  // A text proto of a specification opens a block, `model {`, on a line of its own; YAML never does
  // so.
  bool first = true;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const absl::string_view line =
        absl::StripAsciiWhitespace(absl::string_view(text.data() + start, end - start));
    start = end + 1;
    if (line.empty() || line[0] == '#') continue;
    if (first && line[0] == '{') return SpecificationFormat::kJson;
    first = false;
    if (absl::EndsWith(line, "{") && absl::ascii_isalpha(static_cast<unsigned char>(line[0])) &&
        line.find('"') == absl::string_view::npos && line.find(": ") == absl::string_view::npos) {
      return SpecificationFormat::kTextProto;
    }
  }
  return SpecificationFormat::kYaml;
}

absl::StatusOr<SpecificationFile> ParseSpecification(const std::string& text,
                                                     const std::string& path,
                                                     const std::vector<std::string>& overrides) {
  SpecificationFile file;
  ASSIGN_OR_RETURN(file.sources, ParseMessage(text, path, overrides, file.specification));
  if (file.specification.name().empty())
    file.specification.set_name(NameOfFile(path, kMaxNameLength));
  return file;
}

absl::StatusOr<SpecificationFile> ReadSpecification(const std::string& path,
                                                    const std::vector<std::string>& overrides) {
  std::string file;
  ASSIGN_OR_RETURN(const std::string text, ReadText(path, file));
  return ParseSpecification(text, file, overrides);
}

absl::StatusOr<StudyFile> ParseStudy(const std::string& text, const std::string& path,
                                     const std::vector<std::string>& overrides) {
  StudyFile file;
  ASSIGN_OR_RETURN(file.sources, ParseMessage(text, path, overrides, file.specification));
  if (file.specification.name().empty())
    file.specification.set_name(NameOfFile(path, kMaxStudyNameLength));
  return file;
}

absl::StatusOr<StudyFile> ReadStudy(const std::string& path,
                                    const std::vector<std::string>& overrides) {
  std::string file;
  ASSIGN_OR_RETURN(const std::string text, ReadText(path, file));
  return ParseStudy(text, file, overrides);
}

absl::StatusOr<SweepFile> ParseSweep(const std::string& text, const std::string& path,
                                     const std::vector<std::string>& overrides) {
  SweepFile file;
  ASSIGN_OR_RETURN(file.sources, ParseMessage(text, path, overrides, file.specification));
  if (file.specification.name().empty())
    file.specification.set_name(NameOfFile(path, kMaxStudyNameLength));
  return file;
}

absl::StatusOr<SweepFile> ReadSweep(const std::string& path,
                                    const std::vector<std::string>& overrides) {
  std::string file;
  ASSIGN_OR_RETURN(const std::string text, ReadText(path, file));
  return ParseSweep(text, file, overrides);
}

}  // namespace trainyard::client
