// Specifications made of others: laid over one another, and with values in place of placeholders
// (see Variant in study.proto). For factors of takeaway studies and ladders of models. Pure
// functions.
#pragma once

#include <google/protobuf/map.h>
#include <google/protobuf/struct.pb.h>

#include <set>
#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "trainyard/v1/spec.pb.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

using PlaceholderValues = google::protobuf::Map<std::string, google::protobuf::Value>;

// Messages field by field; components, durations, lists and maps are replaced as wholes.
void LayOver(const v1::Specification& upper, v1::Specification& lower);
// Which fields LayOver would replace: "budget.epochs", "optimizer", "model.layers".
std::vector<std::string> ChangedPaths(const v1::Specification& upper);

// Puts values in place of the placeholders in layers and components: of types and of parameters.
// What a value brings is not looked at again. What is wrong, with its path in the specification: a
// placeholder without a value, a type that is no word, more than a MiB of values. Names that were
// used are added to `used`.
void FillPlaceholders(const PlaceholderValues& values, v1::Specification& specification,
                      std::set<std::string>& used, Violations& violations);

}  // namespace trainyard
