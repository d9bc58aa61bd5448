#include "client/cli/study_submission.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/table.h"
#include "client/lib/specification_file.h"
#include "client/studies/study_numbers.h"
#include "client/text/text.h"
#include "trainyard/v1/study_service.pb.h"

namespace trainyard::cli {
namespace {

// "16.8G": in a column that says what it is.
std::string FlopsCell(double flops) {
  std::string text = FlopsText(flops);
  for (const char* word : {" ", "FLOP"}) {
    const size_t at = text.find(word);
    if (at != std::string::npos) text.erase(at, std::string(word).size());
  }
  return text;
}

int64_t ReusedPoints(const v1::Study& study) {
  return std::count_if(study.points().begin(), study.points().end(),
                       [](const v1::StudyPoint& point) { return point.reused(); });
}

}  // namespace

void StudySubmission::Declare(Options& options) {
  options
      .Positional("FILE", &options_.path, "Study: YAML, JSON or text proto; - for standard input.")
      .Required()
      .Completes(Completion::kFile);
  options.Positional("CHANGE", &options_.overrides,
                     "PATH=VALUE, e.g. seeds=3 or contenders[0].candidates[0].learning_rate=0.01.");
  options.Value("--name", "NAME", &options_.name, "Name of the study; the server makes it unique.");
  options.Value("--priority", "N", &options_.priority,
                "Of its jobs: -100 to 100, higher first (default 0).");
  options.Value("--request-id", "ID", &options_.request_id,
                "Repeats with the same id make one study (default: a random id).");
  options.Flag("--no-reuse", &no_reuse_,
               "Train every point anew, also those whose job was done before.");
  options.Flag("--dry-run", &options_.dry_run,
               "Check only: print points, runs and FLOPs by contender and size.");
}

v1::Study StudySubmission::Send(Session& session, int& exit_code) const {
  return SendSubmission<v1::CreateStudyRequest>(
      options_, session, exit_code, client::ReadStudy,
      [this](v1::CreateStudyRequest& request) {
        request.set_no_reuse(no_reuse_);
        return absl::OkStatus();
      },
      [](client::Client& client, const v1::CreateStudyRequest& request) {
        return client.CreateStudy(request);
      });
}

void SayReusedPoints(Console& console, const v1::Study& study) {
  const int64_t reused = ReusedPoints(study);
  if (reused == 0) return;
  console.err << reused << " of " << study.points_size()
              << (reused == 1 ? " points was" : " points were")
              << " there already (--no-reuse trains every one)" << std::endl;
}

int PrintStudyDryRun(Session& session, const v1::Study& study, const Output& output) {
  Console& console = session.console();
  PrintFormatted(console, study, study.specification().name(), output);
  if (!output.table()) return kExitOk;
  const v1::StudySpecification& specification = study.specification();
  std::map<std::pair<std::string, uint64_t>, const v1::StudyPoint*> points;
  for (const v1::StudyPoint& point : study.points()) {
    points[{point.contender(), point.size()}] = &point;
  }
  console.out << "FLOPs by contender and size\n";
  std::vector<Column> columns = {
      {"CONTENDER", Align::kLeft, true}, {"PARAMETERS", Align::kRight}, {"RUNS", Align::kRight}};
  // Of an extension only what is new.
  std::vector<uint64_t> sizes;
  for (const uint64_t size : specification.sizes()) {
    const bool any = std::any_of(study.points().begin(), study.points().end(),
                                 [&](const v1::StudyPoint& point) { return point.size() == size; });
    if (any) sizes.push_back(size);
  }
  for (const uint64_t size : sizes) columns.push_back({Count(size), Align::kRight});
  Table table(columns);
  for (const v1::Contender& contender : specification.contenders()) {
    uint64_t parameters = 0;
    uint64_t runs = 0;
    std::vector<std::string> cells;
    for (const uint64_t size : sizes) {
      const auto found = points.find({contender.name(), size});
      cells.push_back(found == points.end() ? "" : FlopsCell(found->second->flops()));
      if (found == points.end()) continue;
      parameters = std::max(parameters, found->second->parameters());
      runs += client::RunsOfAPoint(study, contender);
    }
    if (runs == 0) continue;
    std::vector<std::string> row = {Printable(contender.name()),
                                    parameters == 0 ? "-" : Count(parameters), Count(runs)};
    row.insert(row.end(), cells.begin(), cells.end());
    table.Add(row);
  }
  table.Print(console);
  const int64_t reused = ReusedPoints(study);
  console.out << "\npoints          " << Count(static_cast<uint64_t>(study.points_size()))
              << (reused == 0 ? "" : absl::StrCat(", ", reused, " there already"))
              << "\nruns            " << Count(study.total_runs()) << ", with "
              << specification.seeds() << " seeds\nFLOPs           "
              << FlopsText(study.total_flops()) << "\n";
  return kExitOk;
}

}  // namespace trainyard::cli
