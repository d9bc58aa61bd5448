// Collects everything that is wrong with a specification, so that a user hears of all of it at
// once.
//
// Each violation has the path of the field as the user wrote it ("model.layers[2].units") and a
// message that says what is wrong and what would be accepted. Used by one thread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace trainyard {

struct Violation {
  std::string path;
  std::string message;
};

class Violations {
 public:
  // So many keep their texts; later ones are counted with empty texts, so that a request of a
  // million wrong fields takes little memory.
  static constexpr size_t kMostTexts = 1000;

  void Add(std::string path, std::string message) {
    if (list_.size() < kMostTexts) {
      list_.push_back({std::move(path), std::move(message)});
    } else {
      list_.emplace_back();
    }
  }
  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }
  // OK, or INVALID_ARGUMENT whose message has a line "path: message" for each violation with a
  // text.
  absl::Status ToStatus() const;

 private:
  std::vector<Violation> list_;
};

// `base` + "." + `field`; `field` alone where base is empty.
std::string JoinPath(const std::string& base, const std::string& field);

// The candidate nearest to `name` by edit distance, "" where none is near.
std::string Nearest(const std::string& name, const std::vector<std::string>& candidates);

// "; did you mean 'units'?" or "; known: a, b, c".
std::string Suggestion(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace trainyard
