#include "client/cli/parser.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/exit_codes.h"
#include "client/text/text.h"
#include "engine/base/violations.h"

namespace trainyard::cli {
namespace {

constexpr char kDescription[] = "Submits training jobs to a Trainyard server and follows them.";
constexpr char kFooter[] = R"(
A first run:
  trainyard up &                                   a server on this machine
  trainyard run client/specs/fashion_mnist_cnn.yaml
  trainyard run client/specs/fashion_mnist_mlp.yaml optimizer.learning_rate=0.003

Exit codes: 0 ok, 1 API error, 2 usage or bad specification, 3 job, study or sweep failed, 4 authentication, 5 not found,
  6 wrong state, 7 quota or queue full, 8 unreachable, 9 wait timed out, 10 job, study or sweep cancelled, 11 diverged,
  12 data loss, 130 interrupted.
Environment: TRAINYARD_SERVER, TRAINYARD_TOKEN, TRAINYARD_TOKEN_FILE, NO_COLOR.)";

const std::map<std::string, std::string>& GroupSummaries() {
  static const auto& summaries = *new std::map<std::string, std::string>{
      {"job", "Find, follow and cancel jobs"},
      {"data", "See what data the server can read"},
      {"sweep", "Find the best parameters: grids, random search, ASHA"},
      {"study", "Ask what data, models and computation buy"},
      {"forecast", "Say what more data or larger models would give, and be held to it"},
      {"model", "Fetch trained models"}};
  return summaries;
}

class OptionBinder {
 public:
  OptionBinder(CLI::App& app, const Option& option) : app_(app), option_(option) {}
  CLI::Option* operator()(bool* target) const {
    return app_.add_flag(option_.names, *target, option_.doc);
  }
  CLI::Option* operator()(std::vector<std::string>* target) const {
    CLI::Option* bound = app_.add_option(option_.names, *target, option_.doc);
    if (!option_.positional) bound->allow_extra_args(false);  // one word each time it is given
    return bound;
  }
  template <typename Target>
  CLI::Option* operator()(Target* target) const {
    return app_.add_option(option_.names, *target, option_.doc);
  }

 private:
  CLI::App& app_;
  const Option& option_;
};

void Bind(const Options& options, CLI::App& app) {
  for (const Option& option : options.list()) {
    CLI::Option* bound = std::visit(OptionBinder(app, option), option.target);
    if (!option.placeholder.empty()) bound->option_text(option.placeholder);
    if (option.required) bound->required();
    if (!option.choices.empty()) bound->check(CLI::IsMember(option.choices));
  }
}

// All words at which a command line may go on below `app`, for "did you mean".
std::vector<std::string> SubcommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!below->get_group().empty()) names.push_back(below->get_name());
  }
  return names;
}

// Where a command line leaves what is known.
struct Stray {
  std::string word;  // "" where every word is known
  std::string nearest;
};

Stray FindStray(const CLI::App& root, const std::vector<std::string>& arguments) {
  const CLI::App* app = &root;
  for (const std::string& word : arguments) {
    if (word.rfind('-', 0) == 0) {
      if (app->get_option_no_throw(word.substr(0, word.find('='))) != nullptr) continue;
      std::vector<std::string> known;
      for (const CLI::Option* option : app->get_options()) {
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      }
      const std::string flag = word.substr(0, word.find('='));
      return {flag, Nearest(flag, known)};
    }
    const std::vector<std::string> names = SubcommandNames(*app);
    if (names.empty()) continue;
    if (std::find(names.begin(), names.end(), word) == names.end())
      return {word, Nearest(word, names)};
    app = app->get_subcommand(word);
  }
  return {};
}

// CLI11 does not name a command that it does not know, and turns the words that it did not expect
// around.
std::string Complaint(const CLI::ParseError& error, const Stray& stray) {
  const bool flag = stray.word.rfind('-', 0) == 0;
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const bool unexpected = code == CLI::ExitCodes::ExtrasError;
  const bool missing = code == CLI::ExitCodes::RequiredError && !flag;
  if (stray.word.empty() || !(unexpected || missing)) return error.what();
  return absl::StrCat("unknown ", flag ? "flag" : "command", " '", Printable(stray.word), "'",
                      flag ? " here" : "");
}

// Like exit codes, help has one place: CLI11 prints it, we choose the stream.
int Report(const CLI::App& root, const CLI::ParseError& error,
           const std::vector<std::string>& arguments, Console& console) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    root.exit(error, console.out, console.err);
    return kExitOk;
  }
  const Stray stray = FindStray(root, arguments);
  console.err << "trainyard: " << Complaint(error, stray) << "\n";
  if (!stray.nearest.empty()) console.err << "  did you mean '" << stray.nearest << "'?\n";
  console.err << "  'trainyard";
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    console.err << " " << app->get_name();
  }
  console.err << " --help' shows what it takes\n";
  return kExitUsage;
}

}  // namespace

int ParseAndRun(const CommandList& commands, const std::vector<std::string>& arguments,
                Session& session) {
  CLI::App root(kDescription, "trainyard");
  root.footer(kFooter);
  root.require_subcommand(1);
  root.set_help_flag("-h,--help", "Show this help.");
  std::vector<std::unique_ptr<Options>> declared;
  std::map<const CLI::App*, Command*> runnable;
  std::map<std::string, CLI::App*> groups;
  for (const auto& command : commands) {
    const std::vector<std::string> words = absl::StrSplit(command->name(), ' ');
    CLI::App* parent = &root;
    if (words.size() > 1) {
      CLI::App*& group = groups[words[0]];
      if (group == nullptr) {
        const auto summary = GroupSummaries().find(words[0]);
        group =
            root.add_subcommand(words[0], summary == GroupSummaries().end() ? "" : summary->second);
        group->require_subcommand(1);
      }
      parent = group;
    }
    CLI::App* app = parent->add_subcommand(words.back(), command->summary());
    app->footer(command->details());
    declared.push_back(std::make_unique<Options>());
    command->Declare(*declared.back());
    session.Declare(*declared.back());
    Bind(*declared.back(), *app);
    runnable[app] = command.get();
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    root.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return Report(root, error, arguments, session.console());
  }
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  const auto found = runnable.find(app);
  if (found == runnable.end()) return kExitUsage;
  return found->second->Run(session);
}

}  // namespace trainyard::cli
