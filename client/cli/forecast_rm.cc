// trainyard forecast rm FORECAST: forget a forecast.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/forecast_view.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

class ForecastRm final : public Command {
 public:
  std::string name() const override { return "forecast rm"; }
  std::string summary() const override { return "Forget a forecast"; }
  void Declare(Options& options) override { DeclareForecast(options, &text_); }
  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    const absl::StatusOr<v1::Forecast> gone = (*client)->DeleteForecast(FullForecastName(text_));
    if (!gone.ok()) return session.Fail(gone.status());
    session.console().err << "removed " << Printable(gone->name()) << std::endl;
    return kExitOk;
  }

 private:
  std::string text_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastRm() { return std::make_unique<ForecastRm>(); }

}  // namespace trainyard::cli
