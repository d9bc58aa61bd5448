// trainyard predict JOB: run a finished job's model over samples. A prediction is a job like any
// other: this command submits it, waits, and prints the table that it leaves.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/csv_rows.h"
#include "client/cli/exit_codes.h"
#include "client/cli/job_argument.h"
#include "client/cli/table.h"
#include "client/lib/download.h"
#include "client/lib/files.h"
#include "client/lib/job_names.h"
#include "client/lib/scalars.h"
#include "client/lib/spec_from_tree.h"
#include "client/lib/spec_to_tree.h"
#include "client/lib/watch.h"
#include "client/lib/yaml_parser.h"
#include "engine/base/status.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr char kPredictions[] = "predictions.csv";
constexpr size_t kMaxNameLength = 48;  // the server adds to it
constexpr size_t kMaxPredictionBytes = size_t{1} << 30;

// Ends a wait quietly with the job.
class Silence final : public client::WatchHandler {
 public:
  bool OnEvent(const v1::Event&) override { return true; }
};

// A row as a map from column to value; words that are numbers stay numbers.
client::Node RowNode(const std::vector<std::string>& titles,
                     const std::vector<std::string>& cells) {
  client::Node row = client::Node::Map();
  for (size_t i = 0; i < titles.size(); ++i) {
    const bool number =
        client::ParseNumber(cells[i]).has_value() && cells[i][0] != '.' && cells[i][0] != '+';
    row.Add(titles[i], client::Node::Scalar(cells[i], !number));
  }
  return row;
}

class Predict final : public Command {
 public:
  std::string name() const override { return "predict"; }
  std::string summary() const override { return "Classify samples with a finished job's model"; }
  std::string details() const override {
    return "  trainyard predict @last --count 10\n"
           "  trainyard predict houses --data '{source: {type: csv, path: new.csv}}' -o csv > "
           "out.csv\n"
           "--data takes YAML or a file of it: what stands below 'data:' in a specification. The "
           "model's\n"
           "own transforms are applied; a table needs the model's columns, and no target.";
  }
  void Declare(Options& options) override {
    job_.Declare(options);
    options.Value("--data", "YAML|FILE", &data_, "Other data than the job's own.")
        .Completes(Completion::kFile);
    options
        .Value(
            "--part", "PART", &part_,
            "train, validation, test or all (default: test of the job's own data, all of other).")
        .OneOf({"train", "validation", "test", "all"});
    options.Value("--first", "N", &first_, "First sample of the part (default 0).");
    options.Value("--count", "N", &count_, "So many samples (default: all).");
    options
        .Value("-o,--output", "FORMAT", &format_,
               "table, csv, json, jsonl or name (of the prediction job).")
        .OneOf({"table", "csv", "json", "jsonl", "name"});
  }

  int Run(Session& session) override {
    if (first_ < 0 || count_ < 0) {
      return session.Fail(absl::InvalidArgumentError("--first and --count: must be at least 0"));
    }
    client::SourceMap sources("--data");
    v1::CreateJobRequest request;
    const absl::Status read = ReadData(sources, request);
    if (!read.ok()) return session.FailReading(read);
    client::Client* client = nullptr;
    const absl::StatusOr<std::string> model = job_.Find(session, client);
    if (!model.ok()) return session.Fail(model.status());
    request.mutable_specification()->set_name(JobName(*model));
    v1::Prediction& prediction = *request.mutable_specification()->mutable_predict();
    prediction.set_job(*model);
    prediction.set_part(part_);
    prediction.set_first(static_cast<uint64_t>(first_));
    prediction.set_count(static_cast<uint64_t>(count_));
    const absl::StatusOr<v1::Job> job = client->CreateJob(request);
    if (!job.ok()) return session.Fail(job.status(), &sources);
    if (format_ == "name") session.console().out << job->name() << std::endl;

    Silence silence;
    client::WatchOptions watch;
    watch.job = job->name();
    const auto outcome = client::WatchJob(*client, watch, silence, session.interrupt());
    if (!outcome.ok()) return session.Fail(outcome.status());
    Console& console = session.console();
    if (!outcome->end.has_value()) {
      console.err << "detached; " << job->name() << " goes on\n";
      return kExitInterrupted;
    }
    const int code = ExitCodeOf(outcome->end->state(), outcome->end->reason());
    if (code != kExitOk) {
      console.err << "trainyard: " << job->name() << " " << v1::JobState_Name(outcome->end->state())
                  << ": " << outcome->end->reason() << ": " << outcome->end->message() << "\n";
      return code;
    }
    if (format_ == "name") return kExitOk;
    const absl::StatusOr<std::string> text =
        client::ReadArtifact(*client, job->name(), kPredictions, kMaxPredictionBytes);
    if (!text.ok()) return session.Fail(text.status());
    return Print(session, *text);
  }

 private:
  // YAML in the argument itself, or a file of it; with or without `data:` around it.
  absl::Status ReadData(client::SourceMap& sources, v1::CreateJobRequest& request) const {
    if (data_.empty()) return absl::OkStatus();
    const bool inline_yaml = data_[0] == '{' || absl::StrContains(data_, ": ");
    const std::string name = inline_yaml ? "--data" : data_;
    sources = client::SourceMap(name);
    std::string text = data_;
    if (!inline_yaml) {
      ASSIGN_OR_RETURN(text, client::ReadFile(data_, client::kMaxSpecificationBytes));
    }
    ASSIGN_OR_RETURN(client::Node data, client::ParseYaml(text, name));
    if (const client::Node* inner = data.Find("data")) data = client::Node(*inner);
    client::Node prediction = client::Node::Map();
    prediction.Add("data", std::move(data));
    client::Node root = client::Node::Map();
    root.Add("predict", std::move(prediction));
    Violations violations;
    client::MessageFromTree(root, *request.mutable_specification(), sources, violations);
    std::string lines;
    for (const std::string& line : client::Describe(violations.list(), sources))
      absl::StrAppend(&lines, line, "\n");
    if (lines.empty()) return absl::OkStatus();
    lines.pop_back();
    return absl::InvalidArgumentError(lines);
  }

  static std::string JobName(const std::string& model) {
    std::string name = ("predict-" + client::ShortJobName(model)).substr(0, kMaxNameLength);
    while (name.back() == '-') name.pop_back();
    return name;
  }

  int Print(Session& session, const std::string& text) const {
    Console& console = session.console();
    if (format_ == "csv") {
      console.out << text;
      return kExitOk;
    }
    const auto rows = ParseCsv(text);
    if (!rows.ok())
      return session.Fail(
          absl::DataLossError(absl::StrCat(kPredictions, ": ", Message(rows.status()))));
    if (rows->empty()) return kExitOk;
    const std::vector<std::string>& titles = rows->front();
    if (format_ == "table") {
      std::vector<Column> columns;
      for (const std::string& title : titles) columns.push_back({title, Align::kRight});
      Table table(columns);
      for (size_t i = 1; i < rows->size(); ++i) table.Add((*rows)[i]);
      table.Print(console);
      return kExitOk;
    }
    client::Node list = client::Node::List();
    for (size_t i = 1; i < rows->size(); ++i) list.items.push_back(RowNode(titles, (*rows)[i]));
    if (format_ == "json") {
      console.out << client::WriteJson(list);
      return kExitOk;
    }
    for (const client::Node& row : list.items) console.out << client::WriteJsonLine(row);
    return kExitOk;
  }

  JobArgument job_;
  std::string data_;
  std::string part_;
  int64_t first_ = 0;
  int64_t count_ = 0;
  std::string format_ = "table";
};

}  // namespace

std::unique_ptr<Command> MakePredict() { return std::make_unique<Predict>(); }

}  // namespace trainyard::cli
