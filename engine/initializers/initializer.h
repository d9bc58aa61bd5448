// First values of a parameter, in plain (row-major) order. Thread-compatible and immutable.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "engine/base/catalog.h"
#include "engine/base/philox.h"

namespace trainyard {

struct Fans {
  int64_t in = 1;   // inputs of one output
  int64_t out = 1;  // outputs that one input reaches
};

class Initializer {
 public:
  virtual ~Initializer() = default;
  // Element i is a function of (stream, i) only.
  virtual void Fill(const RandomStream& stream, const Fans& fans,
                    absl::Span<float> values) const = 0;
};

namespace initializers {
Catalog<Initializer> MakeCatalog();
}

}  // namespace trainyard
