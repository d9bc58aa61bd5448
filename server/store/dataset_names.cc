#include "server/store/dataset_names.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/label.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr size_t kLongestName = 63;
constexpr size_t kLongestShown = 100;
constexpr char kCollection[] = "datasets/";
constexpr char kVersions[] = "/versions/";
constexpr char kPrefix[] = "dataset:";

absl::Status At(const std::string& field, const absl::Status& status) {
  if (status.ok()) return status;
  return WithReason(absl::Status(status.code(), absl::StrCat(field, ": ", Message(status))),
                    "INVALID_REQUEST", {{"field", field}});
}

absl::StatusOr<uint32_t> ParseNumber(const std::string& text) {
  uint32_t number = 0;
  if (!text.empty() && text[0] >= '1' && text[0] <= '9' && absl::SimpleAtoi(text, &number))
    return number;
  return absl::InvalidArgumentError(absl::StrCat("'", SafeText(text, kLongestShown),
                                                 "' is no number of a version; they are 1, 2, 3 "
                                                 "..."));
}

// "flowers" or "flowers@3".
absl::StatusOr<DatasetReference> ParseShort(const std::string& text) {
  DatasetReference reference;
  const size_t at = text.find('@');
  reference.dataset = text.substr(0, at);
  RETURN_IF_ERROR(CheckDatasetName(reference.dataset));
  if (at != std::string::npos) {
    ASSIGN_OR_RETURN(reference.version, ParseNumber(text.substr(at + 1)));
  }
  return reference;
}

void VisitValues(google::protobuf::Map<std::string, google::protobuf::Value>& params,
                 const std::string& path,
                 const std::function<void(const std::string&, std::string&)>& visit) {
  for (auto& [name, value] : params) {
    if (value.kind_case() == google::protobuf::Value::kStringValue &&
        absl::StartsWith(value.string_value(), kPrefix)) {
      visit(absl::StrCat(path, ".", name), *value.mutable_string_value());
    }
  }
}

}  // namespace

std::string DatasetReference::Version() const {
  return version == 0 ? dataset : absl::StrCat(dataset, "@", version);
}

std::string DatasetReference::Text() const {
  return absl::StrCat(kPrefix, Version(), path.empty() ? "" : "/", path);
}

absl::Status CheckDatasetName(const std::string& name) {
  if (IsLabel(name, kLongestName) && !name.empty() && name[0] != '-') return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", SafeText(name, kLongestShown), "' is no name of a data set; expected 1 to ",
                   kLongestName, " of a-z, 0-9 and -, such as flowers"));
}

absl::StatusOr<std::string> ParseDatasetName(const std::string& text, const std::string& field) {
  const std::string name =
      absl::StartsWith(text, kCollection) ? text.substr(sizeof(kCollection) - 1) : text;
  RETURN_IF_ERROR(At(field, CheckDatasetName(name)));
  return name;
}

absl::StatusOr<DatasetReference> ParseVersionName(const std::string& text,
                                                  const std::string& field) {
  const auto parse = [&]() -> absl::StatusOr<DatasetReference> {
    if (!absl::StartsWith(text, kCollection)) return ParseShort(text);
    const std::string name = text.substr(sizeof(kCollection) - 1);
    const size_t versions = name.find(kVersions);
    if (versions == std::string::npos) return ParseShort(name);
    DatasetReference reference;
    reference.dataset = name.substr(0, versions);
    RETURN_IF_ERROR(CheckDatasetName(reference.dataset));
    ASSIGN_OR_RETURN(reference.version, ParseNumber(name.substr(versions + sizeof(kVersions) - 1)));
    return reference;
  };
  absl::StatusOr<DatasetReference> parsed = parse();
  if (!parsed.ok()) return At(field, parsed.status());
  return parsed;
}

absl::StatusOr<DatasetReference> ParseReference(const std::string& text) {
  const std::string rest =
      absl::StartsWith(text, kPrefix) ? text.substr(sizeof(kPrefix) - 1) : text;
  const size_t slash = rest.find('/');
  ASSIGN_OR_RETURN(DatasetReference reference, ParseShort(rest.substr(0, slash)));
  if (slash != std::string::npos) reference.path = rest.substr(slash + 1);
  return reference;
}

std::string DatasetName(const std::string& dataset) { return absl::StrCat(kCollection, dataset); }

std::string VersionName(const std::string& dataset, uint32_t version) {
  return absl::StrCat(kCollection, dataset, kVersions, version);
}

void VisitReferences(
    v1::Specification& specification,
    const std::function<void(const std::string& field, std::string& text)>& visit) {
  if (specification.data().has_source()) {
    VisitValues(*specification.mutable_data()->mutable_source()->mutable_params(), "data.source",
                visit);
  }
  if (specification.predict().data().has_source()) {
    VisitValues(
        *specification.mutable_predict()->mutable_data()->mutable_source()->mutable_params(),
        "predict.data.source", visit);
  }
  if (absl::StartsWith(specification.model().initial_weights(), kPrefix))
    visit("model.initial_weights", *specification.mutable_model()->mutable_initial_weights());
}

}  // namespace trainyard
