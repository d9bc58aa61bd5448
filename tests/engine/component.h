// Makes one component of a catalog in a test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/catalog.h"

namespace trainyard {

// Fails the test where a violation is found.
template <typename T>
std::unique_ptr<T> MakeOne(const Catalog<T>& catalog, const std::string& type, RawMap params = {}) {
  Violations violations;
  std::unique_ptr<T> made = catalog.Make({type, std::move(params)}, "it", violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  return made;
}

// "path: message" of each violation that the parameters give.
template <typename T>
std::vector<std::string> ViolationsOf(const Catalog<T>& catalog, const std::string& type,
                                      RawMap params) {
  Violations violations;
  const bool made = catalog.Make({type, std::move(params)}, "it", violations) != nullptr;
  EXPECT_EQ(made, violations.empty());
  std::vector<std::string> lines;
  for (const Violation& violation : violations.list())
    lines.push_back(violation.path + ": " + violation.message);
  return lines;
}

}  // namespace trainyard
