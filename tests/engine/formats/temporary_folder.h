// A folder of files that a test writes, removed with the test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace trainyard {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = ::testing::TempDir() + "/trainyard-XXXXXX";
    path_ = mkdtemp(path.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string PathOf(const std::string& name) const { return path_ + "/" + name; }
  // Makes folders on the way; returns the absolute path.
  std::string Write(const std::string& name, const std::string& contents) const {
    const std::filesystem::path path = PathOf(name);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::remove(path);  // ext4 waits for the disk where a file is cut and written again
    std::ofstream(path, std::ios::binary | std::ios::trunc) << contents;
    return path.string();
  }

 private:
  std::string path_;
};

}  // namespace trainyard
