// trainyard forecast make STUDY: what to expect at a size that was not run.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/forecast_view.h"
#include "client/cli/output.h"
#include "client/cli/study_argument.h"
#include "client/lib/scalars.h"
#include "trainyard/v1/forecast_service.pb.h"

namespace trainyard::cli {
namespace {

class ForecastMake final : public Command {
 public:
  std::string name() const override { return "forecast make"; }
  std::string summary() const override { return "Say what more data or a larger model would give"; }
  std::string details() const override {
    return "The forecast is kept, and scored when its run has come: a study of the same contender "
           "at\n"
           "that size, or 'trainyard forecast score FORECAST --job JOB'.\n"
           "  trainyard forecast make @last --contender mlp --factor 10\n"
           "  trainyard forecast make @last --samples 540000 --parameters 4000000";
  }
  void Declare(Options& options) override {
    study_.Declare(options);
    options.Value("--contender", "NAME", &contender_, "Which line of the study.");
    options.Value("--samples", "N", &samples_, "So many training samples.");
    options.Value("--factor", "F", &factor_, "So many times the largest size of the study.");
    options.Value("--parameters", "M", &parameters_,
                  "Of a network of M parameters, by the joint law of all networks.");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    v1::CreateForecastRequest request;
    request.set_contender(contender_);
    for (const auto& [flag, text, set] :
         {Number{"--samples", &samples_, &v1::CreateForecastRequest::set_samples},
          Number{"--factor", &factor_, &v1::CreateForecastRequest::set_factor},
          Number{"--parameters", &parameters_, &v1::CreateForecastRequest::set_parameters}}) {
      if (text->empty()) continue;
      const auto value = client::ParseNumber(*text);
      if (!value.has_value() || !(*value > 0)) {
        return session.Fail(absl::InvalidArgumentError(
            std::string(flag) + ": expected a number above 0, not '" + *text + "'"));
      }
      (request.*set)(*value);
    }
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Study> study = study_.Find(session, client);
    if (!study.ok()) return session.Fail(study.status());
    request.set_study(study->name());
    const absl::StatusOr<v1::Forecast> forecast = client->CreateForecast(request);
    if (!forecast.ok()) return session.Fail(forecast.status());
    PrintForecast(session.console(), *forecast, output_);
    return kExitOk;
  }

 private:
  struct Number {
    const char* flag;
    const std::string* text;
    void (v1::CreateForecastRequest::*set)(double);
  };

  StudyArgument study_;
  std::string contender_;
  std::string samples_;
  std::string factor_;
  std::string parameters_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastMake() { return std::make_unique<ForecastMake>(); }

}  // namespace trainyard::cli
