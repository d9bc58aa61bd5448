// How data sets and their versions are called: by the API ("datasets/flowers/versions/3"), by
// people
// ("flowers@3") and in specifications ("dataset:flowers@3/train.csv"). Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

struct DatasetReference {
  std::string dataset;
  uint32_t version = 0;  // 0: the newest
  std::string path;      // within the version; may be empty

  // "flowers@3".
  std::string Version() const;
  // "dataset:flowers@3/train.csv", without what is not set.
  std::string Text() const;
};

// INVALID_ARGUMENT where it is not 1 to 63 of [a-z0-9-], beginning with a letter or digit.
absl::Status CheckDatasetName(const std::string& name);
// "datasets/flowers" or "flowers". INVALID_ARGUMENT for `field`.
absl::StatusOr<std::string> ParseDatasetName(const std::string& text, const std::string& field);
// "datasets/flowers/versions/3", "flowers@3", or a data set's name, which has version 0.
absl::StatusOr<DatasetReference> ParseVersionName(const std::string& text,
                                                  const std::string& field);
// "dataset:flowers", "dataset:flowers@3", "dataset:flowers/train.csv",
// "dataset:flowers@3/train.csv".
absl::StatusOr<DatasetReference> ParseReference(const std::string& text);

// "datasets/flowers", "datasets/flowers/versions/3".
std::string DatasetName(const std::string& dataset);
std::string VersionName(const std::string& dataset, uint32_t version);

// Calls visit(field, text) for each text of a specification that names an uploaded data set; it may
// change the text. `field` is the path of the field: "data.source.path".
void VisitReferences(v1::Specification& specification,
                     const std::function<void(const std::string& field, std::string& text)>& visit);

}  // namespace trainyard
