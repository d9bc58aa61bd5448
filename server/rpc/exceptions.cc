#include "server/rpc/exceptions.h"

#include <exception>
#include <new>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"

namespace trainyard {

absl::Status CatchExceptions(const std::function<absl::Status()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return WithReason(
        absl::ResourceExhaustedError("the server has not enough memory for this request"),
        "OUT_OF_MEMORY", {{"subject", "memory"}});
  } catch (const std::exception& error) {
    return WithReason(absl::InternalError(absl::StrCat("an error of the server: ", error.what())),
                      "UNEXPECTED_ERROR");
  }
}

}  // namespace trainyard
