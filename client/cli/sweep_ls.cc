// trainyard sweep ls: which sweeps there are.
#include <chrono>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/listing.h"
#include "client/cli/table.h"
#include "client/lib/sweep_names.h"
#include "client/text/text.h"
#include "trainyard/v1/sweep_service.pb.h"

namespace trainyard::cli {
namespace {

const char* MethodName(v1::SweepMethod method) {
  switch (method) {
    case v1::METHOD_GRID:
      return "grid";
    case v1::METHOD_RANDOM:
      return "random";
    case v1::METHOD_ASHA:
      return "asha";
    default:
      return "";
  }
}

class SweepLs final : public Command {
 public:
  std::string name() const override { return "sweep ls"; }
  std::string summary() const override { return "List sweeps, newest first"; }
  void Declare(Options& options) override { listing_.Declare(options); }

  int Run(Session& session) override {
    const absl::StatusOr<v1::ListSweepsResponse> all =
        listing_.Read(session, v1::ListSweepsRequest(), &client::Client::ListSweeps,
                      [](v1::ListSweepsResponse& page) { return page.mutable_sweeps(); });
    if (!all.ok()) return session.Fail(all.status());
    if (listing_.Print(session.console(), *all, all->sweeps(), "no sweeps"))
      PrintTable(session.console(), *all);
    return kExitOk;
  }

 private:
  static void PrintTable(Console& console, const v1::ListSweepsResponse& all) {
    Table table({{"NAME", Align::kLeft, true},
                 {"STATE"},
                 {"METHOD"},
                 {"TRIALS", Align::kRight},
                 {"EARLY", Align::kRight},
                 {"SEEDS", Align::kRight},
                 {"AGE", Align::kRight}});
    const auto now = std::chrono::system_clock::now();
    for (const v1::Sweep& sweep : all.sweeps()) {
      table.Add({Printable(client::ShortSweepName(sweep.name())), StateText(sweep.state(), false),
                 MethodName(sweep.specification().method()),
                 absl::StrCat(sweep.trials_ended(), "/", sweep.total_trials()),
                 absl::StrCat(sweep.trials_stopped_early()),
                 absl::StrCat(sweep.specification().seeds()), Age(sweep.create_time(), now)});
    }
    table.Print(console);
  }

  Listing listing_;
};

}  // namespace

std::unique_ptr<Command> MakeSweepLs() { return std::make_unique<SweepLs>(); }

}  // namespace trainyard::cli
