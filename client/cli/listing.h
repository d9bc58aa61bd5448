// What `job ls`, `study ls`, `sweep ls` and `forecast ls` share: --limit, --all and -o, and the
// pages of the server read and printed as one list. Only the table is each command's own.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/pages.h"
#include "client/cli/session.h"

namespace trainyard::cli {

class Listing {
 public:
  void Declare(Options& options) {
    options.Value("--limit", "N", &limit_, "At most so many (default 50).");
    options.Flag("--all", &all_, "Without limit.");
    output_.Declare(options);
  }

  // Connects and reads as much as was asked for. `list(client, request)` gives StatusOr of a page,
  // as the client's List methods do; `items` is that of ReadPages.
  template <typename Request, typename List, typename Items>
  auto Read(Session& session, const Request& request, const List& list, const Items& items) const
      -> std::invoke_result_t<List, client::Client&, const Request&> {
    if (limit_ < 1) return absl::InvalidArgumentError("--limit: must be at least 1");
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return client.status();
    return ReadPages(
        request, all_ ? std::numeric_limits<int64_t>::max() : limit_,
        [&](const Request& page) { return std::invoke(list, **client, page); }, items);
  }

  // Prints the answer, whose list is `items`, as -o asks; where there are none, `none` ("no jobs")
  // on `err`. True: a table of them is to follow.
  template <typename Response, typename Items>
  bool Print(Console& console, const Response& all, const Items& items, const char* none) const {
    if (output_.json()) console.out << PrettyJson(all);
    for (const auto& item : items) {
      if (output_.jsonl()) console.out << JsonLine(item);
      if (output_.name()) console.out << item.name() << "\n";
    }
    if (output_.table() && items.empty()) console.err << none << "\n";
    return output_.table() && !items.empty();
  }

 private:
  int64_t limit_ = 50;
  bool all_ = false;
  Output output_;
};

}  // namespace trainyard::cli
