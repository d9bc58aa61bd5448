// Reads a user's specification, of a job, a study or a sweep: file or standard input, YAML, JSON or
// text proto, overrides applied.
//
//   absl::StatusOr<SpecificationFile> file = ReadSpecification("lenet.yaml", {"batch_size=64"});
//   ... the server answers INVALID_ARGUMENT with violations:
//   for (const std::string& line : Describe(violations, file->sources)) ...
//
// Errors are INVALID_ARGUMENT with one line "file:line:col: path: message" a violation, all at
// once.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/lib/diagnostics.h"
#include "trainyard/v1/spec.pb.h"
#include "trainyard/v1/study.pb.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard::client {

struct SpecificationFile {
  v1::Specification specification;
  SourceMap sources;
};

struct StudyFile {
  v1::StudySpecification specification;
  SourceMap sources;
};

struct SweepFile {
  v1::SweepSpecification specification;
  SourceMap sources;
};

enum class SpecificationFormat { kYaml, kJson, kTextProto };

// By the extension (.yaml .yml .json .textproto .txtpb .pbtxt .prototxt), else by the content.
SpecificationFormat GuessFormat(const std::string& path, const std::string& text);

// `path` "-" is standard input. A specification without a name takes that of the file.
absl::StatusOr<SpecificationFile> ReadSpecification(const std::string& path,
                                                    const std::vector<std::string>& overrides);
// The same from text; `path` decides the format and stands in messages.
absl::StatusOr<SpecificationFile> ParseSpecification(const std::string& text,
                                                     const std::string& path,
                                                     const std::vector<std::string>& overrides);

// Studies, alike. Places are those of the study: "contenders[2].specification.model...".
absl::StatusOr<StudyFile> ReadStudy(const std::string& path,
                                    const std::vector<std::string>& overrides);
absl::StatusOr<StudyFile> ParseStudy(const std::string& text, const std::string& path,
                                     const std::vector<std::string>& overrides);

// Sweeps, alike: "parameters[1].values[0]", "specification.model...".
absl::StatusOr<SweepFile> ReadSweep(const std::string& path,
                                    const std::vector<std::string>& overrides);
absl::StatusOr<SweepFile> ParseSweep(const std::string& text, const std::string& path,
                                     const std::vector<std::string>& overrides);

}  // namespace trainyard::client
