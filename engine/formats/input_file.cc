#include "engine/formats/input_file.h"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr size_t kInputBytes = 64 << 10;
// Deflate cannot shrink by more (RFC 1951: 258 bytes from 2 bits).
constexpr int64_t kLargestRatio = 1032;
constexpr int kGzipWindowBits = 15 + 16;
constexpr size_t kTrailerBytes = 4;

}  // namespace

struct InputFile::Inflater {
  z_stream stream = {};
  std::array<unsigned char, kInputBytes> input;
  bool in_member = true;  // between the header and the trailer of a gzip member
  bool at_end = false;    // of the file
};

InputFile::InputFile(std::unique_ptr<FileBytes> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)) {}

InputFile::~InputFile() {
  if (inflater_ != nullptr) inflateEnd(&inflater_->stream);
}

absl::StatusOr<std::unique_ptr<InputFile>> InputFile::Open(const std::string& path,
                                                           const std::string& name) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileBytes> bytes, FileBytes::Open(path, name));
  std::array<unsigned char, 2> magic = {};
  const absl::StatusOr<size_t> got = bytes->ReadAt(0, magic.data(), magic.size());
  std::unique_ptr<InputFile> file(new InputFile(std::move(bytes), name));
  if (got.ok() && *got == magic.size() && magic[0] == 0x1f && magic[1] == 0x8b) {
    file->compressed_ = true;
    file->inflater_ = std::make_unique_for_overwrite<Inflater>();
    if (inflateInit2(&file->inflater_->stream, kGzipWindowBits) != Z_OK) {
      return absl::ResourceExhaustedError(absl::StrCat(name, ": no memory to decompress"));
    }
  }
  return file;
}

int64_t InputFile::most_bytes() const {
  return compressed_ ? bytes_->size() * kLargestRatio : bytes_->size();
}

absl::StatusOr<int64_t> InputFile::ClaimedBytes() const {
  if (!compressed_) return bytes_->size();
  std::array<unsigned char, kTrailerBytes> trailer;
  int64_t at = bytes_->size() - int64_t{kTrailerBytes};
  for (size_t done = 0; done < kTrailerBytes;) {
    ASSIGN_OR_RETURN(const size_t got,
                     at < 0 ? absl::StatusOr<size_t>(0)
                            : bytes_->ReadAt(at, trailer.data() + done, kTrailerBytes - done));
    if (got == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(name_, ": too short for gzip; copy the file again"));
    }
    done += got;
    at += static_cast<int64_t>(got);
  }
  return static_cast<int64_t>(uint32_t{trailer[0]} | uint32_t{trailer[1]} << 8 |
                              uint32_t{trailer[2]} << 16 | uint32_t{trailer[3]} << 24);
}

absl::StatusOr<size_t> InputFile::Read(void* out, size_t size) {
  if (size == 0) return size_t{0};
  ASSIGN_OR_RETURN(const size_t got,
                   compressed_ ? ReadCompressed(out, size) : ReadPlain(out, size));
  position_ += static_cast<int64_t>(got);
  return got;
}

absl::StatusOr<size_t> InputFile::ReadPlain(void* out, size_t size) {
  return bytes_->Read(out, size);
}

absl::Status InputFile::Refill() {
  Inflater& inflater = *inflater_;
  if (inflater.stream.avail_in > 0 || inflater.at_end) return absl::OkStatus();
  ASSIGN_OR_RETURN(const size_t got, bytes_->Read(inflater.input.data(), kInputBytes));
  inflater.stream.next_in = inflater.input.data();
  inflater.stream.avail_in = static_cast<uInt>(got);
  inflater.at_end = got == 0;
  return absl::OkStatus();
}

absl::StatusOr<size_t> InputFile::ReadCompressed(void* out, size_t size) {
  Inflater& inflater = *inflater_;
  z_stream& stream = inflater.stream;
  stream.next_out = static_cast<unsigned char*>(out);
  const size_t wanted = std::min<size_t>(size, size_t{1} << 30);
  stream.avail_out = static_cast<uInt>(wanted);
  while (stream.avail_out == wanted) {
    RETURN_IF_ERROR(Refill());
    if (inflater.at_end) {
      if (!inflater.in_member) return size_t{0};
      return absl::InvalidArgumentError(absl::StrCat(name_, ": the gzip data end too early, after ",
                                                     position_,
                                                     " decompressed bytes; copy the file again"));
    }
    if (!inflater.in_member) {  // another member follows (RFC 1952, 2.2)
      if (inflateReset(&stream) != Z_OK) return absl::InternalError("inflateReset failed");
      inflater.in_member = true;
    }
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      inflater.in_member = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return absl::InvalidArgumentError(absl::StrCat(
          name_, ": broken gzip data after ", position_, " decompressed bytes (",
          stream.msg == nullptr ? "unknown cause" : stream.msg, "); copy the file again"));
    }
  }
  return wanted - stream.avail_out;
}

absl::Status InputFile::ReadExactly(void* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    ASSIGN_OR_RETURN(const size_t got, Read(static_cast<char*>(out) + done, size - done));
    if (got == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(name_, ": ends after ", position_, " bytes where ",
                       position_ + static_cast<int64_t>(size - done),
                       " are needed; the file is cut short, copy it again"));
    }
    done += got;
  }
  return absl::OkStatus();
}

absl::Status InputFile::ExpectEnd() {
  char byte;
  const int64_t expected = position_;
  ASSIGN_OR_RETURN(const size_t got, Read(&byte, 1));
  if (got == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name_, ": more bytes follow after the ", expected,
                                                 " that its header announces"));
}

absl::StatusOr<std::string> ReadWhole(const std::string& path, const std::string& name,
                                      int64_t limit) {
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file, InputFile::Open(path, name));
  std::string contents;
  const int64_t first_guess = std::min(file->most_bytes(), limit) + 1;
  size_t filled = 0;
  for (;;) {
    if (filled == contents.size()) {
      // Grows by doubling up to the bound, so that a small file that claims much costs little. A
      // plain file fits at once, with a byte to spare that finds its end.
      const size_t step = file->compressed() ? std::max<size_t>(filled, kInputBytes)
                                             : static_cast<size_t>(first_guess);
      contents.resize(filled + std::min(step, static_cast<size_t>(limit) + 1 - filled));
    }
    ASSIGN_OR_RETURN(const size_t got,
                     file->Read(contents.data() + filled, contents.size() - filled));
    filled += got;
    if (static_cast<int64_t>(filled) > limit) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": has more than ", BytesText(limit),
                                                     ", the most that is read of such a file"));
    }
    if (got == 0) break;
  }
  contents.resize(filled);
  return contents;
}

absl::StatusOr<std::string> FileVersion(const std::string& path, const std::string& name) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return FileSystemError(name, "read");
  return absl::StrCat(path, "|", status.st_size, "|", status.st_mtim.tv_sec, ".",
                      status.st_mtim.tv_nsec, "|", status.st_ino);
}

absl::StatusOr<std::string> StrictFileVersion(const std::string& path, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string version, FileVersion(path, name));
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return FileSystemError(name, "read");
  return absl::StrCat(version, "|", status.st_ctim.tv_sec, ".", status.st_ctim.tv_nsec);
}

std::string BytesText(int64_t bytes) {
  constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? absl::StrCat(bytes, " bytes")
                   : absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

}  // namespace trainyard
