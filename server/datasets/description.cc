#include "server/datasets/description.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "engine/formats/csv.h"
#include "engine/formats/idx.h"
#include "engine/formats/input_file.h"
#include "engine/formats/npy.h"
#include "server/datasets/file_list.h"

namespace trainyard {
namespace {

using Part = v1::DatasetDescription::Part;
using Class = v1::DatasetDescription::Class;
using Column = v1::DatasetDescription::Column;

// Reading stops there, and the part is marked as partial.
constexpr int64_t kMostBytesRead = int64_t{4} << 30;
constexpr int kMostParts = 200;
constexpr int kMostColumns = 1000;
constexpr size_t kMostValues = 100;
constexpr size_t kMostCounted = 10'000;
constexpr size_t kLongestName = 100;
constexpr size_t kLongestProblem = 400;
constexpr size_t kBlockBytes = 1 << 20;

void Problem(Part& part, const absl::Status& status) {
  if (!status.ok()) part.set_problem(SafeText(Message(status), kLongestProblem));
}

// By number, by name, or by frequency where they are many.
template <typename Key, typename Less, typename Out>
void ListCounts(const std::map<Key, uint64_t, Less>& counts, Out* out) {
  std::vector<std::pair<std::string, uint64_t>> listed;
  for (const auto& [key, count] : counts) {
    if constexpr (std::is_arithmetic_v<Key>) {
      listed.emplace_back(absl::StrCat(key), count);
    } else {
      listed.emplace_back(key, count);
    }
  }
  if (listed.size() > kMostValues) {
    std::stable_sort(listed.begin(), listed.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    listed.resize(kMostValues);
  }
  for (const auto& [name, count] : listed) {
    Class* added = out->Add();
    added->set_name(SafeText(name, kLongestName));
    added->set_count(count);
  }
}

class Describer {
 public:
  Describer(const v1::DatasetLayout& layout, std::string tree) : tree_(std::move(tree)) {
    for (const v1::DatasetLayout::File& file : layout.files()) files_.push_back(&file.file());
  }

  v1::DatasetDescription Run() {
    std::map<std::string, std::vector<const v1::DatasetFile*>> folders;
    for (const v1::DatasetFile* file : files_) {
      if (FormatOf(file->path()) == "images") {
        folders[Parent(Parent(file->path()))].push_back(file);
      } else if (!IsLabels(*file)) {
        if (description_.parts_size() == kMostParts) break;
        DescribeFile(*file);
      }
    }
    for (const auto& [folder, images] : folders) {
      if (description_.parts_size() < kMostParts) DescribeImages(folder, images);
    }
    return std::move(description_);
  }

 private:
  static std::string Parent(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }

  // IDX files of labels belong to the images beside them.
  bool IsLabels(const v1::DatasetFile& file) const {
    return FormatOf(file.path()) == "idx" && absl::StrContains(file.path(), "labels") &&
           Partner(file, "labels", "images") != nullptr;
  }

  const v1::DatasetFile* Partner(const v1::DatasetFile& file, const std::string& mine,
                                 const std::string& other) const {
    const size_t at = file.path().find(mine);
    if (at == std::string::npos) return nullptr;
    const std::string begin = file.path().substr(0, at) + other;
    for (const v1::DatasetFile* candidate : files_) {
      if (absl::StartsWith(candidate->path(), begin) && FormatOf(candidate->path()) == "idx")
        return candidate;
    }
    return nullptr;
  }

  absl::StatusOr<std::unique_ptr<InputFile>> Open(const v1::DatasetFile& file) const {
    return InputFile::Open(absl::StrCat(tree_, "/", file.path()), file.path());
  }

  void DescribeFile(const v1::DatasetFile& file) {
    Part& part = *description_.add_parts();
    part.set_path(file.path());
    part.set_format(FormatOf(file.path()));
    part.set_size_bytes(file.size_bytes());
    part.set_files(1);
    if (part.format() == "idx") return Problem(part, DescribeIdx(file, part));
    if (part.format() == "npy") return Problem(part, DescribeNpy(file, part));
    if (part.format() == "csv") return Problem(part, DescribeTable(file, part));
    if (part.format() == "text" || part.format() == "jsonl")
      return Problem(part, CountLines(file, part));
  }

  absl::Status DescribeIdx(const v1::DatasetFile& file, Part& part) {
    ASSIGN_OR_RETURN(const auto opened, Open(file));
    ASSIGN_OR_RETURN(const IdxHeader header, ReadIdxHeader(*opened));
    part.set_samples(static_cast<uint64_t>(header.dims[0]));
    for (size_t i = 1; i < header.dims.size(); ++i)
      part.add_shape(static_cast<uint64_t>(header.dims[i]));
    part.set_value_type(IdxTypeName(header.type));
    const v1::DatasetFile* labels =
        header.dims.size() == 1 ? &file : Partner(file, "images", "labels");
    if (labels == nullptr) return absl::OkStatus();
    if (labels != &file) {
      part.set_size_bytes(part.size_bytes() + labels->size_bytes());
      part.set_files(part.files() + 1);
    }
    ASSIGN_OR_RETURN(const auto opened_labels, Open(*labels));
    ASSIGN_OR_RETURN(const IdxHeader label_header, ReadIdxHeader(*opened_labels));
    if (label_header.value_bytes > kMostBytesRead) {
      part.set_partial(true);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::vector<int32_t> values,
                     ReadIdxIntegers(*opened_labels, label_header));
    CountClasses(values, part);
    if (label_header.dims[0] == header.dims[0]) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(labels->path(), " has ", label_header.dims[0],
                                                   " labels for ", header.dims[0], " samples"));
  }

  static void CountClasses(const std::vector<int32_t>& labels, Part& part) {
    std::map<int32_t, uint64_t> counts;
    for (const int32_t label : labels) {
      ++counts[label];
      if (counts.size() > kMostCounted) return;  // targets, or ids
    }
    ListCounts(counts, part.mutable_classes());
  }

  absl::Status DescribeNpy(const v1::DatasetFile& file, Part& part) {
    ASSIGN_OR_RETURN(const auto opened, Open(file));
    ASSIGN_OR_RETURN(const NpyHeader header, ReadNpyHeader(*opened));
    part.set_samples(header.shape.empty() ? 1 : static_cast<uint64_t>(header.shape[0]));
    for (size_t i = 1; i < header.shape.size(); ++i)
      part.add_shape(static_cast<uint64_t>(header.shape[i]));
    part.set_value_type(header.descriptor);
    const bool labels = header.integral() && header.shape.size() == 1;
    if (!labels || header.elements * int64_t{sizeof(int32_t)} > kMostBytesRead)
      return absl::OkStatus();
    std::vector<int32_t> values(static_cast<size_t>(header.elements));
    RETURN_IF_ERROR(ReadNpyIntegers(*opened, header, values.data()));
    CountClasses(values, part);
    return absl::OkStatus();
  }

  // What a column holds so far.
  struct Seen {
    std::string name;
    uint64_t numbers = 0;
    uint64_t texts = 0;
    uint64_t missing = 0;
    double minimum = std::numeric_limits<double>::infinity();
    double maximum = -std::numeric_limits<double>::infinity();
    double sum = 0;
    bool whole = true;  // numbers without a fraction
    bool counted = true;
    std::map<std::string, uint64_t, std::less<>> values;

    void Take(std::string_view field) {
      float number = 0;
      switch (Classify(field, number)) {
        case CsvValue::kMissing:
          ++missing;
          return;
        case CsvValue::kNumber:
          ++numbers;
          sum += number;
          minimum = std::min<double>(minimum, number);
          maximum = std::max<double>(maximum, number);
          whole = whole && std::trunc(number) == number;
          break;
        default:
          ++texts;
      }
      if (!counted) return;
      const auto known = values.find(field.substr(0, kLongestName));
      if (known != values.end()) {
        ++known->second;
      } else if (values.size() < kMostCounted) {
        values.emplace(field.substr(0, kLongestName), 1);
      } else {
        counted = false;
      }
    }
  };

  absl::Status DescribeTable(const v1::DatasetFile& file, Part& part) {
    char delimiter = ',';
    {
      ASSIGN_OR_RETURN(const auto opened, Open(file));
      std::string head(kBlockBytes >> 4, '\0');
      ASSIGN_OR_RETURN(const size_t got, opened->Read(head.data(), head.size()));
      head.resize(std::min(got, head.substr(0, got).find('\n')));
      for (const char candidate : {';', '\t'}) {
        if (std::count(head.begin(), head.end(), candidate) >
            std::count(head.begin(), head.end(), delimiter)) {
          delimiter = candidate;
        }
      }
    }
    ASSIGN_OR_RETURN(const auto opened, Open(file));
    CsvReader reader(*opened, delimiter);
    std::vector<Seen> columns;
    const absl::Status status = ReadRows(*opened, reader, columns, part);
    FillColumns(columns, part);
    return status;
  }

  static absl::Status ReadRows(const InputFile& file, CsvReader& reader, std::vector<Seen>& columns,
                               Part& part) {
    uint64_t rows = 0;
    for (bool first = true;; first = false) {
      ASSIGN_OR_RETURN(const bool any, reader.Next());
      if (!any) break;
      const auto& fields = reader.fields();
      if (first) {
        columns.resize(std::min<size_t>(fields.size(), kMostColumns));
        if (TakeHeader(fields, columns)) continue;
      }
      const bool cut = columns.size() == kMostColumns && fields.size() > columns.size();
      if (fields.size() != columns.size() && !cut) {
        part.set_samples(rows);
        return absl::InvalidArgumentError(absl::StrCat(reader.Where(), ": has ", fields.size(),
                                                       " fields, the first row has ",
                                                       columns.size()));
      }
      for (size_t i = 0; i < columns.size(); ++i) columns[i].Take(fields[i]);
      part.set_samples(++rows);
      if (file.position() < kMostBytesRead) continue;
      part.set_partial(true);
      break;
    }
    return absl::OkStatus();
  }

  // As the data source `csv` decides.
  static bool TakeHeader(const std::vector<std::string_view>& fields, std::vector<Seen>& columns) {
    float number = 0;
    bool header = true;
    for (const std::string_view field : fields)
      header = header && Classify(field, number) != CsvValue::kNumber;
    for (size_t i = 0; i < columns.size(); ++i)
      columns[i].name = header ? std::string(fields[i]) : absl::StrCat(i);
    return header;
  }

  static void FillColumns(const std::vector<Seen>& columns, Part& part) {
    for (const Seen& seen : columns) {
      Column& column = *part.add_columns();
      column.set_name(SafeText(seen.name, kLongestName));
      column.set_type(seen.texts > 0 ? "category" : seen.numbers > 0 ? "number" : "empty");
      column.set_missing(seen.missing);
      column.set_distinct(seen.values.size());
      if (column.type() == "number") {
        column.set_minimum(seen.minimum);
        column.set_maximum(seen.maximum);
        column.set_mean(seen.sum / static_cast<double>(seen.numbers));
      }
      const bool few = seen.counted && seen.values.size() <= kMostValues && seen.whole;
      if (column.type() == "category" || few) ListValues(seen, column);
    }
    if (part.columns_size() == 0) return;
    // The last column is what is predicted unless a specification says otherwise.
    const Column& target = part.columns(part.columns_size() - 1);
    if (columns.back().counted && columns.back().values.size() <= kMostValues)
      *part.mutable_classes() = target.values();
  }

  static void ListValues(const Seen& seen, Column& column) {
    std::vector<std::pair<uint64_t, std::string>> listed;
    for (const auto& [value, count] : seen.values) listed.emplace_back(count, value);
    std::stable_sort(listed.begin(), listed.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (size_t i = 0; i < std::min(listed.size(), kMostValues); ++i) {
      Class* added = column.add_values();
      added->set_name(SafeText(listed[i].second, kLongestName));
      added->set_count(listed[i].first);
    }
  }

  absl::Status CountLines(const v1::DatasetFile& file, Part& part) {
    ASSIGN_OR_RETURN(const auto opened, Open(file));
    std::string block(kBlockBytes, '\0');
    uint64_t lines = 0;
    char last = '\n';
    while (opened->position() < kMostBytesRead) {
      ASSIGN_OR_RETURN(const size_t got, opened->Read(block.data(), block.size()));
      if (got == 0) {
        part.set_samples(lines + (last == '\n' ? 0 : 1));
        return absl::OkStatus();
      }
      lines += static_cast<uint64_t>(
          std::count(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got), '\n'));
      last = block[got - 1];
    }
    part.set_samples(lines);
    part.set_partial(true);
    return absl::OkStatus();
  }

  // A folder of folders: each of these is a class.
  void DescribeImages(const std::string& folder,
                      const std::vector<const v1::DatasetFile*>& images) {
    Part& part = *description_.add_parts();
    part.set_path(folder.empty() ? "./" : folder + "/");
    part.set_format("images");
    part.set_samples(images.size());
    part.set_files(static_cast<uint32_t>(images.size()));
    std::map<std::string, uint64_t> counts;
    uint64_t bytes = 0;
    for (const v1::DatasetFile* image : images) {
      const std::string parent = Parent(image->path());
      ++counts[folder.empty() ? parent : parent.substr(folder.size() + 1)];
      bytes += image->size_bytes();
    }
    part.set_size_bytes(bytes);
    if (counts.size() > 1) ListCounts(counts, part.mutable_classes());
  }

  const std::string tree_;
  std::vector<const v1::DatasetFile*> files_;
  v1::DatasetDescription description_;
};

}  // namespace

v1::DatasetDescription DescribeFiles(const v1::DatasetLayout& layout, const std::string& tree) {
  return Describer(layout, tree).Run();
}

}  // namespace trainyard
