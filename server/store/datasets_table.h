// The rows of data sets and of their versions, the jobs that read them, and the answers to requests
// that changed them. Functions on one connection, to be called within a transaction.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "trainyard/v1/dataset.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

struct VersionRow {
  std::string dataset;
  v1::DatasetVersion summary;
  // Content that holds its v1.DatasetLayout.
  std::string layout_sha256;
  // Of the list of files that it was appended with; empty: none.
  std::string appended_sha256;
};

// NOT_FOUND with the nearest name there is.
absl::StatusOr<v1::Dataset> GetDataset(Connection& connection, const std::string& dataset);
// By name, those after `after`.
absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(Connection& connection,
                                                      const std::string& after, int limit);

// Version 0: the newest. NOT_FOUND, with what there is.
absl::StatusOr<VersionRow> GetVersion(Connection& connection, const std::string& dataset,
                                      uint32_t version);
absl::StatusOr<std::optional<VersionRow>> FindVersionByHash(Connection& connection,
                                                            const std::string& dataset,
                                                            const std::string& sha256);
// Newest first, those before `before` (0: all).
absl::StatusOr<std::vector<v1::DatasetVersion>> ListVersions(Connection& connection,
                                                             const std::string& dataset,
                                                             uint32_t before, int limit);
// The last number that a version of that data set had; 0 where there was none.
absl::StatusOr<uint32_t> LastVersion(Connection& connection, const std::string& dataset);

absl::Status InsertVersion(Connection& connection, const VersionRow& row,
                           std::chrono::nanoseconds now);
// FAILED_PRECONDITION DATASET_IN_USE names the jobs that have not ended and need it.
absl::Status RemoveVersion(Connection& connection, const std::string& dataset, uint32_t version);

// Serialized v1.DatasetDescription; empty where it is not known yet.
absl::StatusOr<std::string> FindDescription(Connection& connection, const std::string& dataset,
                                            uint32_t version);
absl::Status KeepDescription(Connection& connection, const std::string& dataset, uint32_t version,
                             const std::string& description);

// Notes which versions a new job reads, from its checked specification. NOT_FOUND where one was
// removed meanwhile.
absl::Status HoldDatasets(Connection& connection, int64_t job_id,
                          const v1::Specification& specification);

// As in requests.h, for answers of any kind.
absl::StatusOr<std::optional<std::string>> FindDatasetAnswer(Connection& connection,
                                                             const std::string& request_id,
                                                             const std::string& body_hash);
absl::Status RememberDatasetAnswer(Connection& connection, const std::string& request_id,
                                   const std::string& body_hash, const std::string& answer,
                                   std::chrono::nanoseconds now);

}  // namespace trainyard
