// Forecasts on a screen. What the forecast commands share.
#pragma once

#include <string>

#include "client/cli/console.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "trainyard/v1/forecast.pb.h"

namespace trainyard::cli {

void DeclareForecast(Options& options, std::string* text);
// "forecasts/mlp-540000" -> "mlp-540000".
std::string ShortForecastName(const std::string& name);
// "forecasts/..." of what a user wrote.
std::string FullForecastName(const std::string& text);

// As -o asks.
void PrintForecast(Console& console, const v1::Forecast& forecast, const Output& output);

}  // namespace trainyard::cli
