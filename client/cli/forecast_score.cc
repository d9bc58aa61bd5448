// trainyard forecast score FORECAST --job JOB: score a forecast by a job that measured it.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/forecast_view.h"
#include "client/lib/job_names.h"
#include "trainyard/v1/forecast_service.pb.h"

namespace trainyard::cli {
namespace {

class ForecastScore final : public Command {
 public:
  std::string name() const override { return "forecast score"; }
  std::string summary() const override { return "Score a forecast by a job"; }
  std::string details() const override {
    return "A run that a study made of the same contender at that size is found without this.";
  }
  void Declare(Options& options) override {
    DeclareForecast(options, &text_);
    options.Value("--job", "JOB", &job_, "The job that measured it.")
        .Required()
        .Completes(Completion::kJob);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    const absl::StatusOr<std::string> job = client::ResolveJob(**client, job_);
    if (!job.ok()) return session.Fail(job.status());
    v1::ScoreForecastRequest request;
    request.set_name(FullForecastName(text_));
    request.set_job(*job);
    const absl::StatusOr<v1::Forecast> forecast = (*client)->ScoreForecast(request);
    if (!forecast.ok()) return session.Fail(forecast.status());
    PrintForecast(session.console(), *forecast, output_);
    return kExitOk;
  }

 private:
  std::string text_;
  std::string job_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastScore() { return std::make_unique<ForecastScore>(); }

}  // namespace trainyard::cli
