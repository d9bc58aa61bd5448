// The STUDY of a command line.
#pragma once

#include "client/cli/resource_argument.h"
#include "client/lib/study_names.h"

namespace trainyard::cli {

class StudyArgument : public ResourceArgument<v1::Study> {
 public:
  StudyArgument() : ResourceArgument("STUDY", Completion::kStudy, client::FindStudy) {}
};

}  // namespace trainyard::cli
