// trainyard sweep ls: which sweeps there are.
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
  void Declare(Options& options) override {
    options.Value("--limit", "N", &limit_, "At most so many (default 50).");
    options.Flag("--all", &all_, "Without limit.");
    output_.Declare(options);
  }

  int Run(Session& session) override {
    if (limit_ < 1) return session.Fail(absl::InvalidArgumentError("--limit: must be at least 1"));
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    v1::ListSweepsRequest request;
    const absl::StatusOr<v1::ListSweepsResponse> all = ReadPages(
        request, all_ ? std::numeric_limits<int64_t>::max() : limit_,
        [&](const v1::ListSweepsRequest& page) { return (*client)->ListSweeps(page); },
        [](v1::ListSweepsResponse& page) { return page.mutable_sweeps(); });
    if (!all.ok()) return session.Fail(all.status());
    Print(session.console(), *all);
    return kExitOk;
  }

 private:
  void Print(Console& console, const v1::ListSweepsResponse& all) const {
    if (output_.json()) console.out << PrettyJson(all);
    for (const v1::Sweep& sweep : all.sweeps()) {
      if (output_.jsonl()) console.out << JsonLine(sweep);
      if (output_.name()) console.out << sweep.name() << "\n";
    }
    if (!output_.table()) return;
    if (all.sweeps().empty()) {
      console.err << "no sweeps\n";
      return;
    }
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

  int64_t limit_ = 50;
  bool all_ = false;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeSweepLs() { return std::make_unique<SweepLs>(); }

}  // namespace trainyard::cli
