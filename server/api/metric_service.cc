#include "server/api/metric_service.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/api/series.h"
#include "server/rpc/opaque_token.h"
#include "server/rpc/status_mapping.h"
#include "server/store/log_reading.h"

namespace trainyard {
namespace {

constexpr int kMostSeries = 100;
constexpr uint64_t kMostPoints = 10'000;
// Of all series of an answer: some 60 bytes each, below the 4 MiB that clients take.
constexpr uint64_t kMostPointsOfAnswer = 50'000;
constexpr size_t kDefaultNames = 50;
constexpr int32_t kMostNames = 1000;
constexpr int32_t kDefaultLines = 100;
constexpr int32_t kMostLines = 1000;
constexpr size_t kLogBytesOfAnswer = 2 << 20;

std::string LogScope(const std::string& job, v1::Severity minimum) {
  return absl::StrCat("logs:", job, ":", minimum);
}

std::string SeriesScope(const std::string& job) { return "series:" + job; }

}  // namespace

grpc::ServerUnaryReactor* MetricServiceHandler::ListSeries(grpc::CallbackServerContext* context,
                                                           const v1::ListSeriesRequest* request,
                                                           v1::ListSeriesResponse* response) {
  return calls_.Run(context, [=, this] { return List(*request, *response); });
}

grpc::ServerUnaryReactor* MetricServiceHandler::ReadSeries(grpc::CallbackServerContext* context,
                                                           const v1::ReadSeriesRequest* request,
                                                           v1::ReadSeriesResponse* response) {
  return calls_.Run(context, [=, this] { return Read(*request, *response); });
}

grpc::ServerUnaryReactor* MetricServiceHandler::ReadLogs(grpc::CallbackServerContext* context,
                                                         const v1::ReadLogsRequest* request,
                                                         v1::ReadLogsResponse* response) {
  return calls_.Run(context, [=, this] { return Logs(*request, *response); });
}

absl::Status MetricServiceHandler::List(const v1::ListSeriesRequest& request,
                                        v1::ListSeriesResponse& response) const {
  if (request.page_size() < 0 || request.page_size() > kMostNames) {
    return FieldError("page_size", absl::StrCat("between 0 and ", kMostNames));
  }
  const size_t page_size =
      request.page_size() == 0 ? kDefaultNames : static_cast<size_t>(request.page_size());
  ASSIGN_OR_RETURN(const std::string job, jobs_.ResolveName(request.job(), "job"));
  std::optional<std::string> after;
  if (!request.page_token().empty()) {
    after = ReadNameToken(SeriesScope(job), request.page_token());
    if (!after.has_value()) return FieldError("page_token", "not a token of this list");
  }
  // The first names after the token, and one more. A name that others push out never comes back:
  // those before it stay.
  std::map<std::string, v1::ListSeriesResponse::Series> page;
  RETURN_IF_ERROR(ForEachEvent(jobs_, job, {v1::Event::kMetrics}, [&](const v1::Event& event) {
    for (const v1::MetricValue& value : event.metrics().values()) {
      if (after.has_value() && value.series() <= *after) continue;
      const bool full = page.size() > page_size;
      if (full && value.series() > page.rbegin()->first) continue;
      v1::ListSeriesResponse::Series& series = page[value.series()];
      series.set_points(series.points() + 1);
      series.set_last(value.value());
      if (page.size() > page_size + 1) page.erase(std::prev(page.end()));
    }
  }));
  const bool more = page.size() > page_size;
  if (more) page.erase(std::prev(page.end()));
  for (auto& [name, series] : page) {
    series.set_name(name);
    *response.add_series() = std::move(series);
  }
  if (more) response.set_next_page_token(MakeNameToken(SeriesScope(job), page.rbegin()->first));
  return absl::OkStatus();
}

absl::Status MetricServiceHandler::Read(const v1::ReadSeriesRequest& request,
                                        v1::ReadSeriesResponse& response) const {
  Violations violations;
  if (request.series_size() == 0)
    violations.Add("series", "required: at least one name; see ListSeries");
  if (request.series_size() > kMostSeries)
    violations.Add("series", absl::StrCat("at most ", kMostSeries, " names"));
  if (request.buckets() > kMostPoints)
    violations.Add("buckets", absl::StrCat("at most ", kMostPoints));
  if (!violations.empty()) return ViolationsError(violations, "INVALID_REQUEST");
  ASSIGN_OR_RETURN(const std::string job, jobs_.ResolveName(request.job(), "job"));

  std::map<std::string, SeriesRange> ranges;
  uint64_t newest = 0;
  for (const std::string& name : request.series()) ranges[name];
  RETURN_IF_ERROR(ForEachEvent(jobs_, job, {v1::Event::kMetrics}, [&](const v1::Event& event) {
    newest = event.sequence();
    for (const v1::MetricValue& value : event.metrics().values()) {
      const auto found = ranges.find(value.series());
      if (found != ranges.end()) found->second.Add(event.attempt(), event.metrics().step());
    }
  }));

  const uint64_t wanted = request.buckets() == 0 ? kMostPoints : request.buckets();
  const uint64_t most = std::min<uint64_t>(wanted, kMostPointsOfAnswer / ranges.size());
  std::map<std::string, SeriesBuckets> buckets;
  for (const auto& [name, range] : ranges) buckets.emplace(name, SeriesBuckets(range, most));
  RETURN_IF_ERROR(ForEachEvent(jobs_, job, {v1::Event::kMetrics}, [&](const v1::Event& event) {
    if (event.sequence() > newest) return;  // came since the ranges were found
    for (const v1::MetricValue& value : event.metrics().values()) {
      const auto found = buckets.find(value.series());
      if (found != buckets.end())
        found->second.Add(event.attempt(), event.metrics().step(), value.value());
    }
  }));
  for (const auto& [name, one] : buckets) {
    v1::ReadSeriesResponse::Series& series = *response.add_series();
    series.set_name(name);
    one.Write(series);
  }
  return absl::OkStatus();
}

absl::Status MetricServiceHandler::Logs(const v1::ReadLogsRequest& request,
                                        v1::ReadLogsResponse& response) const {
  if (request.page_size() < 0 || request.page_size() > kMostLines) {
    return FieldError("page_size", absl::StrCat("between 0 and ", kMostLines));
  }
  if (!v1::Severity_IsValid(request.minimum_severity())) {
    return FieldError("minimum_severity",
                      absl::StrCat(request.minimum_severity(), " is no known severity"));
  }
  ASSIGN_OR_RETURN(const std::string job, jobs_.ResolveName(request.job(), "job"));
  const std::string scope = LogScope(job, request.minimum_severity());
  EventQuery query;
  query.job = job;
  query.kinds = {v1::Event::kLog};
  if (!request.page_token().empty()) {
    const std::optional<uint64_t> position = ReadToken(scope, request.page_token());
    if (!position.has_value()) return FieldError("page_token", "not a token of this list");
    query.after_sequence = *position;
  }
  const int page_size = request.page_size() == 0 ? kDefaultLines : request.page_size();
  size_t bytes = 0;
  while (true) {
    ASSIGN_OR_RETURN(const EventSlice slice, jobs_.ReadEvents(query));
    for (const v1::Event& event : slice.events) {
      if (event.log().severity() >= request.minimum_severity()) {
        if (response.lines_size() == page_size || bytes > kLogBytesOfAnswer) {
          response.set_next_page_token(MakeToken(scope, query.after_sequence));
          return absl::OkStatus();
        }
        v1::ReadLogsResponse::Line& line = *response.add_lines();
        *line.mutable_time() = event.time();
        line.set_attempt(event.attempt());
        line.set_severity(event.log().severity());
        line.set_text(event.log().text());
        bytes += event.log().text().size();
      }
      query.after_sequence = event.sequence();
    }
    if (slice.complete || slice.events.empty()) return absl::OkStatus();
  }
}

}  // namespace trainyard
