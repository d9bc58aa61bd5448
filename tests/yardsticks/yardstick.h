// The yardsticks of client/specs/bench in tests: read with overrides, and trained from weights and
// samples of a formula that torch_curves.py has, too, so that both sides start from the same
// numbers and no file has to carry them. Used by one thread.
//
//   ASSIGN_OR_RETURN(const v1::Specification specification,
//                    ReadYardstick("resnet18_cifar", {"batch_size=8"}));
//   ASSIGN_OR_RETURN(const Curve curve, TrainByFormula(specification, /*steps=*/50,
//   /*threads=*/2));
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

// All of them.
std::vector<std::string> YardstickNames();

absl::StatusOr<v1::Specification> ReadYardstick(const std::string& name,
                                                const std::vector<std::string>& overrides);

struct Curve {
  std::vector<double> losses;  // of each step's batch, before its update
  // Of the batch that would come next, by the trained model as it predicts: with the running
  // statistics of batch norm.
  double held_out = 0;
};

// The specification's model, loss, optimizer, precision and batch size; of its data the shapes.
absl::StatusOr<Curve> TrainByFormula(const v1::Specification& specification, int64_t steps,
                                     int threads);

}  // namespace trainyard
