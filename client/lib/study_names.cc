#include "client/lib/study_names.h"

#include "absl/strings/str_cat.h"
#include "client/lib/job_names.h"

namespace trainyard::client {
namespace {

constexpr char kCollection[] = "studies/";
constexpr char kNewest[] = "@last";

}  // namespace

std::string ShortStudyName(const std::string& name) {
  return name.rfind(kCollection, 0) == 0 ? name.substr(sizeof(kCollection) - 1) : name;
}

absl::StatusOr<v1::Study> FindStudy(Client& client, const std::string& text) {
  const std::string id = ShortStudyName(text);
  const bool newest = text == kNewest;
  if (!newest && !IsResourceId(id)) {
    return absl::NotFoundError(
        absl::StrCat("'", text, "' is no study name; expected a name, a prefix of one, or @last"));
  }
  // The server knows prefixes, and names the candidates where there are several.
  absl::StatusOr<v1::Study> study = client.GetStudy(newest ? text : kCollection + id);
  if (study.ok() || study.status().code() != absl::StatusCode::kNotFound) return study;
  if (newest) return absl::NotFoundError("the server has no study yet");
  return absl::NotFoundError(
      absl::StrCat("no study is named '", id, "' or begins so; see 'trainyard study ls'"));
}

}  // namespace trainyard::client
