// Pages of lists that stand newest first, by the ids of their rows: what a request asks for, and
// the token with which the next one goes on. `scope` names the list, see opaque_token.h. Pure
// functions.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace trainyard {

struct PageQuery {
  int size = 0;
  // What is listed has a smaller id; 0: begin with the newest.
  int64_t before_id = 0;
};

// INVALID_ARGUMENT of page_size or page_token.
absl::StatusOr<PageQuery> ReadPageQuery(const std::string& scope, uint32_t page_size,
                                        const std::string& page_token);
// `last_id`: of the last one of a page that others follow; 0, and then no token, where none do.
std::string NextPageToken(const std::string& scope, int64_t last_id);

}  // namespace trainyard
