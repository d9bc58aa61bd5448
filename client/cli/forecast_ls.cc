// trainyard forecast ls: forecasts, and how good they were.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/forecast_view.h"
#include "client/cli/format.h"
#include "client/cli/listing.h"
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
    listing_.Declare(options);
  }
  int Run(Session& session) override {
    v1::ListForecastsRequest request;
    request.set_scored(scored_);
    v1::ForecastRecord record;
    absl::StatusOr<v1::ListForecastsResponse> all = listing_.Read(
        session, request,
        [&](client::Client& client, const v1::ListForecastsRequest& page) {
          absl::StatusOr<v1::ListForecastsResponse> answer = client.ListForecasts(page);
          if (answer.ok()) record = answer->record();
          return answer;
        },
        [](v1::ListForecastsResponse& page) { return page.mutable_forecasts(); });
    if (!all.ok()) return session.Fail(all.status());
    *all->mutable_record() = record;
    if (listing_.Print(session.console(), *all, all->forecasts(), "no forecasts"))
      PrintTable(session.console(), *all);
    return kExitOk;
  }

 private:
  static void PrintTable(Console& console, const v1::ListForecastsResponse& all) {
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
  Listing listing_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastLs() { return std::make_unique<ForecastLs>(); }

}  // namespace trainyard::cli
