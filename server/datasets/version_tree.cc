#include "server/datasets/version_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/formats/file_bytes.h"
#include "server/datasets/files.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

// A file system allows so many names of one file (ext4: 65,000); a folder of equal files may need
// more, and then gets copies.
absl::Status Link(const std::string& content, const std::string& path) {
  if (link(content.c_str(), path.c_str()) == 0) return absl::OkStatus();
  if (errno == ENOENT) {
    return WithReason(absl::DataLossError(absl::StrCat("stored bytes are missing: ", content)),
                      "CONTENT_CORRUPT");
  }
  if (errno != EMLINK) return DiskError("make", path);
  std::error_code error;
  fs::copy_file(content, path, error);
  if (!error) return absl::OkStatus();
  errno = error.value();
  return DiskError("make", path);
}

bool IsWhole(const v1::DatasetLayout::File& file) {
  return file.segments_size() == 1 && file.segments(0).offset() == 0 &&
         file.segments(0).sha256() == file.file().sha256();
}

absl::Status WriteText(const std::string& path, const std::string& text) {
  ASSIGN_OR_RETURN(const DiskFile file, DiskFile::Open(path, O_WRONLY | O_CREAT | O_EXCL));
  RETURN_IF_ERROR(file.Write(text.data(), text.size()));
  return file.Sync();
}

absl::Status MakeSegments(const v1::DatasetLayout::File& file, const ContentStore& contents,
                          const std::string& path) {
  RETURN_IF_ERROR(
      WriteText(path, absl::StrCat("This file is kept in segments, see ", kSegmentsFolder, ".\n")));
  const fs::path place(path);
  const std::string folder = (place.parent_path() / kSegmentsFolder / place.filename()).string();
  RETURN_IF_ERROR(MakeFolders(folder));
  std::string list;
  for (int i = 0; i < file.segments_size(); ++i) {
    const v1::DatasetLayout::Segment& segment = file.segments(i);
    RETURN_IF_ERROR(Link(contents.Path(segment.sha256()), absl::StrCat(folder, "/", i)));
    absl::StrAppend(&list, segment.offset(), " ", segment.size_bytes(), "\n");
  }
  RETURN_IF_ERROR(WriteText(absl::StrCat(folder, "/", kSegmentList), list));
  return SyncFolder(folder);
}

}  // namespace

absl::Status MakeVersionTree(const v1::DatasetLayout& layout, const ContentStore& contents,
                             const std::string& path) {
  const std::string temporary = path + ".new";
  RETURN_IF_ERROR(RemoveAll(temporary));
  RETURN_IF_ERROR(MakeFolders(temporary));
  const auto make = [&]() -> absl::Status {
    std::set<std::string> folders = {temporary};
    for (const v1::DatasetLayout::File& file : layout.files()) {
      const std::string place = absl::StrCat(temporary, "/", file.file().path());
      const std::string folder = fs::path(place).parent_path().string();
      if (folders.insert(folder).second) RETURN_IF_ERROR(MakeFolders(folder));
      RETURN_IF_ERROR(IsWhole(file) ? Link(contents.Path(file.segments(0).sha256()), place)
                                    : MakeSegments(file, contents, place));
    }
    for (const std::string& folder : folders) RETURN_IF_ERROR(SyncFolder(folder));
    // Of a version that was never finished.
    RETURN_IF_ERROR(RemoveAll(path));
    if (rename(temporary.c_str(), path.c_str()) != 0) return DiskError("put in place", path);
    return SyncFolder(fs::path(path).parent_path().string());
  };
  absl::Status status = make();
  if (!status.ok()) RemoveAll(temporary).IgnoreError();
  return status;
}

}  // namespace trainyard
