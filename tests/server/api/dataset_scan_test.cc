#include "server/api/dataset_scan.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

namespace fs = std::filesystem;

class DatasetScanTest : public ::testing::Test {
 protected:
  DatasetScanTest() {
    std::string pattern = (fs::temp_directory_path() / "scan-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    roots_.folders = {(root_ / "first").string(), (root_ / "second").string()};
    for (const std::string& folder : roots_.folders) fs::create_directories(folder);
  }
  ~DatasetScanTest() override { fs::remove_all(root_); }
  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  // "path:source:bytes:files" of each.
  std::string Found() {
    std::string found;
    for (const v1::Dataset& dataset : ScanDatasets(roots_)) {
      found += dataset.path() + ":" + dataset.source() + ":" +
               std::to_string(dataset.size_bytes()) + ":" + std::to_string(dataset.files()) + " ";
    }
    return found;
  }

  fs::path root_;
  DataRoots roots_;
};

TEST_F(DatasetScanTest, KnowsSourcesByTheNamesOfFiles) {
  Write("first/digits/train-images-idx3-ubyte.gz", "123");
  Write("first/digits/train-labels-idx1-ubyte.gz", "4");
  Write("first/digits/README", "not data");
  Write("first/tables/iris.csv", "a,b");
  Write("second/wine.csv.gz", "xyz1");
  Write("second/arrays/x.npy", "xy");
  EXPECT_EQ(Found(),
            "arrays/x.npy:npy:2:1 digits:idx:4:2 tables/iris.csv:csv:3:1 wine.csv.gz:csv:4:1 ");
}

TEST_F(DatasetScanTest, GivesTheFirstRootsOfTwo) {
  Write("first/a.csv", "1");
  Write("second/a.csv", "22");
  EXPECT_EQ(Found(), "a.csv:csv:1:1 ");
}

TEST_F(DatasetScanTest, FollowsNoLinks) {
  Write("outside/secret.csv", "1");
  fs::create_directory_symlink(root_ / "outside", root_ / "first/link");
  fs::create_symlink(root_ / "outside/secret.csv", root_ / "first/link.csv");
  fs::create_directory_symlink(root_ / "first", root_ / "first/circle");
  EXPECT_EQ(Found(), "");
}

TEST_F(DatasetScanTest, LeavesOutWhatNoMessageCanCarry) {
  Write("first/\xff.csv", "1");
  Write("first/.hidden.csv", "1");
  EXPECT_EQ(Found(), "");
}

TEST_F(DatasetScanTest, LooksOnlySoDeep) {
  Write("first/1/2/3/4/near.csv", "1");
  Write("first/1/2/3/4/5/far.csv", "1");
  EXPECT_EQ(Found(), "1/2/3/4/near.csv:csv:1:1 ");
}

TEST_F(DatasetScanTest, TakesARootThatIsGone) {
  fs::remove_all(root_ / "first");
  Write("second/a.csv", "1");
  EXPECT_EQ(Found(), "a.csv:csv:1:1 ");
}

}  // namespace
}  // namespace trainyard
