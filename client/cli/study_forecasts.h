// What is known of the forecasts that were kept of a study. Asks the server.
#pragma once

#include <string>

#include "client/lib/client.h"

namespace trainyard::cli {

// "4 kept, 2 of them scored: 1 inside 80 %, 2 inside 95 %"; "" where there are none, or no answer.
std::string ForecastsOfStudy(client::Client& client, const std::string& study);

}  // namespace trainyard::cli
