// Lists of jobs in pages. A page begins after the key of the last job of the page before (priority
// and order of creation), so that jobs that are added meanwhile neither repeat nor hide others, and
// every page is read from an index however long the list is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

// As in ListJobsRequest.
struct ListJobsQuery {
  // 0 means 50; at most 1000.
  int32_t page_size = 0;
  std::string page_token = {};
  std::string filter = {};
  std::string order_by = {};
};

struct JobPage {
  // Light: without model layers and with the specification's name only.
  std::vector<v1::Job> jobs;
  std::string next_page_token;
};

// INVALID_ARGUMENT with the name of the field.
absl::StatusOr<JobPage> ListJobs(Connection& connection, const ListJobsQuery& query);

}  // namespace trainyard
