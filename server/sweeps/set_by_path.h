// Sets one field or parameter of a specification by the path that command lines use:
// "optimizer.learning_rate", "model.layers[1].units", "batch_size", "loss". What the value means to
// a component is for the compilation to judge; here it must only fit the field's type. A pure
// function.
#pragma once

#include <string>

#include "google/protobuf/struct.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

struct PathProblem {
  enum class Kind { kNone, kPath, kValue };
  Kind kind = Kind::kNone;
  // What is wrong and what would be right.
  std::string message = {};
  bool none() const { return kind == Kind::kNone; }
};

// Messages on the way are made; entries of lists must be there. A component takes a word (its type)
// or a map with its type and parameters. Where there is a problem `specification` may be half
// changed.
PathProblem SetByPath(const std::string& path, const google::protobuf::Value& value,
                      v1::Specification& specification);

}  // namespace trainyard
