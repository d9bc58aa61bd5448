#include "client/lib/sweep_names.h"

#include "absl/strings/str_cat.h"
#include "client/lib/job_names.h"

namespace trainyard::client {
namespace {

constexpr char kCollection[] = "sweeps/";
constexpr char kNewest[] = "@last";

}  // namespace

std::string ShortSweepName(const std::string& name) {
  return name.rfind(kCollection, 0) == 0 ? name.substr(sizeof(kCollection) - 1) : name;
}

absl::StatusOr<v1::Sweep> FindSweep(Client& client, const std::string& text) {
  const std::string id = ShortSweepName(text);
  const bool newest = text == kNewest;
  if (!newest && !IsResourceId(id)) {
    return absl::NotFoundError(
        absl::StrCat("'", text, "' is no sweep name; expected a name, a prefix of one, or @last"));
  }
  // The server knows prefixes, and names the candidates where there are several.
  absl::StatusOr<v1::Sweep> sweep = client.GetSweep(newest ? text : kCollection + id);
  if (sweep.ok() || sweep.status().code() != absl::StatusCode::kNotFound) return sweep;
  if (newest) return absl::NotFoundError("the server has no sweep yet");
  return absl::NotFoundError(
      absl::StrCat("no sweep is named '", id, "' or begins so; see 'trainyard sweep ls'"));
}

}  // namespace trainyard::client
