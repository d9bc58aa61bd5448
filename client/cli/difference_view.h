// Differences of specifications on a screen, for `job diff` and `compare`.
#pragma once

#include <string>
#include <vector>

#include "client/cli/console.h"
#include "trainyard/v1/compare.pb.h"

namespace trainyard::cli {

using SpecificationDifferences = google::protobuf::RepeatedPtrField<v1::SpecificationDifference>;

// Of two jobs "optimizer.learning_rate: 0.001 -> 0.01", a line each; of more a table. `jobs`: names
// for people.
void PrintDifferences(Console& console, const std::vector<std::string>& jobs,
                      const SpecificationDifferences& differences);

}  // namespace trainyard::cli
