// What a command takes, as data: one description serves parsing (parser.cc, the only file that
// includes CLI11), help and shell completion.
//
//   void Declare(Options& options) override {
//     options.Positional("JOB", &job_, "Name, unique prefix or
//     @last.").Completes(Completion::kJob); options.Value("--timeout", "TIME", &timeout_, "Give up
//     after so long, e.g. 10m.");
//   }
//
// Targets must outlive the parse.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <variant>
#include <vector>

namespace trainyard::cli {

enum class Completion {
  kNothing,
  kJob,
  kDataset,
  kStudy,
  kSweep,
  kForecast,
  kFile,
  kFolder,
  kChoice,
  kComponentKind,
  kComponentType
};

struct Option {
  // "-o,--output"; for positionals what help shows, "JOB".
  std::string names;
  std::string placeholder;
  std::string doc;
  std::variant<bool*, std::string*, int64_t*, std::vector<std::string>*> target;
  bool positional = false;
  bool required = false;
  Completion completion = Completion::kNothing;
  std::vector<std::string> choices;

  Option& Required() {
    required = true;
    return *this;
  }
  Option& Completes(Completion what) {
    completion = what;
    return *this;
  }
  // Anything else is a usage error.
  Option& OneOf(std::vector<std::string> values) {
    choices = std::move(values);
    completion = Completion::kChoice;
    return *this;
  }
};

class Options {
 public:
  Option& Flag(const std::string& names, bool* target, const std::string& doc) {
    return Add(names, "", doc, target);
  }
  template <typename Target>
  Option& Value(const std::string& names, const std::string& placeholder, Target* target,
                const std::string& doc) {
    return Add(names, placeholder, doc, target);
  }
  template <typename Target>
  Option& Positional(const std::string& name, Target* target, const std::string& doc) {
    Option& option = Add(name, "", doc, target);
    option.positional = true;
    return option;
  }
  const std::deque<Option>& list() const { return list_; }

 private:
  template <typename Target>
  Option& Add(const std::string& names, const std::string& placeholder, const std::string& doc,
              Target* target) {
    Option& option = list_.emplace_back();
    option.names = names;
    option.placeholder = placeholder;
    option.doc = doc;
    option.target = target;
    return option;
  }
  std::deque<Option> list_;  // keeps references
};

}  // namespace trainyard::cli
