// trainyard model get JOB: the weights of a finished job and the specification that rebuilds its
// model.
#include <sys/stat.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/job_argument.h"
#include "client/lib/download.h"
#include "client/lib/files.h"
#include "client/lib/job_names.h"
#include "client/lib/spec_to_tree.h"
#include "engine/base/status.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::cli {
namespace {

constexpr char kWeights[] = "model.safetensors";
constexpr char kExtension[] = ".safetensors";

bool IsFolder(const std::string& path) {
  struct stat info {};
  return absl::EndsWith(path, "/") || (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode));
}

class ModelGet final : public Command {
 public:
  std::string name() const override { return "model get"; }
  std::string summary() const override {
    return "Fetch a job's weights and the specification that rebuilds it";
  }
  std::string details() const override {
    return "Writes NAME.safetensors and NAME.yaml (or .json). Both are checked and whole, or "
           "absent.\n"
           "  trainyard model get @last -o models/";
  }
  void Declare(Options& options) override {
    job_.Declare(options);
    options
        .Value("-o,--output", "PATH", &output_,
               "File for the weights, or a folder (default: the current one).")
        .Completes(Completion::kFile);
    options.Value("--format", "FORMAT", &format_, "Of the specification: yaml or json.")
        .OneOf({"yaml", "json"});
  }

  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<std::string> name = job_.Find(session, client);
    if (!name.ok()) return session.Fail(name.status());
    const absl::StatusOr<v1::Job> job = client->GetJob(*name);
    if (!job.ok()) return session.Fail(job.status());
    if (!HasModel(*job)) {
      return session.Fail(absl::FailedPreconditionError(
          absl::StrCat(*name, " is ", StateText(job->state(), false), " and has left no model")));
    }
    std::string weights = output_.empty() ? "." : output_;
    if (IsFolder(weights)) {
      if (weights.back() != '/') weights += '/';
      absl::StrAppend(&weights, client::ShortJobName(*name), kExtension);
    }
    const std::string stem = absl::EndsWith(weights, kExtension)
                                 ? weights.substr(0, weights.size() - sizeof(kExtension) + 1)
                                 : weights;
    const std::string specification = absl::StrCat(stem, ".", format_);
    const absl::StatusOr<v1::Artifact> artifact =
        client::DownloadArtifact(*client, *name, kWeights, weights);
    if (!artifact.ok()) return session.Fail(artifact.status());
    const absl::Status written = client::WriteFile(specification, Text(*job, *artifact));
    if (!written.ok()) return session.Fail(written);
    session.console().out << weights << "\n" << specification << "\n";
    return kExitOk;
  }

 private:
  static bool HasModel(const v1::Job& job) {
    for (const v1::Artifact& artifact : job.artifacts()) {
      if (artifact.name() == kWeights) return true;
    }
    return false;
  }

  std::string Text(const v1::Job& job, const v1::Artifact& artifact) const {
    const client::Node tree = client::TreeFromMessage(job.specification());
    if (format_ == "json") return client::WriteJson(tree);
    return absl::StrCat("# The specification of ", job.name(),
                        ", with every default filled in.\n# Its weights have SHA-256 ",
                        artifact.sha256(), ".\n", client::WriteYaml(tree));
  }

  JobArgument job_;
  std::string output_;
  std::string format_ = "yaml";
};

}  // namespace

std::unique_ptr<Command> MakeModelGet() { return std::make_unique<ModelGet>(); }

}  // namespace trainyard::cli
