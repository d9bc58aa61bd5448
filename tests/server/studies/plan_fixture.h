// Plans of studies from their text, and what is wrong with them.
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/studies/study_plan.h"

namespace trainyard {

class PlanTest : public ::testing::Test {
 protected:
  static v1::StudySpecification ParseStudy(const std::string& text) {
    v1::StudySpecification study;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &study));
    return study;
  }
  StudyPlan Plan(const v1::StudySpecification& study) {
    violations_ = Violations();
    return PlanStudy(study, violations_);
  }
  // "path: message" of each violation.
  std::vector<std::string> ErrorsOf(const v1::StudySpecification& study) {
    Plan(study);
    std::vector<std::string> errors;
    for (const Violation& violation : violations_.list())
      errors.push_back(absl::StrCat(violation.path, ": ", violation.message));
    return errors;
  }

  Violations violations_;
};

}  // namespace trainyard
