#include "server/datasets/file_list.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "server/datasets/content_store.h"

namespace trainyard {
namespace {

constexpr size_t kLongestPath = 512;
constexpr size_t kMostNames = 16;
constexpr size_t kLongestShown = 100;
constexpr size_t kHashDigits = 64;

absl::Status BadPath(const std::string& path, const std::string& why) {
  std::string shown = SafeText(path, kLongestShown);
  for (char& c : shown) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return absl::InvalidArgumentError(absl::StrCat("file '", shown, "': ", why));
}

absl::Status CheckPath(const std::string& path) {
  if (path.empty() || path.size() > kLongestPath || SafeText(path, kLongestPath) != path)
    return BadPath(path, absl::StrCat("a path is UTF-8 of 1 to ", kLongestPath, " bytes"));
  for (const char c : path) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)))
      return BadPath(path, "a path holds no control characters");
  }
  const std::vector<std::string> names = absl::StrSplit(path, '/');
  if (names.size() > kMostNames)
    return BadPath(path, absl::StrCat("at most ", kMostNames, " names deep"));
  for (const std::string& name : names) {
    if (name.empty())
      return BadPath(path, "a path is relative and has no empty names: images/cat/1.png");
    if (name[0] == '.') return BadPath(path, "names that begin with '.' are not taken");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::DatasetFile> ParseLine(const std::string& line) {
  v1::DatasetFile file;
  const size_t space = line.find(' ', kHashDigits + 1);
  uint64_t size = 0;
  if (line.size() < kHashDigits + 1 || line[kHashDigits] != ' ' ||
      !IsSha256(line.substr(0, kHashDigits)) || space == std::string::npos ||
      !absl::SimpleAtoi(line.substr(kHashDigits + 1, space - kHashDigits - 1), &size)) {
    return absl::InvalidArgumentError(absl::StrCat("not a line of a list of files: '",
                                                   SafeText(line, kLongestShown),
                                                   "'; expected \"<sha256> <size> <path>\""));
  }
  file.set_path(line.substr(space + 1));
  RETURN_IF_ERROR(CheckPath(file.path()));
  file.set_sha256(line.substr(0, kHashDigits));
  file.set_size_bytes(size);
  return file;
}

std::string Unpacked(const std::string& path) {
  return absl::EndsWith(path, ".gz") ? path.substr(0, path.size() - 3) : path;
}

}  // namespace

absl::StatusOr<std::vector<v1::DatasetFile>> ParseFileList(const std::string& text) {
  std::vector<v1::DatasetFile> files;
  std::set<std::string> folders;
  if (text.empty()) return absl::InvalidArgumentError("a version has at least one file");
  if (text.back() != '\n')
    return absl::InvalidArgumentError("a list of files ends with the end of a line");
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (files.size() == kMostDatasetFiles) {
      return absl::InvalidArgumentError(absl::StrCat("a version has at most ", kMostDatasetFiles,
                                                     " files; pack samples into fewer files"));
    }
    ASSIGN_OR_RETURN(v1::DatasetFile file, ParseLine(text.substr(begin, end - begin)));
    if (!files.empty() && !(files.back().path() < file.path()))
      return BadPath(file.path(), "files are listed once each, sorted by path");
    for (size_t slash = file.path().find('/'); slash != std::string::npos;
         slash = file.path().find('/', slash + 1)) {
      folders.insert(file.path().substr(0, slash));
    }
    files.push_back(std::move(file));
    begin = end + 1;
  }
  for (const v1::DatasetFile& file : files) {
    if (folders.count(file.path()) != 0) return BadPath(file.path(), "is also a folder");
  }
  return files;
}

std::string WriteFileList(const std::vector<v1::DatasetFile>& files) {
  std::string text;
  for (const v1::DatasetFile& file : files)
    absl::StrAppend(&text, file.sha256(), " ", file.size_bytes(), " ", file.path(), "\n");
  return text;
}

std::string FormatOf(const std::string& path) {
  const std::string name = absl::AsciiStrToLower(Unpacked(path));
  static const struct {
    const char* end;
    const char* format;
  } kFormats[] = {{".csv", "csv"},     {".tsv", "csv"},      {".npy", "npy"},
                  {".jsonl", "jsonl"}, {".ndjson", "jsonl"}, {".txt", "text"},
                  {".png", "images"},  {".jpg", "images"},   {".jpeg", "images"}};
  for (const auto& [end, format] : kFormats) {
    if (absl::EndsWith(name, end)) return format;
  }
  if (absl::EndsWith(name, "ubyte") && absl::StrContains(name, "idx")) return "idx";
  return "other";
}

std::string SourceOf(const std::vector<v1::DatasetFile>& files) {
  std::set<std::string> formats;
  for (const v1::DatasetFile& file : files) formats.insert(FormatOf(file.path()));
  for (const char* source : {"idx", "csv", "npy", "images", "text"}) {
    if (formats.count(source) != 0) return source;
  }
  return "";
}

}  // namespace trainyard
