#include "client/cli/study_forecasts.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "trainyard/v1/forecast_service.pb.h"

namespace trainyard::cli {
namespace {
constexpr uint32_t kPage = 1000;
}

std::string ForecastsOfStudy(client::Client& client, const std::string& study) {
  int kept = 0;
  int scored = 0;
  int inside80 = 0;
  int inside95 = 0;
  v1::ListForecastsRequest request;
  request.set_page_size(kPage);
  do {
    const absl::StatusOr<v1::ListForecastsResponse> page = client.ListForecasts(request);
    if (!page.ok()) return "";
    for (const v1::Forecast& forecast : page->forecasts()) {
      if (forecast.study() != study) continue;
      ++kept;
      if (!forecast.has_score()) continue;
      ++scored;
      inside80 += forecast.score().inside80() ? 1 : 0;
      inside95 += forecast.score().inside95() ? 1 : 0;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (kept == 0) return "";
  std::string text = absl::StrCat(kept, " kept, ");
  if (scored == 0) return text + "to be scored when their runs come";
  absl::StrAppend(&text, scored, " of them scored: ", inside80, " inside 80 %, ", inside95,
                  " inside 95 %");
  return text;
}

}  // namespace trainyard::cli
