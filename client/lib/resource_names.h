// Names of resources as users write them: "studies/scaling", "scaling", a unique prefix, or "@last"
// (the newest). What job_names.h, study_names.h and sweep_names.h share.
#pragma once

#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace trainyard::client {

// Letters, digits, '-', '_' and '.': what names below a collection are made of.
bool IsResourceId(const std::string& id);

// "studies/scaling" -> "scaling" for the collection "studies/".
std::string ShortName(const std::string& collection, const std::string& name);

// The resource that a user means by `text`. `kind`: "study"; `get(name)` asks the server.
// NOT_FOUND: none; INVALID_ARGUMENT: a prefix of several, which are listed.
template <typename Get>
auto FindByName(const std::string& kind, const std::string& collection, const std::string& text,
                const Get& get) -> std::invoke_result_t<Get, const std::string&> {
  const std::string id = ShortName(collection, text);
  const bool newest = text == "@last";
  if (!newest && !IsResourceId(id)) {
    return absl::NotFoundError(absl::StrCat("'", text, "' is no ", kind,
                                            " name; expected a name, a prefix of one, or @last"));
  }
  // The server knows prefixes, and names the candidates where there are several.
  auto found = get(newest ? text : collection + id);
  if (found.ok() || found.status().code() != absl::StatusCode::kNotFound) return found;
  if (newest) return absl::NotFoundError(absl::StrCat("the server has no ", kind, " yet"));
  return absl::NotFoundError(absl::StrCat("no ", kind, " is named '", id,
                                          "' or begins so; see 'trainyard ", kind, " ls'"));
}

}  // namespace trainyard::client
