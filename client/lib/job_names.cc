#include "client/lib/job_names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::client {
namespace {

constexpr char kCollection[] = "jobs/";
constexpr char kNewest[] = "@last";

}  // namespace

bool IsResourceId(const std::string& id) {
  if (id.empty()) return false;
  for (const char c : id) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.')
      return false;
  }
  return true;
}

std::string ShortJobName(const std::string& name) {
  return name.rfind(kCollection, 0) == 0 ? name.substr(sizeof(kCollection) - 1) : name;
}

absl::StatusOr<std::string> ResolveJob(Client& client, const std::string& text) {
  const std::string id = ShortJobName(text);
  const bool newest = text == kNewest;
  if (!newest && !IsResourceId(id)) {
    return absl::NotFoundError(
        absl::StrCat("'", text, "' is no job name; expected a name, a prefix of one, or @last"));
  }
  // The server knows prefixes, and names the candidates where there are several.
  const absl::StatusOr<v1::Job> job = client.GetJob(newest ? text : kCollection + id);
  if (job.ok()) return job->name();
  if (job.status().code() != absl::StatusCode::kNotFound) return job.status();
  if (newest) return absl::NotFoundError("the server has no job yet");
  return absl::NotFoundError(
      absl::StrCat("no job is named '", id, "' or begins so; see 'trainyard job ls'"));
}

}  // namespace trainyard::client
