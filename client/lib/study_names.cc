#include "client/lib/study_names.h"

#include "client/lib/resource_names.h"

namespace trainyard::client {
namespace {

constexpr char kCollection[] = "studies/";

}  // namespace

std::string ShortStudyName(const std::string& name) { return ShortName(kCollection, name); }

absl::StatusOr<v1::Study> FindStudy(Client& client, const std::string& text) {
  return FindByName("study", kCollection, text,
                    [&](const std::string& name) { return client.GetStudy(name); });
}

}  // namespace trainyard::client
