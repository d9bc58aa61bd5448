#include "server/store/job_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/job_state.h"
#include "server/store/rows.h"

namespace trainyard {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
constexpr size_t kMaxFilterSize = 1000;

enum class Order { kNewestFirst, kOldestFirst, kPriority };

struct Filter {
  // Empty: any.
  std::vector<v1::JobState> states;
  // With "jobs/"; empty: any.
  std::string name_prefix;
};

// Where the page before ended.
struct Key {
  int64_t priority_rank = 0;
  int64_t id = 0;
};

absl::Status Invalid(const std::string& field, const std::string& message) {
  return WithReason(absl::InvalidArgumentError(field + ": " + message), "INVALID_REQUEST",
                    {{"field", field}});
}

absl::StatusOr<Order> ParseOrder(const std::string& text) {
  if (text.empty() || text == "create_time desc") return Order::kNewestFirst;
  if (text == "create_time" || text == "create_time asc") return Order::kOldestFirst;
  if (text == "priority desc") return Order::kPriority;
  return Invalid("order_by", "'" + text.substr(0, 64) +
                                 "' is none of: create_time desc, create_time, priority desc");
}

absl::StatusOr<Filter> ParseFilter(const std::string& text) {
  if (text.size() > kMaxFilterSize) return Invalid("filter", "longer than 1000 characters");
  Filter filter;
  if (text.empty()) return filter;
  for (const std::string& term : std::vector<std::string>(absl::StrSplit(text, " AND "))) {
    if (term.rfind("state=", 0) == 0) {
      if (!filter.states.empty()) return Invalid("filter", "state is given twice");
      for (const std::string& name :
           std::vector<std::string>(absl::StrSplit(term.substr(6), ','))) {
        const v1::JobState state = StateOfName(name);
        if (state == v1::JOB_STATE_UNSPECIFIED) {
          return Invalid("filter",
                         "unknown state '" + name +
                             "'; known: QUEUED, RUNNING, CANCELLING, SUCCEEDED, FAILED, CANCELLED");
        }
        if (std::find(filter.states.begin(), filter.states.end(), state) == filter.states.end()) {
          filter.states.push_back(state);
        }
      }
    } else if (term.rfind("name:", 0) == 0 && term.size() > 5) {
      if (!filter.name_prefix.empty()) return Invalid("filter", "name is given twice");
      const std::string prefix = term.substr(5);
      if (prefix.find(' ') != std::string::npos) {
        return Invalid("filter",
                       "'" + term + "': names have no spaces; terms are joined by ' AND '");
      }
      filter.name_prefix = prefix.rfind("jobs/", 0) == 0 ? prefix : "jobs/" + prefix;
    } else {
      return Invalid(
          "filter",
          "'" + term + "' is neither state=RUNNING,QUEUED nor name:prefix (joined by ' AND ')");
    }
  }
  return filter;
}

// A token belongs to one filter and order: with another it would silently skip or repeat.
std::string Tag(const ListJobsQuery& query) {
  return absl::StrCat(query.order_by, "\n", query.filter);
}

std::string EncodeToken(const ListJobsQuery& query, const Key& key) {
  return absl::WebSafeBase64Escape(absl::StrCat(key.priority_rank, " ", key.id, " ", Tag(query)));
}

absl::StatusOr<std::optional<Key>> DecodeToken(const ListJobsQuery& query) {
  if (query.page_token.empty()) return std::nullopt;
  std::string text;
  Key key;
  if (absl::WebSafeBase64Unescape(query.page_token, &text)) {
    const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(' ', 2));
    if (parts.size() == 3 && absl::SimpleAtoi(parts[0], &key.priority_rank) &&
        absl::SimpleAtoi(parts[1], &key.id)) {
      if (parts[2] == Tag(query)) return key;
      return Invalid("page_token", "it belongs to another filter or order_by");
    }
  }
  return Invalid("page_token", "not one that a list gave");
}

// One index scan: jobs of one state (0: any) after the key. Parameters: ?1 state, ?2 rank, ?3 id,
// ?4 limit, ?5 and ?6 the range of names.
std::string Scan(Order order, bool by_state, bool by_name, bool after) {
  std::string where = by_state ? "state = ?1" : "?1 = 0";
  if (by_name) where += " AND name >= ?5 AND name < ?6";
  if (after) {
    where += order == Order::kNewestFirst   ? " AND id < ?3"
             : order == Order::kOldestFirst ? " AND id > ?3"
                                            : " AND (priority_rank, id) > (?2, ?3)";
  }
  const char* by = order == Order::kNewestFirst   ? "id DESC"
                   : order == Order::kOldestFirst ? "id"
                                                  : "priority_rank, id";
  return absl::StrCat(
      "SELECT j.id, j.priority_rank, j.summary, r.payload FROM (SELECT id AS found FROM jobs "
      "WHERE ",
      where,
      " AND ?2 = ?2 "
      "AND ?3 = ?3 AND ?5 = ?5 AND ?6 = ?6 ORDER BY ",
      by,
      " LIMIT ?4) CROSS JOIN jobs j ON j.id = found "
      "LEFT JOIN results r ON r.job_id = j.id");
}

struct Entry {
  Key key;
  v1::Job job;
};

bool Before(Order order, const Key& a, const Key& b) {
  switch (order) {
    case Order::kNewestFirst:
      return a.id > b.id;
    case Order::kOldestFirst:
      return a.id < b.id;
    case Order::kPriority:
      return std::pair(a.priority_rank, a.id) < std::pair(b.priority_rank, b.id);
  }
  return false;
}

}  // namespace

absl::StatusOr<JobPage> ListJobs(Connection& connection, const ListJobsQuery& query) {
  if (query.page_size < 0 || query.page_size > kMaxPageSize) {
    return Invalid("page_size",
                   absl::StrCat(query.page_size, " is not in [0, ", kMaxPageSize, "]"));
  }
  const int page_size = query.page_size == 0 ? kDefaultPageSize : query.page_size;
  ASSIGN_OR_RETURN(const Order order, ParseOrder(query.order_by));
  ASSIGN_OR_RETURN(Filter filter, ParseFilter(query.filter));
  ASSIGN_OR_RETURN(const std::optional<Key> after, DecodeToken(query));
  const Key key = after.value_or(Key{});
  if (filter.states.empty()) filter.states.push_back(v1::JOB_STATE_UNSPECIFIED);

  // One scan a state, each as long as the page may need, merged here: a query over several states
  // at once would sort all their jobs.
  std::vector<Entry> entries;
  for (const v1::JobState state : filter.states) {
    Statement scan =
        connection.Query(Scan(order, state != 0, !filter.name_prefix.empty(), after.has_value()),
                         static_cast<int>(state), key.priority_rank, key.id, page_size + 1,
                         filter.name_prefix, filter.name_prefix + "\x7f");
    while (scan.Next()) {
      Entry& entry = entries.emplace_back();
      entry.key = {scan.Int(1), scan.Int(0)};
      v1::Job results;
      if (!entry.job.ParseFromString(scan.Bytes(2)) || !results.ParseFromString(scan.Bytes(3))) {
        return UnreadableRow(kJobs.noun);
      }
      entry.job.mutable_results()->Swap(results.mutable_results());
    }
    RETURN_IF_ERROR(scan.status());
  }
  std::sort(entries.begin(), entries.end(),
            [order](const Entry& a, const Entry& b) { return Before(order, a.key, b.key); });

  JobPage page;
  if (entries.size() > static_cast<size_t>(page_size)) {
    entries.resize(page_size);
    page.next_page_token = EncodeToken(query, entries.back().key);
  }
  for (Entry& entry : entries) page.jobs.push_back(std::move(entry.job));
  return page;
}

}  // namespace trainyard
