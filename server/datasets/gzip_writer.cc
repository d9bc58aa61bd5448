#include "server/datasets/gzip_writer.h"

#include <zlib.h>

#include <utility>

#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;
// Half the default's time for a few percent of size.
constexpr int kLevel = 4;
constexpr size_t kOutputBytes = 64 << 10;

}  // namespace

struct GzipWriter::Deflater {
  z_stream stream = {};
  bool ready = false;
};

GzipWriter::GzipWriter(Sink sink)
    : sink_(std::move(sink)), deflater_(std::make_unique<Deflater>()) {
  deflater_->ready = deflateInit2(&deflater_->stream, kLevel, Z_DEFLATED, kGzipWindowBits,
                                  kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
}

GzipWriter::~GzipWriter() {
  if (deflater_->ready) deflateEnd(&deflater_->stream);
}

absl::Status GzipWriter::Write(const std::string& bytes) {
  z_stream& stream = deflater_->stream;
  // zlib only reads it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  return Run(Z_NO_FLUSH);
}

absl::Status GzipWriter::Finish() { return Run(Z_FINISH); }

absl::Status GzipWriter::Run(int flush) {
  if (!deflater_->ready) return absl::ResourceExhaustedError("no memory to compress");
  z_stream& stream = deflater_->stream;
  std::string out(kOutputBytes, '\0');
  do {
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, flush) == Z_STREAM_ERROR) return absl::InternalError("deflate failed");
    const size_t made = out.size() - stream.avail_out;
    if (made > 0) RETURN_IF_ERROR(sink_(out.substr(0, made)));
  } while (stream.avail_out == 0);
  return absl::OkStatus();
}

}  // namespace trainyard
