// Lists that the server gives in pages, read as one.
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/status/statusor.h"

namespace trainyard::cli {

// The first `limit` items of a list, with the token of what follows. `list` answers a request with
// StatusOr of a page; `items` gives the items of a page, a mutable repeated field.
template <typename Request, typename List, typename Items>
auto ReadPages(Request request, int64_t limit, const List& list, const Items& items)
    -> decltype(list(request)) {
  constexpr int64_t kMaxPage = 1000;
  typename decltype(list(request))::value_type all;
  while (items(all)->size() < limit) {
    const int64_t missing = limit - items(all)->size();
    request.set_page_size(static_cast<decltype(request.page_size())>(std::min(kMaxPage, missing)));
    auto page = list(request);
    if (!page.ok()) return page.status();
    for (auto& item : *items(*page)) items(all)->Add()->Swap(&item);
    all.set_next_page_token(page->next_page_token());
    request.set_page_token(page->next_page_token());
    if (page->next_page_token().empty()) break;
  }
  return all;
}

}  // namespace trainyard::cli
