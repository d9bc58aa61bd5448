#include "server/datasets/append.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/error_info.h"
#include "engine/base/safe_text.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "engine/formats/csv.h"
#include "engine/formats/idx.h"
#include "engine/formats/input_file.h"
#include "engine/formats/npy.h"
#include "server/datasets/file_list.h"
#include "server/datasets/gzip_writer.h"

namespace trainyard {
namespace {

using Segment = v1::DatasetLayout::Segment;

constexpr size_t kBlockBytes = 1 << 20;
constexpr size_t kLongestHeader = 1 << 20;
constexpr size_t kLongestShown = 200;
constexpr int kMostSegments = 4096;

// One append.
class Appender {
 public:
  Appender(const v1::DatasetLayout::File& before, std::string before_path,
           const v1::DatasetFile& more, ContentStore& contents)
      : before_(before),
        before_path_(std::move(before_path)),
        more_(more),
        contents_(contents),
        name_(before.file().path()) {}

  absl::StatusOr<v1::DatasetLayout::File> Run() {
    const std::string format = FormatOf(name_);
    if (before_.segments_size() + 2 > kMostSegments) {
      return Wrong(absl::StrCat("was appended to ", kMostSegments / 2,
                                " times; put it as a whole, then append again"));
    }
    ASSIGN_OR_RETURN(const auto opened, Open(before_path_));
    compressed_ = opened->compressed();
    if (format == "csv" || format == "jsonl" || format == "text") {
      RETURN_IF_ERROR(AppendLines(format));
    } else if (format == "npy" || format == "idx") {
      RETURN_IF_ERROR(AppendArray(format));
    } else {
      return Wrong(
          "is there with other contents, and nothing can be appended to it; use another "
          "path, or put a new version");
    }
    return Whole();
  }

 private:
  absl::Status Wrong(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": ", what));
  }

  absl::StatusOr<std::unique_ptr<InputFile>> Open(const std::string& path) const {
    return InputFile::Open(path, name_);
  }
  absl::StatusOr<std::unique_ptr<InputFile>> OpenMore() const {
    return InputFile::Open(contents_.Path(more_.sha256()), name_ + " (appended)");
  }

  // --- lines

  absl::Status AppendLines(const std::string& format) {
    uint64_t skip = 0;
    if (format == "csv") {
      ASSIGN_OR_RETURN(skip, CheckTable());
    }
    for (const Segment& segment : before_.segments()) *file_.add_segments() = segment;
    ASSIGN_OR_RETURN(const char last, LastByte());
    if (last != '\n') RETURN_IF_ERROR(AddBytes("\n"));
    return AddRest(skip);
  }

  // Bytes of the header that is left out.
  absl::StatusOr<uint64_t> CheckTable() const {
    ASSIGN_OR_RETURN(const std::string head, FirstLine(before_path_));
    ASSIGN_OR_RETURN(const std::string more_head, FirstLine(contents_.Path(more_.sha256())));
    char delimiter = ',';
    for (const char candidate : {';', '\t'}) {
      if (std::count(head.begin(), head.end(), candidate) >
          std::count(head.begin(), head.end(), delimiter)) {
        delimiter = candidate;
      }
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> first, FirstRecord(before_path_, delimiter));
    ASSIGN_OR_RETURN(const std::vector<std::string> more_first, CheckRows(delimiter, first.size()));
    const bool headed = IsHeader(first);
    const bool more_headed = IsHeader(more_first);
    if (headed && first == more_first) {
      return static_cast<uint64_t>(more_head.size());
    }
    if (headed == more_headed) {
      if (!headed) return uint64_t{0};
      return Wrong(absl::StrCat("its header is ", Shown(first), ", the appended rows begin with ",
                                Shown(more_first), "; begin them with the same header"));
    }
    if (headed) return uint64_t{0};
    return Wrong(absl::StrCat("has no header, the appended rows begin with one, ",
                              Shown(more_first), "; leave it out"));
  }

  static bool IsHeader(const std::vector<std::string>& fields) {
    float number = 0;
    return std::none_of(fields.begin(), fields.end(), [&](const std::string& field) {
      return Classify(field, number) == CsvValue::kNumber;
    });
  }

  static std::string Shown(const std::vector<std::string>& fields) {
    return absl::StrCat("'", SafeText(absl::StrJoin(fields, ","), kLongestShown), "'");
  }

  // With the end of the line.
  absl::StatusOr<std::string> FirstLine(const std::string& path) const {
    ASSIGN_OR_RETURN(const auto file, Open(path));
    std::string line;
    char byte = 0;
    while (line.size() < kLongestHeader) {
      ASSIGN_OR_RETURN(const size_t got, file->Read(&byte, 1));
      if (got == 0) break;
      line.push_back(byte);
      if (byte == '\n') break;
    }
    return line;
  }

  absl::StatusOr<std::vector<std::string>> FirstRecord(const std::string& path,
                                                       char delimiter) const {
    ASSIGN_OR_RETURN(const auto file, Open(path));
    CsvReader reader(*file, delimiter);
    ASSIGN_OR_RETURN(const bool any, reader.Next());
    if (!any) return Wrong("is empty; put a new version in place of appending");
    return std::vector<std::string>(reader.fields().begin(), reader.fields().end());
  }

  // The first record of what is appended, whose records all have `fields` fields.
  absl::StatusOr<std::vector<std::string>> CheckRows(char delimiter, size_t fields) const {
    ASSIGN_OR_RETURN(const auto file, OpenMore());
    CsvReader reader(*file, delimiter);
    std::vector<std::string> first;
    for (int64_t rows = 0;; ++rows) {
      ASSIGN_OR_RETURN(const bool any, reader.Next());
      if (!any && rows == 0) return Wrong("there are no rows to append");
      if (!any) return first;
      if (reader.fields().size() != fields) {
        return absl::InvalidArgumentError(absl::StrCat(reader.Where(), ": has ",
                                                       reader.fields().size(),
                                                       " fields, the "
                                                       "table has ",
                                                       fields, " columns"));
      }
      if (rows == 0) first.assign(reader.fields().begin(), reader.fields().end());
    }
  }

  absl::StatusOr<char> LastByte() const {
    ASSIGN_OR_RETURN(const auto file, Open(before_path_));
    if (!compressed_) {
      if (before_.file().size_bytes() == 0) return '\n';
      ASSIGN_OR_RETURN(const auto bytes, FileBytes::Open(before_path_, name_));
      char last = '\n';
      RETURN_IF_ERROR(bytes->ReadAt(bytes->size() - 1, &last, 1).status());
      return last;
    }
    std::string block(kBlockBytes, '\0');
    char last = '\n';
    for (;;) {
      ASSIGN_OR_RETURN(const size_t got, file->Read(block.data(), block.size()));
      if (got == 0) return last;
      last = block[got - 1];
    }
  }

  // --- arrays

  struct Array {
    // Type and width of a value, for comparison and messages.
    std::string type;
    std::vector<int64_t> shape;
    uint64_t header_bytes = 0;
  };

  static absl::StatusOr<Array> ReadArray(InputFile& file, const std::string& format) {
    Array array;
    if (format == "idx") {
      ASSIGN_OR_RETURN(const IdxHeader header, ReadIdxHeader(file));
      array.type = IdxTypeName(header.type);
      array.shape = header.dims;
    } else {
      ASSIGN_OR_RETURN(const NpyHeader header, ReadNpyHeader(file));
      array.type = header.descriptor;
      array.shape = header.shape;
    }
    array.header_bytes = static_cast<uint64_t>(file.position());
    return array;
  }

  absl::Status AppendArray(const std::string& format) {
    ASSIGN_OR_RETURN(const auto before, Open(before_path_));
    ASSIGN_OR_RETURN(const auto more, OpenMore());
    ASSIGN_OR_RETURN(const Array array, ReadArray(*before, format));
    ASSIGN_OR_RETURN(const Array appended, ReadArray(*more, format));
    const auto samples_differ = [&] {
      return array.shape.size() != appended.shape.size() || array.shape.empty() ||
             !std::equal(array.shape.begin() + 1, array.shape.end(), appended.shape.begin() + 1);
    };
    if (array.type != appended.type || samples_differ()) {
      return Wrong(absl::StrCat("is ", array.type, " of ", absl::StrJoin(array.shape, " x "),
                                ", what is appended is ", appended.type, " of ",
                                absl::StrJoin(appended.shape, " x "),
                                "; they may differ in the first number only"));
    }
    std::vector<int64_t> shape = array.shape;
    shape[0] += appended.shape[0];
    if (format == "idx" && shape[0] > std::numeric_limits<int32_t>::max())
      return Wrong("would have more samples than an IDX file can");
    RETURN_IF_ERROR(AddBytes(format == "idx" ? IdxHead(*before, shape[0], before_path_)
                                             : NpyHead(array.type, shape)));
    RETURN_IF_ERROR(AddBody(array.header_bytes));
    return AddRest(appended.header_bytes);
  }

  // The magic number and the other dimensions stay.
  std::string IdxHead(InputFile& before, int64_t count, const std::string& path) const {
    constexpr size_t kCountAt = 4;
    constexpr int kByteBits = 8;
    std::string head(static_cast<size_t>(before.position()), '\0');
    const auto again = Open(path);
    if (!again.ok() || !(*again)->ReadExactly(head.data(), head.size()).ok()) return head;
    for (size_t i = 0; i < sizeof(int32_t); ++i) {
      head[kCountAt + i] =
          static_cast<char>(count >> (kByteBits * static_cast<int>(sizeof(int32_t) - 1 - i)));
    }
    return head;
  }

  static std::string NpyHead(const std::string& descriptor, const std::vector<int64_t>& shape) {
    constexpr size_t kAlignment = 64;
    constexpr size_t kFixedBytes = 10;  // magic, version, length
    constexpr int kByteBits = 8;
    std::string text =
        absl::StrCat("{'descr': '", descriptor, "', 'fortran_order': False, 'shape': (",
                     absl::StrJoin(shape, ", "), shape.size() == 1 ? ",), }" : "), }");
    while ((kFixedBytes + text.size() + 1) % kAlignment != 0) text.push_back(' ');
    text.push_back('\n');
    std::string head("\x93NUMPY\x01\x00", kFixedBytes - 2);
    head.push_back(static_cast<char>(text.size()));
    head.push_back(static_cast<char>(text.size() >> kByteBits));
    return head + text;
  }

  // What follows the header of the file as it is.
  absl::Status AddBody(uint64_t header_bytes) {
    if (!compressed_) {
      uint64_t skip = header_bytes;
      for (Segment segment : before_.segments()) {
        const uint64_t cut = std::min(skip, segment.size_bytes());
        skip -= cut;
        segment.set_offset(segment.offset() + cut);
        segment.set_size_bytes(segment.size_bytes() - cut);
        if (segment.size_bytes() > 0) *file_.add_segments() = segment;
      }
      return absl::OkStatus();
    }
    // Of a file that was appended to, the header is a member by itself.
    if (before_.segments_size() > 1) {
      ASSIGN_OR_RETURN(const auto first, Open(contents_.Path(before_.segments(0).sha256())));
      ASSIGN_OR_RETURN(const std::string head, ReadSome(*first, header_bytes + 1));
      if (head.size() == header_bytes) {
        for (int i = 1; i < before_.segments_size(); ++i)
          *file_.add_segments() = before_.segments(i);
        return absl::OkStatus();
      }
    }
    ASSIGN_OR_RETURN(const auto file, Open(before_path_));
    return AddContents(*file, header_bytes);
  }

  static absl::StatusOr<std::string> ReadSome(InputFile& file, uint64_t most) {
    std::string bytes(most, '\0');
    size_t done = 0;
    while (done < bytes.size()) {
      ASSIGN_OR_RETURN(const size_t got, file.Read(bytes.data() + done, bytes.size() - done));
      if (got == 0) break;
      done += got;
    }
    bytes.resize(done);
    return bytes;
  }

  // --- segments

  // What is appended, from byte `skip` of its contents on.
  absl::Status AddRest(uint64_t skip) {
    ASSIGN_OR_RETURN(const auto more, OpenMore());
    const bool as_it_is = compressed_ ? more->compressed() && skip == 0 : !more->compressed();
    if (!as_it_is) return AddContents(*more, skip);
    if (more_.size_bytes() > skip) AddSegment(more_.sha256(), skip, more_.size_bytes() - skip);
    return absl::OkStatus();
  }

  void AddSegment(const std::string& sha256, uint64_t offset, uint64_t size) {
    Segment* segment = file_.add_segments();
    segment->set_sha256(sha256);
    segment->set_offset(offset);
    segment->set_size_bytes(size);
  }

  // As a content of the server's own, compressed where the file is.
  absl::Status Make(const std::function<absl::Status(const ContentStore::Sink&)>& write) {
    absl::StatusOr<StoredContent> made = contents_.Add([&](const ContentStore::Sink& sink) {
      if (!compressed_) return write(sink);
      GzipWriter gzip(sink);
      RETURN_IF_ERROR(write([&](const std::string& bytes) { return gzip.Write(bytes); }));
      return gzip.Finish();
    });
    if (!made.ok()) return made.status();
    AddSegment(made->sha256, 0, made->size_bytes);
    return absl::OkStatus();
  }

  absl::Status AddBytes(const std::string& bytes) {
    return Make([&](const ContentStore::Sink& sink) { return sink(bytes); });
  }

  absl::Status AddContents(InputFile& file, uint64_t skip) {
    return Make([&](const ContentStore::Sink& sink) -> absl::Status {
      std::string block(kBlockBytes, '\0');
      uint64_t left = skip;
      for (;;) {
        block.resize(kBlockBytes);
        const size_t wanted = left > 0 ? std::min<uint64_t>(left, kBlockBytes) : kBlockBytes;
        ASSIGN_OR_RETURN(const size_t got, file.Read(block.data(), wanted));
        if (got == 0) return absl::OkStatus();
        if (left > 0) {
          left -= got;
          continue;
        }
        block.resize(got);
        RETURN_IF_ERROR(sink(block));
      }
    });
  }

  // Size and hash of all segments together.
  absl::StatusOr<v1::DatasetLayout::File> Whole() {
    Sha256 hash;
    uint64_t size = 0;
    std::string block(kBlockBytes, '\0');
    for (const Segment& segment : file_.segments()) {
      ASSIGN_OR_RETURN(const auto bytes, FileBytes::Open(contents_.Path(segment.sha256()), name_));
      for (uint64_t done = 0; done < segment.size_bytes();) {
        const size_t wanted = std::min<uint64_t>(kBlockBytes, segment.size_bytes() - done);
        ASSIGN_OR_RETURN(
            const size_t got,
            bytes->ReadAt(static_cast<int64_t>(segment.offset() + done), block.data(), wanted));
        if (got == 0) return Changed();
        hash.Update(block.data(), got);
        done += got;
      }
      size += segment.size_bytes();
      if (size == before_.file().size_bytes() && SharesBytes() &&
          hash.HexDigest() != before_.file().sha256()) {
        return Changed();
      }
    }
    file_.mutable_file()->set_path(name_);
    file_.mutable_file()->set_size_bytes(size);
    file_.mutable_file()->set_sha256(hash.HexDigest());
    return file_;
  }

  // Lines: the bytes of the file as it was are the first ones.
  bool SharesBytes() const {
    const std::string format = FormatOf(name_);
    return format != "npy" && format != "idx";
  }

  absl::Status Changed() const {
    return WithReason(
        absl::DataLossError(absl::StrCat(name_, ": stored bytes have changed on disk")),
        "CONTENT_CORRUPT");
  }

  const v1::DatasetLayout::File& before_;
  const std::string before_path_;
  const v1::DatasetFile& more_;
  ContentStore& contents_;
  const std::string name_;
  bool compressed_ = false;
  v1::DatasetLayout::File file_;
};

}  // namespace

absl::StatusOr<v1::DatasetLayout::File> AppendToFile(const v1::DatasetLayout::File& before,
                                                     const std::string& before_path,
                                                     const v1::DatasetFile& more,
                                                     ContentStore& contents) {
  return Appender(before, before_path, more, contents).Run();
}

absl::Status CheckIdxPairs(const v1::DatasetLayout& layout, const std::string& tree) {
  constexpr char kImages[] = "images";
  // By the name without its rank and what tells images and labels apart.
  std::map<std::string, std::pair<std::string, int64_t>> seen;
  for (const v1::DatasetLayout::File& file : layout.files()) {
    const std::string& path = file.file().path();
    const bool images = absl::StrContains(path, kImages);
    if (FormatOf(path) != "idx" || (!images && !absl::StrContains(path, "labels"))) continue;
    ASSIGN_OR_RETURN(const auto opened, InputFile::Open(absl::StrCat(tree, "/", path), path));
    ASSIGN_OR_RETURN(const IdxHeader header, ReadIdxHeader(*opened));
    const std::string key = path.substr(0, path.find(images ? kImages : "labels"));
    const auto [other, added] = seen.try_emplace(key, path, header.dims[0]);
    if (added || other->second.second == header.dims[0]) continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": would have ", header.dims[0],
                                                   " samples, and ", other->second.first, " ",
                                                   other->second.second, "; append to both"));
  }
  return absl::OkStatus();
}

}  // namespace trainyard
