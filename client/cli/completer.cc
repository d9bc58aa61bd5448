#include "client/cli/completer.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/exit_codes.h"
#include "client/cli/forecast_view.h"
#include "client/lib/job_names.h"
#include "client/lib/study_names.h"
#include "client/lib/sweep_names.h"
#include "trainyard/v1/catalog_service.pb.h"
#include "trainyard/v1/data_service.pb.h"
#include "trainyard/v1/forecast_service.pb.h"
#include "trainyard/v1/job_service.pb.h"
#include "trainyard/v1/study_service.pb.h"
#include "trainyard/v1/sweep_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr std::chrono::milliseconds kServerPatience{300};
constexpr int kMaxNames = 200;

std::vector<std::string> Names(const Option& option) { return absl::StrSplit(option.names, ','); }

bool TakesValue(const Option& option) { return !std::holds_alternative<bool*>(option.target); }
bool TakesMany(const Option& option) {
  return std::holds_alternative<std::vector<std::string>*>(option.target);
}

// The server, asked within a fraction of a second; null where it does not answer.
client::Client* QuickClient(Session& session) {
  session.set_retry_for(kServerPatience);
  const absl::StatusOr<client::Client*> client = session.Connect();
  return client.ok() ? *client : nullptr;
}

// The first page of what `list`, a List method of the client, gives; empty without a server.
template <typename Request, typename Response>
Response FirstPage(Session& session,
                   absl::StatusOr<Response> (client::Client::*list)(const Request&)) {
  client::Client* const client = QuickClient(session);
  if (client == nullptr) return Response();
  Request request;
  request.set_page_size(kMaxNames);
  absl::StatusOr<Response> page = (client->*list)(request);
  return page.ok() ? *std::move(page) : Response();
}

void AddJobs(Session& session, Completions& completions) {
  completions.candidates.push_back({"@last", "the newest job"});
  const v1::ListJobsResponse page = FirstPage(session, &client::Client::ListJobs);
  for (const v1::Job& job : page.jobs()) {
    completions.candidates.push_back(
        {client::ShortJobName(job.name()), v1::JobState_Name(job.state())});
  }
}

void AddDatasets(Session& session, Completions& completions) {
  const v1::ListDatasetsResponse page = FirstPage(session, &client::Client::ListDatasets);
  for (const v1::Dataset& dataset : page.datasets()) {
    // "datasets/flowers"; files of the server have no name.
    if (dataset.name().empty()) continue;
    completions.candidates.push_back({dataset.name().substr(dataset.name().find('/') + 1),
                                      absl::StrCat("newest version ", dataset.latest_version())});
  }
}

void AddStudies(Session& session, Completions& completions) {
  completions.candidates.push_back({"@last", "the newest study"});
  const v1::ListStudiesResponse page = FirstPage(session, &client::Client::ListStudies);
  for (const v1::Study& study : page.studies()) {
    completions.candidates.push_back(
        {client::ShortStudyName(study.name()), v1::JobState_Name(study.state())});
  }
}

void AddSweeps(Session& session, Completions& completions) {
  completions.candidates.push_back({"@last", "the newest sweep"});
  const v1::ListSweepsResponse page = FirstPage(session, &client::Client::ListSweeps);
  for (const v1::Sweep& sweep : page.sweeps()) {
    completions.candidates.push_back(
        {client::ShortSweepName(sweep.name()), v1::JobState_Name(sweep.state())});
  }
}

void AddForecasts(Session& session, Completions& completions) {
  completions.candidates.push_back({"@last", "the newest forecast"});
  const v1::ListForecastsResponse page = FirstPage(session, &client::Client::ListForecasts);
  for (const v1::Forecast& forecast : page.forecasts()) {
    completions.candidates.push_back(
        {ShortForecastName(forecast.name()), forecast.has_score() ? "scored" : "not scored yet"});
  }
}

void AddComponents(Session& session, const std::string& kind, bool kinds, bool types,
                   Completions& completions) {
  client::Client* const client = QuickClient(session);
  if (client == nullptr) return;
  const absl::StatusOr<v1::ListComponentsResponse> all = client->ListComponents(kind);
  if (!all.ok()) return;
  std::set<std::string> seen;
  for (const v1::ComponentDescription& component : all->components()) {
    if (kinds && seen.insert(component.kind()).second)
      completions.candidates.push_back({component.kind(), "kind"});
    if (types) completions.candidates.push_back({component.type(), component.doc()});
  }
}

// Values of one option or positional. `before`: the positionals that stand already.
void AddValues(const Option& option, const std::vector<std::string>& before, Session& session,
               Completions& completions) {
  switch (option.completion) {
    case Completion::kNothing:
      return;
    case Completion::kJob:
      return AddJobs(session, completions);
    case Completion::kDataset:
      return AddDatasets(session, completions);
    case Completion::kStudy:
      return AddStudies(session, completions);
    case Completion::kSweep:
      return AddSweeps(session, completions);
    case Completion::kForecast:
      return AddForecasts(session, completions);
    case Completion::kFile:
      completions.shell = ShellCompletion::kFiles;
      return;
    case Completion::kFolder:
      completions.shell = ShellCompletion::kFolders;
      return;
    case Completion::kChoice:
      for (const std::string& choice : option.choices)
        completions.candidates.push_back({choice, ""});
      return;
    case Completion::kComponentKind:
      return AddComponents(session, "", true, true, completions);
    case Completion::kComponentType:
      return AddComponents(session, before.empty() ? "" : before[0], false, true, completions);
  }
}

// Completes within one command, whose own words begin at `words[begin]`.
void CompleteCommand(const Options& options, const std::vector<std::string>& words, size_t begin,
                     Session& session, Completions& completions) {
  const Option* waiting = nullptr;  // an option whose value comes next
  std::vector<std::string> positionals;
  bool only_positionals = false;
  for (size_t i = begin; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (waiting != nullptr) {
      waiting = nullptr;
    } else if (word == "--") {
      only_positionals = true;
    } else if (!only_positionals && absl::StartsWith(word, "-") && word != "-") {
      for (const Option& option : options.list()) {
        if (option.positional || !TakesValue(option)) continue;
        for (const std::string& name : Names(option)) {
          if (name == word) waiting = &option;
        }
      }
    } else {
      positionals.push_back(word);
    }
  }
  if (waiting != nullptr) return AddValues(*waiting, positionals, session, completions);
  if (!only_positionals && absl::StartsWith(words.back(), "-")) {
    for (const Option& option : options.list()) {
      if (option.positional) continue;
      completions.candidates.push_back({Names(option).back(), option.doc});
    }
    completions.candidates.push_back({"--help", "Show what the command takes."});
    return;
  }
  size_t index = 0;
  for (const Option& option : options.list()) {
    if (!option.positional) continue;
    if (index++ == positionals.size() || (TakesMany(option) && index <= positionals.size())) {
      return AddValues(option, positionals, session, completions);
    }
  }
}

}  // namespace

Completions Complete(const CommandList& commands, const std::vector<std::string>& words,
                     Session& session) {
  Completions completions;
  if (words.empty()) return completions;
  std::set<std::string> seen;
  for (const auto& command : commands) {
    const std::vector<std::string> name = absl::StrSplit(command->name(), ' ');
    size_t matched = 0;
    while (matched < name.size() && matched + 1 < words.size() && name[matched] == words[matched])
      ++matched;
    if (matched == name.size()) {
      completions.candidates.clear();
      Options options;
      command->Declare(options);
      session.Declare(options);
      CompleteCommand(options, words, matched, session, completions);
      break;
    }
    if (matched + 1 == words.size() && seen.insert(name[matched]).second) {
      const bool group = matched + 1 < name.size();
      completions.candidates.push_back({name[matched], group ? "" : command->summary()});
    }
  }
  std::vector<Candidate> fitting;
  for (Candidate& candidate : completions.candidates) {
    if (absl::StartsWith(candidate.text, words.back())) fitting.push_back(std::move(candidate));
  }
  completions.candidates = std::move(fitting);
  return completions;
}

int PrintCompletions(const CommandList& commands, const std::vector<std::string>& words,
                     Session& session) {
  const Completions completions = Complete(commands, words, session);
  std::ostream& out = session.console().out;
  for (const Candidate& candidate : completions.candidates) {
    out << candidate.text << "\t" << candidate.doc.substr(0, candidate.doc.find('\n')) << "\n";
  }
  if (completions.shell == ShellCompletion::kFiles) out << ":files\n";
  if (completions.shell == ShellCompletion::kFolders) out << ":folders\n";
  return kExitOk;
}

}  // namespace trainyard::cli
