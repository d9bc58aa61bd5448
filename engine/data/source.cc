#include "engine/data/source.h"

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/data/file_version.h"

namespace trainyard {
namespace {
constexpr char kParameterPayload[] = "trainyard/data-source-parameter";
}

absl::Status AtParameter(absl::Status status, const std::string& parameter) {
  if (!status.ok() && ParameterOf(status).empty())
    status.SetPayload(kParameterPayload, absl::Cord(parameter));
  return status;
}

std::string ParameterOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kParameterPayload);
  return payload.has_value() ? std::string(*payload) : "";
}

absl::StatusOr<std::string> VersionOf(const std::vector<std::string>& files,
                                      const DataRoots& roots) {
  std::string versions;
  for (const std::string& name : files) {
    if (name.empty()) continue;
    ASSIGN_OR_RETURN(const std::string path, roots.Resolve(name));
    ASSIGN_OR_RETURN(const std::string version, VersionOfFile(path, name));
    absl::StrAppend(&versions, version, "\n");
  }
  return versions;
}

absl::Status CheckLike(const DataInfo& info, const DataInfo& like) {
  if (info.input_shape != like.input_shape) {
    return absl::InvalidArgumentError(
        absl::StrCat("samples have shape ", info.input_shape.ToString(), "; the model takes ",
                     like.input_shape.ToString()));
  }
  if (info.positions != like.positions || info.vocabulary > like.vocabulary ||
      (info.vocabulary == 0) != (like.vocabulary == 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "samples have ", info.positions, " labelled positions of a vocabulary of ", info.vocabulary,
        "; the model takes ", like.positions, " of ", like.vocabulary));
  }
  if (info.task != like.task || info.targets != like.targets) {
    return absl::InvalidArgumentError(
        like.task == Task::kClassification
            ? absl::StrCat("the model tells ", like.classes, " classes apart; this is regression")
            : absl::StrCat("the model predicts ", like.targets,
                           like.targets == 1 ? " number" : " numbers", " a sample, the data has ",
                           info.targets));
  }
  if (info.classes <= like.classes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("labels are of ", info.classes, " classes; the model knows ", like.classes));
}

absl::StatusOr<SourceDescription> DataSource::DescribeLike(const DataInfo& like,
                                                           const DataRoots& roots) const {
  ASSIGN_OR_RETURN(SourceDescription description, Describe(roots));
  RETURN_IF_ERROR(CheckLike(description.info, like));
  description.info = like;
  return description;
}

absl::StatusOr<Samples> DataSource::LoadLike(const DataInfo& like, const DataRoots& roots) const {
  ASSIGN_OR_RETURN(Samples samples, Load(roots));
  RETURN_IF_ERROR(CheckLike(samples.info, like));
  samples.info = like;
  return samples;
}

}  // namespace trainyard
