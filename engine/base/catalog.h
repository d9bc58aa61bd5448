// The components of one kind, by type name.
//
// A catalog is an object that is filled from a table which CMake generates from the folder: a file
// engine/layers/gelu.cc defines `CatalogEntry<Layer> GeluEntry()` in namespace trainyard::layers,
// and is listed by being there. A missing function is a link error that names it.
//
//   Catalog<Layer> catalog = layers::MakeCatalog();
//   std::unique_ptr<Layer> layer = catalog.Make({"dense", {{"units", ...}}}, "model.layers[0]",
//   violations);
//
// Thread-compatible; immutable after filling.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/params.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"

namespace trainyard {

template <typename T>
struct CatalogEntry {
  Schema schema;
  // Params have been read against the schema. Checks that no schema can express (two fields that
  // exclude each other) go to violations; then the result may be null.
  std::function<std::unique_ptr<T>(const Params&, Violations&)> create;
};

template <typename T>
class Catalog {
 public:
  // `kind` as users call it: "layer", "optimizer".
  explicit Catalog(std::string kind) : kind_(std::move(kind)) {}

  void Add(CatalogEntry<T> entry) {
    const std::string type = entry.schema.type();
    const bool added = entries_.emplace(type, std::move(entry)).second;
    TRAINYARD_CHECK(added, "two components of kind " + kind_ + " named " + type);
  }

  // Null where something was added to violations. `path` is that of the component in the
  // specification.
  std::unique_ptr<T> Make(const RawComponent& component, const std::string& path,
                          Violations& violations) const {
    const CatalogEntry<T>* entry = Find(component.type, path, violations);
    if (entry == nullptr) return nullptr;
    const size_t before = violations.list().size();
    const Params params = ReadParams(entry->schema, component.params, path, violations);
    if (violations.list().size() != before) return nullptr;
    std::unique_ptr<T> made = entry->create(params, violations);
    return violations.list().size() == before ? std::move(made) : nullptr;
  }

  const std::string& kind() const { return kind_; }
  std::vector<std::string> types() const {
    std::vector<std::string> types;
    for (const auto& [type, entry] : entries_) types.push_back(type);
    return types;
  }
  // By type.
  const std::map<std::string, CatalogEntry<T>>& entries() const { return entries_; }

 private:
  const CatalogEntry<T>* Find(const std::string& type, const std::string& path,
                              Violations& violations) const {
    const auto found = entries_.find(type);
    if (found != entries_.end()) return &found->second;
    if (type.empty()) {
      violations.Add(JoinPath(path, "type"), absl::StrCat("required: the type of a ", kind_));
    } else {
      violations.Add(JoinPath(path, "type"),
                     absl::StrCat("unknown ", kind_, " '", SafeText(type, 64), "'",
                                  Suggestion(type, types())));
    }
    return nullptr;
  }

  std::string kind_;
  std::map<std::string, CatalogEntry<T>> entries_;
};

}  // namespace trainyard
