// Bytes as one gzip member. Used by one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace trainyard {

class GzipWriter {
 public:
  using Sink = std::function<absl::Status(const std::string& bytes)>;
  explicit GzipWriter(Sink sink);
  ~GzipWriter();

  absl::Status Write(const std::string& bytes);
  // Once, at the end.
  absl::Status Finish();

 private:
  struct Deflater;
  absl::Status Run(int flush);

  const Sink sink_;
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace trainyard
