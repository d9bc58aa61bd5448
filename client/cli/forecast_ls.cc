// trainyard forecast ls: forecasts, and how good they were.
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/forecast_view.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/pages.h"
#include "client/cli/table.h"
#include "client/studies/study_tables.h"
#include "client/text/text.h"
#include "trainyard/v1/forecast_service.pb.h"

namespace trainyard::cli {
namespace {

class ForecastLs final : public Command {
 public:
  std::string name() const override { return "forecast ls"; }
  std::string summary() const override { return "List forecasts, and how good they were"; }
  void Declare(Options& options) override {
    options.Flag("--scored", &scored_, "Only those whose runs have come.");
    options.Value("--limit", "N", &limit_, "At most so many (default 50).");
    options.Flag("--all", &all_, "Without limit.");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    if (limit_ < 1) return session.Fail(absl::InvalidArgumentError("--limit: must be at least 1"));
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    v1::ListForecastsRequest request;
    request.set_scored(scored_);
    v1::ForecastRecord record;
    absl::StatusOr<v1::ListForecastsResponse> all = ReadPages(
        request, all_ ? std::numeric_limits<int64_t>::max() : limit_,
        [&](const v1::ListForecastsRequest& page) {
          absl::StatusOr<v1::ListForecastsResponse> answer = (*client)->ListForecasts(page);
          if (answer.ok()) record = answer->record();
          return answer;
        },
        [](v1::ListForecastsResponse& page) { return page.mutable_forecasts(); });
    if (!all.ok()) return session.Fail(all.status());
    *all->mutable_record() = record;
    Print(session.console(), *all);
    return kExitOk;
  }

 private:
  void Print(Console& console, const v1::ListForecastsResponse& all) const {
    if (output_.json()) console.out << PrettyJson(all);
    for (const v1::Forecast& forecast : all.forecasts()) {
      if (output_.jsonl()) console.out << JsonLine(forecast);
      if (output_.name()) console.out << forecast.name() << "\n";
    }
    if (!output_.table()) return;
    if (all.forecasts().empty()) {
      console.err << "no forecasts\n";
      return;
    }
    Table table({{"NAME", Align::kLeft, true},
                 {"SAMPLES", Align::kRight},
                 {"ERROR", Align::kRight},
                 {"95 %", Align::kRight},
                 {"CAME", Align::kRight},
                 {"INSIDE"}});
    for (const v1::Forecast& forecast : all.forecasts()) {
      const v1::ForecastScore& score = forecast.score();
      table.Add({Printable(ShortForecastName(forecast.name())),
                 client::WholeText(forecast.samples()), Metric(forecast.value()),
                 absl::StrCat(Metric(forecast.low95()), "-", Metric(forecast.high95())),
                 forecast.has_score() ? Metric(score.measured()) : "",
                 !forecast.has_score() ? ""
                 : score.inside80()    ? "80 %"
                 : score.inside95()    ? "95 %"
                                       : "no"});
    }
    table.Print(console);
    const v1::ForecastRecord& record = all.record();
    if (record.scored() == 0) return;
    console.out << absl::StrFormat(
        "\n%d of %d scored: %.0f %% inside 80 %%, %.0f %% inside 95 %%, mean CRPS %s\n",
        record.scored(), record.forecasts(), 100 * record.coverage80(), 100 * record.coverage95(),
        Metric(record.crps()));
  }

  bool scored_ = false;
  bool all_ = false;
  int64_t limit_ = 50;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastLs() { return std::make_unique<ForecastLs>(); }

}  // namespace trainyard::cli
