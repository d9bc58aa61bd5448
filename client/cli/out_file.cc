#include "client/cli/out_file.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/exit_codes.h"
#include "client/cli/figure_file.h"
#include "client/lib/files.h"
#include "client/lib/resource_names.h"

namespace trainyard::cli {

void OutFile::Declare(Options& options, std::vector<std::string> kinds, const std::string& text) {
  kinds_ = std::move(kinds);
  options.Value("--out", "FILE", &path_, text).Completes(Completion::kFile);
  options
      .Value("--format", "FORMAT", &format_,
             absl::StrCat("Of the file: ", absl::StrJoin(kinds_, ", "), " (default: by its name)."))
      .OneOf(kinds_);
  options.Value("--theme", "THEME", &theme_, "Of a picture: auto, light or dark.")
      .OneOf({"auto", "light", "dark"});
}

absl::Status OutFile::Check(const Console& console, const std::string& usual) {
  kind_ = !format_.empty()                        ? format_
          : path_.empty() || to_standard_output() ? usual
                                                  : FileKind(path_);
  if (std::find(kinds_.begin(), kinds_.end(), kind_) == kinds_.end()) {
    return absl::InvalidArgumentError(absl::StrCat("--out: '", path_, "' must end in .",
                                                   absl::StrJoin(kinds_, ", ."),
                                                   ", or --format says what it is"));
  }
  if (to_standard_output()) {
    if (kind_ != "png" || !console.out_is_terminal) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "--out -: a .png is no text for a terminal; name a file, or send it on with > or |");
  }
  return path_.empty() ? absl::OkStatus() : client::CheckReplaceable(path_);
}

figures::Theme OutFile::theme() const { return ThemeOf(theme_); }

int OutFile::Write(Session& session, const std::string& bytes, const std::string& id,
                   const std::string& otherwise) const {
  if (to_standard_output()) {
    session.console().out << bytes;
    return kExitOk;
  }
  // In the current folder, whatever the server says.
  const bool safe = client::IsResourceId(id) && id[0] != '.';
  const std::string path = !path_.empty() ? path_ : absl::StrCat(safe ? id : otherwise, ".", kind_);
  if (const absl::Status written = client::WriteFile(path, bytes); !written.ok())
    return session.Fail(written);
  session.console().out << path << "\n";
  return kExitOk;
}

}  // namespace trainyard::cli
