// What can be told of the parts of a study that a user wrote, whatever is made of them. Pure
// functions.
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/violations.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// Of studies and contenders.
inline constexpr size_t kLongestName = 40;

void CheckLabel(const std::string& path, const std::string& name, bool required,
                Violations& violations);
// A specification of a contender, or a part of one, has nothing that the study decides.
void CheckJobFields(const v1::Specification& job, const std::string& path, Violations& violations);
// Neither have its candidates; with several of them there must be something to choose by.
void CheckCandidates(const google::protobuf::RepeatedPtrField<v1::Run>& candidates,
                     const std::string& path, const v1::Data& data, Violations& violations);

}  // namespace trainyard
