// trainyard forecast get FORECAST: a forecast, and its score once its run has come.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/forecast_view.h"

namespace trainyard::cli {
namespace {

class ForecastGet final : public Command {
 public:
  std::string name() const override { return "forecast get"; }
  std::string summary() const override { return "Show a forecast and its score"; }
  void Declare(Options& options) override {
    DeclareForecast(options, &text_);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    const absl::StatusOr<v1::Forecast> forecast = (*client)->GetForecast(FullForecastName(text_));
    if (!forecast.ok()) return session.Fail(forecast.status());
    PrintForecast(session.console(), *forecast, output_);
    return kExitOk;
  }

 private:
  std::string text_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastGet() { return std::make_unique<ForecastGet>(); }

}  // namespace trainyard::cli
