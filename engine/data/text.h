// What sources of sequences share: a sample is a window of `context` ids, a byte each, and the
// label of each position is the id that follows it.
#pragma once

#include <cstdint>

#include "engine/base/params.h"
#include "engine/data/source.h"

namespace trainyard {

struct TextOptions {
  int64_t context = 0;
  int64_t vocabulary = 0;
};

// Adds context and vocabulary.
Schema WithText(Schema schema, int default_vocabulary);
TextOptions ReadTextOptions(const Params& params);
DataInfo TextInfo(const TextOptions& options);

}  // namespace trainyard
