// The file that a study or a sweep is written to: --out FILE or -, --format, --theme. What kind of
// file it is says --format, or else the end of its name. Used by one thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/options.h"
#include "client/cli/session.h"
#include "client/figures/svg.h"

namespace trainyard::cli {

class OutFile {
 public:
  // `kinds`: "html", "svg" ...; `text` says of help what they hold.
  void Declare(Options& options, std::vector<std::string> kinds, const std::string& text);
  // INVALID_ARGUMENT for another kind, and for a picture that would go to a terminal. To be called
  // before any work; `usual` is the kind where nothing says one.
  absl::Status Check(const Console& console, const std::string& usual);

  // A file was asked for.
  bool given() const { return !path_.empty() || !format_.empty(); }
  // After Check().
  const std::string& kind() const { return kind_; }
  figures::Theme theme() const;

  // To standard output, or to the file, whose name is then printed: without one `name` of the
  // current folder (its id, or `otherwise` where that is no name for a file). Returns the exit
  // code.
  int Write(Session& session, const std::string& bytes, const std::string& id,
            const std::string& otherwise) const;

  bool to_standard_output() const { return path_ == "-"; }

 private:
  std::vector<std::string> kinds_;
  std::string path_;
  std::string format_;
  std::string theme_ = "auto";
  std::string kind_;
};

}  // namespace trainyard::cli
