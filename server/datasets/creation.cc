#include "server/datasets/creation.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "engine/formats/file_bytes.h"
#include "engine/formats/input_file.h"
#include "google/protobuf/util/time_util.h"
#include "server/datasets/append.h"
#include "server/datasets/file_list.h"
#include "server/datasets/files.h"
#include "server/datasets/version_tree.h"
#include "server/store/contents.h"
#include "server/store/dataset_names.h"

namespace trainyard {
namespace {

// Rows that are written within one transaction, which holds the writer up.
constexpr size_t kRowsAtATime = 500;

v1::DatasetLayout::File WholeFile(const v1::DatasetFile& file) {
  v1::DatasetLayout::File whole;
  *whole.mutable_file() = file;
  v1::DatasetLayout::Segment* segment = whole.add_segments();
  segment->set_sha256(file.sha256());
  segment->set_size_bytes(file.size_bytes());
  return whole;
}

std::set<std::string> HashesOf(const v1::DatasetLayout& layout) {
  std::set<std::string> hashes;
  for (const v1::DatasetLayout::File& file : layout.files()) {
    for (const v1::DatasetLayout::Segment& segment : file.segments())
      hashes.insert(segment.sha256());
  }
  return hashes;
}

// Calls work(part) for a few of the hashes at a time.
absl::Status InParts(const std::set<std::string>& hashes,
                     const std::function<absl::Status(const std::vector<std::string>&)>& work) {
  std::vector<std::string> part;
  for (const std::string& sha256 : hashes) {
    part.push_back(sha256);
    if (part.size() < kRowsAtATime) continue;
    RETURN_IF_ERROR(work(part));
    part.clear();
  }
  return part.empty() ? absl::OkStatus() : work(part);
}

}  // namespace

absl::StatusOr<CreatedVersion> DatasetStore::Creation::Run() {
  ASSIGN_OR_RETURN(files_, ReadFiles());
  RETURN_IF_ERROR(CheckContents());
  if (wanted_.append) {
    ASSIGN_OR_RETURN(const VersionRow newest, datasets_.Version(wanted_.dataset, 0));
    base_ = newest.summary;
    if (newest.appended_sha256 == wanted_.files_sha256 && !wanted_.repeat) return Existing(base_);
    ASSIGN_OR_RETURN(layout_, datasets_.Layout(newest));
    RETURN_IF_ERROR(Merge());
  } else {
    for (const v1::DatasetFile& file : files_) *layout_.add_files() = WholeFile(file);
  }
  for (const v1::DatasetLayout::File& file : layout_.files()) listed_.push_back(file.file());
  const std::string list = WriteFileList(listed_);
  // Of two lists that were good apart.
  if (wanted_.append) RETURN_IF_ERROR(ParseFileList(list).status());

  VersionRow row;
  row.dataset = wanted_.dataset;
  row.summary.set_sha256(Sha256Hex(list));
  uint32_t last = 0;
  std::optional<VersionRow> same;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(same, FindVersionByHash(connection, row.dataset, row.summary.sha256()));
    ASSIGN_OR_RETURN(last, LastVersion(connection, row.dataset));
    return absl::OkStatus();
  }));
  if (same.has_value()) return Existing(same->summary);

  const uint32_t number = last + 1;
  row.summary.set_name(VersionName(row.dataset, number));
  row.summary.set_version(number);
  row.summary.set_path(DatasetReference{row.dataset, number, ""}.Text());
  row.summary.set_source(SourceOf(listed_));
  row.summary.set_files(static_cast<uint32_t>(listed_.size()));
  row.summary.set_appended_to(base_.version());
  uint64_t size = 0;
  for (const v1::DatasetFile& file : listed_) size += file.size_bytes();
  row.summary.set_size_bytes(size);
  *row.summary.mutable_create_time() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(datasets_.clock_.Now().count());
  if (wanted_.append) row.appended_sha256 = wanted_.files_sha256;

  RETURN_IF_ERROR(CheckQuota());
  absl::Status made = Write(number);
  row.layout_sha256 = layout_sha256_;
  if (made.ok()) made = Commit(row);
  if (!made.ok()) {
    RemoveAll(datasets_.TreePath(row.dataset, number)).IgnoreError();
    store_
        .WriteAndWait(
            [&](Connection& connection) { return DropUses(connection, row.dataset, number); })
        .IgnoreError();
    return made;
  }
  RETURN_IF_ERROR(LetGo());
  return CreatedVersion{row.summary, false};
}

absl::StatusOr<std::vector<v1::DatasetFile>> DatasetStore::Creation::ReadFiles() {
  bool there = false;
  uint64_t size = 0;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(there, FindContent(connection, wanted_.files_sha256, size));
    return absl::OkStatus();
  }));
  if (!there) {
    return WithReason(
        absl::FailedPreconditionError("the list of files has not been uploaded; upload it first"),
        "CONTENTS_MISSING");
  }
  if (size > kLargestFileList) {
    return absl::InvalidArgumentError(
        absl::StrCat("a list of files has at most ", kLargestFileList, " bytes"));
  }
  ASSIGN_OR_RETURN(const auto file,
                   FileBytes::Open(contents_.Path(wanted_.files_sha256), "the list of files"));
  std::string text(size, '\0');
  for (size_t done = 0; done < text.size();) {
    ASSIGN_OR_RETURN(const size_t got, file->Read(text.data() + done, text.size() - done));
    if (got == 0) return absl::DataLossError("the stored list of files is cut short");
    done += got;
  }
  return ParseFileList(text);
}

absl::Status DatasetStore::Creation::CheckContents() {
  size_t missing = 0;
  std::string example;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    for (const v1::DatasetFile& file : files_) {
      uint64_t size = 0;
      ASSIGN_OR_RETURN(const bool there, FindContent(connection, file.sha256(), size));
      if (there && size != file.size_bytes()) {
        return absl::InvalidArgumentError(absl::StrCat(file.path(), ": is listed with ",
                                                       file.size_bytes(),
                                                       " bytes; the content "
                                                       "of that hash has ",
                                                       size));
      }
      if (!there && missing++ == 0) example = file.path();
    }
    return absl::OkStatus();
  }));
  if (missing == 0) return absl::OkStatus();
  return WithReason(absl::FailedPreconditionError(absl::StrCat(
                        missing, " of ", files_.size(), " files have not been uploaded, ", example,
                        " for one; upload them first")),
                    "CONTENTS_MISSING", {{"missing", absl::StrCat(missing)}});
}

absl::Status DatasetStore::Creation::Merge() {
  std::map<std::string, v1::DatasetLayout::File> merged;
  for (const v1::DatasetLayout::File& file : layout_.files()) merged[file.file().path()] = file;
  for (const v1::DatasetFile& file : files_) {
    const auto [known, added] = merged.try_emplace(file.path(), WholeFile(file));
    if (added) continue;
    if (known->second.file().sha256() == file.sha256() && !wanted_.repeat) continue;
    ASSIGN_OR_RETURN(known->second,
                     AppendToFile(known->second,
                                  datasets_.FilePath(wanted_.dataset, base_.version(), file.path()),
                                  file, contents_));
  }
  layout_.Clear();
  for (auto& [path, file] : merged) *layout_.add_files() = std::move(file);
  return absl::OkStatus();
}

absl::Status DatasetStore::Creation::CheckQuota() {
  const uint64_t most = datasets_.options_.most_bytes_per_dataset;
  if (most == 0) return absl::OkStatus();
  uint64_t stored = 0;
  uint64_t more = 0;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(stored, StoredBytesOf(connection, wanted_.dataset));
    for (const std::string& sha256 : HashesOf(layout_)) {
      Statement used =
          connection.Query("SELECT 1 FROM content_uses WHERE sha256 = ? AND dataset = ? LIMIT 1",
                           sha256, wanted_.dataset);
      if (used.Next()) continue;
      RETURN_IF_ERROR(used.status());
      uint64_t size = 0;
      RETURN_IF_ERROR(FindContent(connection, sha256, size).status());
      more += size;
    }
    return absl::OkStatus();
  }));
  if (stored + more <= most) return absl::OkStatus();
  return WithReason(
      absl::ResourceExhaustedError(
          absl::StrCat("a data set may take ", most, " bytes; the versions of '", wanted_.dataset,
                       "' take ", stored, ", and this one needs ", more,
                       " more; remove versions (trainyard data rm ", wanted_.dataset, "@VERSION)")),
      "QUOTA_EXCEEDED", {{"subject", DatasetName(wanted_.dataset)}});
}

absl::Status DatasetStore::Creation::Write(uint32_t number) {
  const std::string stored = layout_.SerializeAsString();
  ASSIGN_OR_RETURN(const StoredContent content,
                   contents_.Add([&](const ContentStore::Sink& sink) { return sink(stored); }));
  layout_sha256_ = content.sha256;
  std::set<std::string> hashes = HashesOf(layout_);
  hashes.insert(layout_sha256_);
  RETURN_IF_ERROR(InParts(hashes, [&](const std::vector<std::string>& part) {
    return store_.WriteAndWait([&](Connection& connection) {
      return UseContents(connection, wanted_.dataset, number, part);
    });
  }));
  const std::string tree = datasets_.TreePath(wanted_.dataset, number);
  RETURN_IF_ERROR(MakeVersionTree(layout_, contents_, tree));
  return wanted_.append ? CheckIdxPairs(layout_, tree) : absl::OkStatus();
}

absl::Status DatasetStore::Creation::Commit(const VersionRow& row) {
  return store_.WriteAndWait([&](Connection& connection) -> absl::Status {
    RETURN_IF_ERROR(InsertVersion(connection, row, datasets_.clock_.Now()));
    return RememberDatasetAnswer(connection, wanted_.request_id, wanted_.request_hash,
                                 StoredAnswer(row.summary, false), datasets_.clock_.Now());
  });
}

// A version holds what it needs: the upload's claims end, and with them what was not needed.
absl::Status DatasetStore::Creation::LetGo() {
  std::set<std::string> hashes = HashesOf(layout_);
  hashes.insert(layout_sha256_);
  hashes.insert(wanted_.files_sha256);
  for (const v1::DatasetFile& file : files_) hashes.insert(file.sha256());
  RETURN_IF_ERROR(InParts(hashes, [&](const std::vector<std::string>& part) {
    return store_.WriteAndWait(
        [&](Connection& connection) { return DropClaims(connection, part); });
  }));
  return contents_.CollectGarbage();
}

absl::StatusOr<CreatedVersion> DatasetStore::Creation::Existing(const v1::DatasetVersion& version) {
  RETURN_IF_ERROR(store_.WriteAndWait([&](Connection& connection) {
    return RememberDatasetAnswer(connection, wanted_.request_id, wanted_.request_hash,
                                 StoredAnswer(version, true), datasets_.clock_.Now());
  }));
  RETURN_IF_ERROR(LetGo());
  return CreatedVersion{version, true};
}

std::string DatasetStore::Creation::StoredAnswer(const v1::DatasetVersion& version,
                                                 bool existed) const {
  return (existed ? "1" : "0") + version.SerializeAsString();
}

}  // namespace trainyard
