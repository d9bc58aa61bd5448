#include "engine/base/error_info.h"

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

constexpr char kReason[] = "trainyard/reason";
constexpr char kMetadata[] = "trainyard/metadata/";

}  // namespace

absl::Status WithReason(absl::Status status, const std::string& reason,
                        const std::map<std::string, std::string>& metadata) {
  if (status.ok()) return status;
  status.SetPayload(kReason, absl::Cord(reason));
  for (const auto& [key, value] : metadata) {
    status.SetPayload(absl::StrCat(kMetadata, key), absl::Cord(value));
  }
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kReason);
  return payload.has_value() ? std::string(*payload) : std::string();
}

std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  std::map<std::string, std::string> metadata;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
    if (!absl::StartsWith(url, kMetadata)) return;
    url.remove_prefix(sizeof(kMetadata) - 1);
    metadata[std::string(url.data(), url.size())] = std::string(value);
  });
  return metadata;
}

}  // namespace trainyard
