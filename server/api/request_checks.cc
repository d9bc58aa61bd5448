#include "server/api/request_checks.h"

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

constexpr size_t kLongestRequestId = 128;
constexpr int32_t kLargestPriority = 100;
constexpr size_t kLargestSubmission = 1 << 20;

}  // namespace

void CheckRequestId(const std::string& request_id, Violations& violations) {
  if (request_id.size() > kLongestRequestId) {
    violations.Add("request_id", absl::StrCat("at most ", kLongestRequestId, " characters"));
  }
}

void CheckPriority(int32_t priority, Violations& violations) {
  if (priority < -kLargestPriority || priority > kLargestPriority) {
    violations.Add("priority",
                   absl::StrCat("between ", -kLargestPriority, " and ", kLargestPriority));
  }
}

void CheckSubmission(const std::string& request_id, int32_t priority, size_t bytes,
                     Violations& violations) {
  CheckRequestId(request_id, violations);
  CheckPriority(priority, violations);
  if (bytes > kLargestSubmission)
    violations.Add("specification", absl::StrCat("at most ", kLargestSubmission, " bytes"));
}

}  // namespace trainyard
