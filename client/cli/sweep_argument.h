// The SWEEP of a command line.
#pragma once

#include "client/cli/resource_argument.h"
#include "client/lib/sweep_names.h"

namespace trainyard::cli {

class SweepArgument : public ResourceArgument<v1::Sweep> {
 public:
  SweepArgument() : ResourceArgument("SWEEP", Completion::kSweep, client::FindSweep) {}
};

}  // namespace trainyard::cli
