// trainyard study ls: which studies there are.
#include <chrono>
#include <limits>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/pages.h"
#include "client/cli/table.h"
#include "client/lib/study_names.h"
#include "client/text/text.h"
#include "trainyard/v1/study_service.pb.h"

namespace trainyard::cli {
namespace {

class StudyLs final : public Command {
 public:
  std::string name() const override { return "study ls"; }
  std::string summary() const override { return "List studies, newest first"; }
  void Declare(Options& options) override {
    options.Value("--limit", "N", &limit_, "At most so many (default 50).");
    options.Flag("--all", &all_, "Without limit.");
    output_.Declare(options);
  }

  int Run(Session& session) override {
    if (limit_ < 1) return session.Fail(absl::InvalidArgumentError("--limit: must be at least 1"));
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    v1::ListStudiesRequest request;
    const absl::StatusOr<v1::ListStudiesResponse> all = ReadPages(
        request, all_ ? std::numeric_limits<int64_t>::max() : limit_,
        [&](const v1::ListStudiesRequest& page) { return (*client)->ListStudies(page); },
        [](v1::ListStudiesResponse& page) { return page.mutable_studies(); });
    if (!all.ok()) return session.Fail(all.status());
    Print(session.console(), *all);
    return kExitOk;
  }

 private:
  void Print(Console& console, const v1::ListStudiesResponse& all) const {
    if (output_.json()) console.out << PrettyJson(all);
    for (const v1::Study& study : all.studies()) {
      if (output_.jsonl()) console.out << JsonLine(study);
      if (output_.name()) console.out << study.name() << "\n";
    }
    if (!output_.table()) return;
    if (all.studies().empty()) {
      console.err << "no studies\n";
      return;
    }
    Table table({{"NAME", Align::kLeft, true},
                 {"STATE"},
                 {"POINTS", Align::kRight},
                 {"CONTENDERS", Align::kRight},
                 {"RUNS", Align::kRight},
                 {"AGE", Align::kRight}});
    const auto now = std::chrono::system_clock::now();
    for (const v1::Study& study : all.studies()) {
      const v1::StudySpecification& specification = study.specification();
      const int points = specification.contenders_size() * specification.sizes_size();
      table.Add({Printable(client::ShortStudyName(study.name())), StateText(study.state(), false),
                 absl::StrCat(study.points_ended(), "/", points),
                 absl::StrCat(specification.contenders_size()), Count(study.total_runs()),
                 Age(study.create_time(), now)});
    }
    table.Print(console);
  }

  int64_t limit_ = 50;
  bool all_ = false;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyLs() { return std::make_unique<StudyLs>(); }

}  // namespace trainyard::cli
