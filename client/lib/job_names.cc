#include "client/lib/job_names.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard::client {
namespace {

constexpr char kCollection[] = "jobs/";
constexpr char kNewest[] = "@last";
constexpr int kShownCandidates = 10;

bool IsName(const std::string& id) {
  if (id.empty()) return false;
  for (const char c : id) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.')
      return false;
  }
  return true;
}

}  // namespace

std::string ShortJobName(const std::string& name) {
  return name.rfind(kCollection, 0) == 0 ? name.substr(sizeof(kCollection) - 1) : name;
}

absl::StatusOr<std::string> ResolveJob(Client& client, const std::string& text) {
  v1::ListJobsRequest request;
  if (text == kNewest) {
    request.set_page_size(1);
    ASSIGN_OR_RETURN(const v1::ListJobsResponse newest, client.ListJobs(request));
    if (newest.jobs().empty()) return absl::NotFoundError("the server has no job yet");
    return newest.jobs(0).name();
  }
  const std::string id = ShortJobName(text);
  if (!IsName(id)) {
    return absl::NotFoundError(
        absl::StrCat("'", text, "' is no job name; expected a name, a prefix of one, or @last"));
  }
  const absl::StatusOr<v1::Job> exact = client.GetJob(kCollection + id);
  if (exact.ok()) return exact->name();
  if (exact.status().code() != absl::StatusCode::kNotFound) return exact.status();

  request.set_page_size(kShownCandidates + 1);
  request.set_filter("name:" + id);
  ASSIGN_OR_RETURN(const v1::ListJobsResponse candidates, client.ListJobs(request));
  if (candidates.jobs_size() == 1) return candidates.jobs(0).name();
  if (candidates.jobs().empty()) {
    return absl::NotFoundError(
        absl::StrCat("no job is named '", id, "' or begins so; see 'trainyard job ls'"));
  }
  std::vector<std::string> names;
  for (int i = 0; i < std::min(candidates.jobs_size(), kShownCandidates); ++i) {
    names.push_back(ShortJobName(candidates.jobs(i).name()));
  }
  const bool more = candidates.jobs_size() > kShownCandidates;
  return absl::InvalidArgumentError(absl::StrCat("'", id, "' begins the names of several jobs: ",
                                                 absl::StrJoin(names, ", "), more ? ", ..." : ""));
}

}  // namespace trainyard::client
