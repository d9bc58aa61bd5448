#include "server/api/paging.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "server/rpc/opaque_token.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {
namespace {

constexpr uint32_t kDefaultPage = 50;
constexpr uint32_t kLargestPage = 1000;

}  // namespace

absl::StatusOr<PageQuery> ReadPageQuery(const std::string& scope, uint32_t page_size,
                                        const std::string& page_token) {
  if (page_size > kLargestPage)
    return FieldError("page_size", absl::StrCat(page_size, "; at most ", kLargestPage));
  PageQuery page;
  page.size = static_cast<int>(page_size == 0 ? kDefaultPage : page_size);
  if (page_token.empty()) return page;
  const std::optional<uint64_t> position = ReadToken(scope, page_token);
  if (!position.has_value()) return FieldError("page_token", "is not one of this list");
  page.before_id = static_cast<int64_t>(*position);
  return page;
}

std::string NextPageToken(const std::string& scope, int64_t last_id) {
  return last_id == 0 ? "" : MakeToken(scope, static_cast<uint64_t>(last_id));
}

}  // namespace trainyard
