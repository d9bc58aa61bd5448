// From messages to what the engine reads: components with raw parameters.
#pragma once

#include <string>

#include "engine/base/params.h"
#include "engine/base/violations.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

// Deeply nested values and lists beyond what any parameter takes become violations, not memory.
RawComponent ToRaw(const v1::Component& component, const std::string& path, Violations& violations);
RawComponent ToRaw(const v1::Layer& layer, const std::string& path, Violations& violations);

// A message for {type: `type`}.
v1::Component NamedComponent(const std::string& type);

}  // namespace trainyard
