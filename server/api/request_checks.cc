#include "server/api/request_checks.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

constexpr size_t kLongestRequestId = 128;
constexpr int32_t kLargestPriority = 100;

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

}  // namespace trainyard
