#include "engine/data/source.h"

#include <optional>

#include "absl/strings/cord.h"

namespace trainyard {
namespace {
constexpr char kParameterPayload[] = "trainyard/data-source-parameter";
}

absl::Status AtParameter(absl::Status status, const std::string& parameter) {
  if (!status.ok() && ParameterOf(status).empty())
    status.SetPayload(kParameterPayload, absl::Cord(parameter));
  return status;
}

std::string ParameterOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kParameterPayload);
  return payload.has_value() ? std::string(*payload) : "";
}

}  // namespace trainyard
