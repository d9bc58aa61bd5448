// Compiles the `data` of a specification: components made, split checked, shapes and sizes proven.
#pragma once

#include <string>

#include "engine/data/load.h"
#include "engine/spec/catalogs.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

// The plan's info may be used only where nothing was added to violations. `like`: for prediction,
// what the model's own samples are; else null.
DataPlan CompileData(const v1::Data& data, const DataInfo* like, const Catalogs& catalogs,
                     const DataRoots& roots, const std::string& path, Violations& violations);

}  // namespace trainyard
