// From the learning curves of a ladder of models to the law of its error in parameters and samples,
// and to what limits it where a user stands, by engine/studies/joint_fit. A pure function.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/studies/joint_fit.h"
#include "engine/studies/verdict.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

struct ModelLadder {
  std::string name;  // "": networks that are no ladder
  std::vector<std::string> contenders;
  std::vector<studies::ModelCurve> curves;  // of each contender
};

struct JointAnswer {
  std::optional<v1::StudyJointLaw> law;  // none where there is too little for one
  std::vector<std::pair<std::string, studies::Finding>> findings;  // by their claims
};

// `asked`: where the user wants to know; none: the largest model at its largest size.
JointAnswer AnalyseLadder(const ModelLadder& ladder,
                          const google::protobuf::RepeatedPtrField<v1::OperatingPoint>& asked);

}  // namespace trainyard
