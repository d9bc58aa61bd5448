#include "client/cli/forecast_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/cli/format.h"
#include "client/figures/number.h"
#include "client/lib/job_names.h"
#include "client/lib/study_names.h"
#include "client/studies/study_tables.h"
#include "client/studies/study_text.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr char kCollection[] = "forecasts/";
constexpr int kLabelWidth = 14;

void Line(Console& console, const std::string& label, const std::string& value) {
  const int width = console.out_is_terminal ? console.width() : 1 << 20;
  std::string margin = PadRight(label, kLabelWidth);
  for (const std::string& line : Wrap(Printable(value), width - kLabelWidth)) {
    console.out << margin << line << "\n";
    margin = std::string(kLabelWidth, ' ');
  }
}

std::string Interval(double low, double high) {
  return absl::StrCat(Metric(low), " to ", Metric(high));
}

std::string LawText(const v1::Forecast& forecast) {
  if (forecast.coefficients_size() == 3 && forecast.exponents_size() == 2) {  // the joint law
    return absl::StrFormat("%.4g + %.4g N^-%.3g + %.4g n^-%.3g", forecast.coefficients(0),
                           forecast.coefficients(1), forecast.exponents(0),
                           forecast.coefficients(2), forecast.exponents(1));
  }
  v1::StudyLaw law;
  law.set_formula(forecast.formula());
  *law.mutable_coefficients() = forecast.coefficients();
  *law.mutable_exponents() = forecast.exponents();
  return client::LawText(law);
}

}  // namespace

void DeclareForecast(Options& options, std::string* text) {
  options.Positional("FORECAST", text, "Name, unique prefix of one, or @last.")
      .Required()
      .Completes(Completion::kForecast);
}

std::string ShortForecastName(const std::string& name) {
  return std::string(absl::StripPrefix(name, kCollection));
}

std::string FullForecastName(const std::string& text) {
  return text == "@last" ? text : absl::StrCat(kCollection, ShortForecastName(text));
}

void PrintForecast(Console& console, const v1::Forecast& forecast, const Output& output) {
  PrintFormatted(console, forecast, forecast.name(), output);
  if (!output.table()) return;
  Line(console, "name", forecast.name());
  Line(console, "of",
       absl::StrCat(forecast.contender().empty()
                        ? absl::StrCat("networks of ", client::WholeText(forecast.parameters()),
                                       " parameters")
                        : forecast.contender(),
                    " at ", client::WholeText(forecast.samples()), " samples, mean of ",
                    forecast.seeds(), " seeds"));
  Line(console, "from",
       absl::StrCat(client::ShortStudyName(forecast.study()), ", up to ",
                    client::WholeText(forecast.largest()), " samples: error ",
                    client::EstimateText(forecast.error_at_largest(), figures::NumberFormat::kPlain,
                                         console.unicode)));
  Line(console, "error",
       absl::StrCat(Metric(forecast.value()),
                    "; 80 %: ", Interval(forecast.low80(), forecast.high80()),
                    "; 95 %: ", Interval(forecast.low95(), forecast.high95())));
  Line(console, "law", LawText(forecast));
  if (forecast.has_core_seconds()) {
    const v1::IntervalEstimate& cost = forecast.core_seconds();
    Line(console, "core time",
         absl::StrCat(client::DurationText(cost.value()), " a run; 95 %: ",
                      client::DurationText(cost.low()), " to ", client::DurationText(cost.high()),
                      "; a power law of what the larger points took"));
  } else {
    Line(console, "core time", "not known: too few points were metered");
  }
  for (const std::string& advice : forecast.advice()) Line(console, "advice", advice);
  if (!forecast.has_score()) {
    Line(console, "score", "none yet: its run has not come");
    return;
  }
  const v1::ForecastScore& score = forecast.score();
  Line(console, "score",
       absl::StrCat(client::ShortJobName(score.job()), " measured ", Metric(score.measured()),
                    " over ", score.seeds(), " seeds: ",
                    score.inside80()   ? "inside the 80 % interval"
                    : score.inside95() ? "inside the 95 % interval, outside the 80 %"
                                       : "outside the 95 % interval",
                    "; CRPS ", Metric(score.crps())));
}

}  // namespace trainyard::cli
