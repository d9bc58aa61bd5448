// trainyard data describe NAME[@VERSION]: what is in a data set, and which versions there are.
#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/table.h"
#include "client/text/text.h"
#include "engine/base/status.h"
#include "trainyard/v1/data_service.pb.h"

namespace trainyard::cli {
namespace {

using Part = v1::DatasetDescription::Part;

constexpr int kVersionsShown = 10;
constexpr int kClassesShown = 20;
constexpr int kWidestBar = 20;
constexpr size_t kHashShown = 12;

std::string Samples(const Part& part) {
  std::string text = Count(part.samples());
  const std::string& format = part.format();
  absl::StrAppend(&text, format == "csv"                         ? " rows"
                         : format == "text" || format == "jsonl" ? " lines"
                                                                 : " samples");
  if (part.shape_size() > 0)
    absl::StrAppend(&text, " of ", Shape({part.shape().begin(), part.shape().end()}));
  if (!part.value_type().empty()) absl::StrAppend(&text, ", ", part.value_type());
  return text;
}

class DataDescribe final : public Command {
 public:
  std::string name() const override { return "data describe"; }
  std::string summary() const override { return "Show what a data set holds"; }
  std::string details() const override {
    return "Samples and shapes, classes with their balance, columns with their ranges, versions\n"
           "with their hashes.\n"
           "  trainyard data describe flowers@2";
  }
  void Declare(Options& options) override {
    options.Positional("NAME", &name_, "Data set, or one of its versions: flowers@2.")
        .Required()
        .Completes(Completion::kDataset);
    output_.Declare(options);
  }

  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    const absl::Status described = Describe(**client, session.console());
    return described.ok() ? kExitOk : session.Fail(described);
  }

 private:
  absl::Status Describe(client::Client& client, Console& console) const {
    ASSIGN_OR_RETURN(const v1::DatasetDescription description,
                     client.DescribeDatasetVersion(name_));
    PrintFormatted(console, description, description.version().path(), output_);
    if (!output_.table()) return absl::OkStatus();
    const v1::DatasetVersion& version = description.version();
    console.out << version.path() << "  " << Count(version.files())
                << (version.files() == 1 ? " file, " : " files, ") << Bytes(version.size_bytes())
                << "\nsha256 " << version.sha256() << "\n";
    for (const Part& part : description.parts()) PrintPart(part, console);
    v1::ListDatasetVersionsRequest request;
    // "datasets/flowers/versions/2"
    request.set_dataset(version.name().substr(0, version.name().find("/versions/")));
    request.set_page_size(kVersionsShown);
    ASSIGN_OR_RETURN(const v1::ListDatasetVersionsResponse versions,
                     client.ListDatasetVersions(request));
    PrintVersions(versions, console);
    return absl::OkStatus();
  }

  static void PrintPart(const Part& part, Console& console) {
    console.out << "\n" << Printable(part.path()) << "  " << part.format();
    if (part.samples() > 0) console.out << ", " << Samples(part);
    console.out << ", " << Bytes(part.size_bytes()) << "\n";
    if (!part.problem().empty()) console.out << "  problem: " << Printable(part.problem()) << "\n";
    if (part.partial())
      console.out << "  too large to be read whole: counts are of its beginning\n";
    if (part.columns_size() > 0) PrintColumns(part, console);
    if (part.classes_size() > 0) PrintClasses(part, console);
  }

  static void PrintColumns(const Part& part, Console& console) {
    Table table({{"  COLUMN", Align::kLeft, true},
                 {"TYPE"},
                 {"MIN", Align::kRight},
                 {"MEAN", Align::kRight},
                 {"MAX", Align::kRight},
                 {"DISTINCT", Align::kRight},
                 {"MISSING", Align::kRight}});
    for (const auto& column : part.columns()) {
      const bool number = column.type() == "number";
      table.Add({"  " + Printable(column.name()), column.type(),
                 number ? Metric(column.minimum()) : "", number ? Metric(column.mean()) : "",
                 number ? Metric(column.maximum()) : "", Count(column.distinct()),
                 column.missing() == 0 ? "" : Count(column.missing())});
    }
    table.Print(console);
  }

  static void PrintClasses(const Part& part, Console& console) {
    uint64_t total = 0;
    uint64_t most = 0;
    uint64_t fewest = UINT64_MAX;
    for (const auto& one : part.classes()) {
      total += one.count();
      most = std::max(most, one.count());
      fewest = std::min(fewest, one.count());
    }
    console.out << "  " << part.classes_size()
                << absl::StrFormat(" classes, the largest %.1f times the smallest\n",
                                   static_cast<double>(most) / static_cast<double>(fewest));
    Table table({{"  CLASS"}, {"COUNT", Align::kRight}, {"SHARE", Align::kRight}, {""}});
    for (int i = 0; i < std::min(part.classes_size(), kClassesShown); ++i) {
      const auto& one = part.classes(i);
      const double share = static_cast<double>(one.count()) / static_cast<double>(total);
      const int length = static_cast<int>(static_cast<double>(one.count()) /
                                          static_cast<double>(most) * kWidestBar);
      table.Add({"  " + Printable(one.name()), Count(one.count()),
                 absl::StrFormat("%.1f%%", share * 100), std::string(length, '#')});
    }
    table.Print(console);
    if (part.classes_size() > kClassesShown)
      console.out << "  ... and " << part.classes_size() - kClassesShown << " more\n";
  }

  static void PrintVersions(const v1::ListDatasetVersionsResponse& versions, Console& console) {
    console.out << "\n";
    Table table({{"VERSION", Align::kRight},
                 {"MADE"},
                 {"SIZE", Align::kRight},
                 {"FILES", Align::kRight},
                 {"BEGINS WITH", Align::kRight},
                 {"SHA256"}});
    for (const v1::DatasetVersion& version : versions.versions()) {
      table.Add({absl::StrCat(version.version()), Date(version.create_time()),
                 Bytes(version.size_bytes()), Count(version.files()),
                 version.appended_to() == 0 ? "" : absl::StrCat(version.appended_to()),
                 version.sha256().substr(0, kHashShown)});
    }
    table.Print(console);
    if (!versions.next_page_token().empty()) console.out << "... and older ones\n";
  }

  std::string name_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeDataDescribe() { return std::make_unique<DataDescribe>(); }

}  // namespace trainyard::cli
