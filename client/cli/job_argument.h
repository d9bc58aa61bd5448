// The JOB of a command line, found as its full name, "jobs/...".
#pragma once

#include <string>

#include "client/cli/resource_argument.h"
#include "client/lib/job_names.h"

namespace trainyard::cli {

class JobArgument : public ResourceArgument<std::string> {
 public:
  JobArgument() : ResourceArgument("JOB", Completion::kJob, client::ResolveJob) {}
};

}  // namespace trainyard::cli
