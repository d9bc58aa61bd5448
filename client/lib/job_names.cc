#include "client/lib/job_names.h"

#include "client/lib/resource_names.h"
#include "engine/base/status.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::client {
namespace {

constexpr char kCollection[] = "jobs/";

}  // namespace

std::string ShortJobName(const std::string& name) { return ShortName(kCollection, name); }

absl::StatusOr<std::string> ResolveJob(Client& client, const std::string& text) {
  ASSIGN_OR_RETURN(const v1::Job job,
                   FindByName("job", kCollection, text,
                              [&](const std::string& name) { return client.GetJob(name); }));
  return job.name();
}

}  // namespace trainyard::client
