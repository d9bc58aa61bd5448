// trainyard explain [KIND] [TYPE]: what components a specification may name and what each takes.
#include <set>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/table.h"
#include "client/text/text.h"
#include "trainyard/v1/catalog_service.pb.h"

namespace trainyard::cli {
namespace {

std::string FirstSentence(const std::string& text) {
  const size_t stop = text.find(". ");
  return stop == std::string::npos ? text : text.substr(0, stop + 1);
}

void PrintDetails(Console& console, const v1::ComponentDescription& component) {
  console.out << Printable(component.type()) << "  (" << Printable(component.kind()) << ")\n  "
              << Printable(component.doc()) << "\n";
  if (!component.parameters().empty()) {
    console.out << "\n";
    Table table({{"PARAMETER"},
                 {"TYPE"},
                 {"DEFAULT"},
                 {"ACCEPTS", Align::kLeft, true},
                 {"MEANING", Align::kLeft, false, true}});
    for (const auto& parameter : component.parameters()) {
      table.Add({parameter.name(), parameter.type(),
                 parameter.required() ? "required" : parameter.default_value(), parameter.accepts(),
                 parameter.doc()});
    }
    table.Print(console);
  }
  if (!component.example().empty())
    console.out << "\nexample\n  " << Printable(component.example()) << "\n";
}

class Explain final : public Command {
 public:
  std::string name() const override { return "explain"; }
  std::string summary() const override {
    return "Describe layers, losses, optimizers, learners, data sources ...";
  }
  std::string details() const override {
    return "  trainyard explain              every component\n"
           "  trainyard explain layer        all layers\n"
           "  trainyard explain conv2d       what conv2d takes, with an example\n"
           "  trainyard explain schedule one_cycle";
  }
  void Declare(Options& options) override {
    options.Positional("KIND", &first_, "A kind (layer, loss, optimizer ...) or a type (conv2d).")
        .Completes(Completion::kComponentKind);
    options.Positional("TYPE", &second_, "A type of that kind.")
        .Completes(Completion::kComponentType);
    output_.Declare(options);
  }

  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    if (!second_.empty()) return Describe(session, **client, first_, second_);
    const absl::StatusOr<v1::ListComponentsResponse> all = (*client)->ListComponents("");
    if (!all.ok()) return session.Fail(all.status());
    std::set<std::string> kinds;
    for (const v1::ComponentDescription& component : all->components())
      kinds.insert(component.kind());
    if (!first_.empty() && kinds.count(first_) == 0) return Describe(session, **client, "", first_);
    return List(session.console(), *all);
  }

 private:
  int Describe(Session& session, client::Client& client, const std::string& kind,
               const std::string& type) const {
    const absl::StatusOr<v1::ComponentDescription> component = client.GetComponent(kind, type);
    if (!component.ok()) return session.Fail(component.status());
    Console& console = session.console();
    PrintFormatted(console, *component, component->type(), output_);
    if (output_.table()) PrintDetails(console, *component);
    return kExitOk;
  }

  int List(Console& console, const v1::ListComponentsResponse& all) const {
    v1::ListComponentsResponse chosen;
    for (const v1::ComponentDescription& component : all.components()) {
      if (first_.empty() || component.kind() == first_) *chosen.add_components() = component;
    }
    if (output_.json()) console.out << PrettyJson(chosen);
    Table table({{"KIND"}, {"TYPE"}, {"WHAT IT IS", Align::kLeft, false, true}});
    for (const v1::ComponentDescription& component : chosen.components()) {
      if (output_.jsonl()) console.out << JsonLine(component);
      if (output_.name()) console.out << component.type() << "\n";
      table.Add({component.kind(), component.type(), FirstSentence(component.doc())});
    }
    if (output_.table()) table.Print(console);
    return kExitOk;
  }

  std::string first_;
  std::string second_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeExplain() { return std::make_unique<Explain>(); }

}  // namespace trainyard::cli
