// A specification without the choice of how to write it: two that ask for the same training become
// the same message. For comparing specifications, and for finding a job that did the same before.
// Pure functions.
#pragma once

#include <string>

#include "engine/spec/catalogs.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

// Parameters of components that are absent get their documented defaults. Components of an unknown
// type, and those within parameters, stay as they are.
void FillParameterDefaults(const Catalogs& catalogs, v1::Specification& specification);

// SHA-256, in hex, of everything that decides the result of a training: a checked specification
// (its defaults are filled in) but for name, resources, monitoring and checkpoints, and
// `data_version`, which tells the bytes of its files. `software` is what trains: a newer one may
// count differently. Empty for what no earlier job can answer for: a training with a budget of wall
// time, a benchmark, a prediction.
std::string ResultKey(const v1::Specification& checked, const std::string& data_version,
                      const std::string& software, const Catalogs& catalogs);

}  // namespace trainyard
