#include "client/lib/sweep_names.h"

#include "client/lib/resource_names.h"

namespace trainyard::client {
namespace {

constexpr char kCollection[] = "sweeps/";

}  // namespace

std::string ShortSweepName(const std::string& name) { return ShortName(kCollection, name); }

absl::StatusOr<v1::Sweep> FindSweep(Client& client, const std::string& text) {
  return FindByName("sweep", kCollection, text,
                    [&](const std::string& name) { return client.GetSweep(name); });
}

}  // namespace trainyard::client
