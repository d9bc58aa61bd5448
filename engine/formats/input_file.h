// A file read from its beginning, plain or gzip (told by its first bytes, not by its name).
//
//   ASSIGN_OR_RETURN(auto file, InputFile::Open(path, "fashion-mnist/train-images-idx3-ubyte.gz"));
//   RETURN_IF_ERROR(file->ReadExactly(header, sizeof header));
//   ...
//   RETURN_IF_ERROR(file->ExpectEnd());
//
// Only regular files are opened, or such that are kept in segments (file_bytes.h). Corrupt contents
// are INVALID_ARGUMENT with the file's name as the user wrote it; after an error the file is of no
// more use. Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/formats/file_bytes.h"

namespace trainyard {

class InputFile {
 public:
  // `name` is what messages call it.
  static absl::StatusOr<std::unique_ptr<InputFile>> Open(const std::string& path,
                                                         const std::string& name);
  ~InputFile();

  // Up to `size` bytes; 0 only at the end. The checksum of a gzip member is checked at its end.
  absl::StatusOr<size_t> Read(void* out, size_t size);
  // INVALID_ARGUMENT where the file ends before.
  absl::Status ReadExactly(void* out, size_t size);
  // INVALID_ARGUMENT where more follows.
  absl::Status ExpectEnd();

  const std::string& name() const { return name_; }
  bool compressed() const { return compressed_; }
  // An upper bound of the contents' size, exact for plain files: no header may make us allocate
  // more.
  int64_t most_bytes() const;
  // What the last four bytes of a gzip file say of its contents' size, modulo 2^32; for plain files
  // the size.
  absl::StatusOr<int64_t> ClaimedBytes() const;
  // Bytes handed out so far.
  int64_t position() const { return position_; }

 private:
  struct Inflater;

  InputFile(std::unique_ptr<FileBytes> bytes, std::string name);
  absl::StatusOr<size_t> ReadPlain(void* out, size_t size);
  absl::StatusOr<size_t> ReadCompressed(void* out, size_t size);
  absl::Status Refill();

  const std::unique_ptr<FileBytes> bytes_;
  const std::string name_;
  bool compressed_ = false;
  int64_t position_ = 0;
  std::unique_ptr<Inflater> inflater_;
};

// The whole contents. INVALID_ARGUMENT where they exceed `limit` bytes.
absl::StatusOr<std::string> ReadWhole(const std::string& path, const std::string& name,
                                      int64_t limit);

// Changes when the file's contents do: its size, time of change and inode.
absl::StatusOr<std::string> FileVersion(const std::string& path, const std::string& name);

// FileVersion with the time of the last change of the file's entry, which nothing that is done to
// the file leaves as it was, whatever time of change it is given. For files of one name: another
// name for the same bytes (a hard link) changes it, too.
absl::StatusOr<std::string> StrictFileVersion(const std::string& path, const std::string& name);

// For messages: "1.5 MB".
std::string BytesText(int64_t bytes);

}  // namespace trainyard
