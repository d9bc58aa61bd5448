// What tests of data sets share: stores on a folder of their own, and short ways to upload.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/sha256.h"
#include "engine/formats/file_bytes.h"
#include "server/datasets/content_store.h"
#include "server/datasets/dataset_store.h"
#include "server/datasets/file_list.h"
#include "tests/server/store/support.h"

namespace trainyard {

class DatasetsTest : public StoreTest {
 protected:
  DatasetsTest() { Open(); }
  ~DatasetsTest() override { datasets_.reset(); }

  // Again, as a server that was killed does.
  void Open() {
    datasets_.reset();
    contents_.reset();
    Reopen();
    auto contents = ContentStore::Open(*store_, content_options_, clock_);
    ASSERT_OK(contents.status());
    contents_ = *std::move(contents);
    auto datasets = DatasetStore::Open(*store_, *contents_, folder_.path() + "/versions",
                                       dataset_options_, clock_);
    ASSERT_OK(datasets.status());
    datasets_ = *std::move(datasets);
  }

  static StoredContent ContentOf(const std::string& bytes) {
    return {Sha256Hex(bytes), bytes.size()};
  }

  absl::Status Send(const std::string& bytes) {
    const StoredContent content = ContentOf(bytes);
    ASSIGN_OR_RETURN(auto upload, contents_->Begin(content, 0));
    RETURN_IF_ERROR(upload->Append(bytes));
    RETURN_IF_ERROR(upload->Finish());
    upload.reset();
    return contents_->Publish({content});
  }

  using Files = std::map<std::string, std::string>;

  // Uploads the files and their list; what `wanted` lacks is filled in.
  absl::StatusOr<CreatedVersion> Create(NewVersion wanted, const Files& files) {
    std::vector<v1::DatasetFile> listed;
    for (const auto& [path, bytes] : files) {
      RETURN_IF_ERROR(Send(bytes));
      v1::DatasetFile& file = listed.emplace_back();
      file.set_path(path);
      file.set_sha256(Sha256Hex(bytes));
      file.set_size_bytes(bytes.size());
    }
    const std::string list = WriteFileList(listed);
    RETURN_IF_ERROR(Send(list));
    wanted.files_sha256 = Sha256Hex(list);
    return datasets_->Create(wanted);
  }
  absl::StatusOr<CreatedVersion> Put(const std::string& dataset, const Files& files) {
    NewVersion wanted;
    wanted.dataset = dataset;
    return Create(wanted, files);
  }
  absl::StatusOr<CreatedVersion> Append(const std::string& dataset, const Files& files,
                                        bool repeat = false) {
    NewVersion wanted;
    wanted.dataset = dataset;
    wanted.append = true;
    wanted.repeat = repeat;
    return Create(wanted, files);
  }

  // The bytes of a file as the engine reads it.
  std::string Read(const std::string& dataset, uint32_t version, const std::string& path) {
    auto file = FileBytes::Open(datasets_->FilePath(dataset, version, path), path);
    EXPECT_OK(file.status());
    if (!file.ok()) return "";
    std::string bytes(static_cast<size_t>((*file)->size()), '\0');
    for (size_t done = 0; done < bytes.size();) {
      const auto got = (*file)->Read(bytes.data() + done, bytes.size() - done);
      EXPECT_OK(got.status());
      if (!got.ok() || *got == 0) break;
      done += *got;
    }
    return bytes;
  }

  size_t FilesBelow(const std::string& folder) const {
    size_t files = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path() + "/" + folder)) {
      if (entry.is_regular_file()) ++files;
    }
    return files;
  }

  ContentStore::Options content_options_;
  DatasetStore::Options dataset_options_;
  std::unique_ptr<ContentStore> contents_;
  std::unique_ptr<DatasetStore> datasets_;
};

}  // namespace trainyard
