// trainyard study ls: which studies there are.
#include <chrono>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/listing.h"
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
  void Declare(Options& options) override { listing_.Declare(options); }

  int Run(Session& session) override {
    const absl::StatusOr<v1::ListStudiesResponse> all =
        listing_.Read(session, v1::ListStudiesRequest(), &client::Client::ListStudies,
                      [](v1::ListStudiesResponse& page) { return page.mutable_studies(); });
    if (!all.ok()) return session.Fail(all.status());
    if (listing_.Print(session.console(), *all, all->studies(), "no studies"))
      PrintTable(session.console(), *all);
    return kExitOk;
  }

 private:
  static void PrintTable(Console& console, const v1::ListStudiesResponse& all) {
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

  Listing listing_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyLs() { return std::make_unique<StudyLs>(); }

}  // namespace trainyard::cli
