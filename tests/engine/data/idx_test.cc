#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "engine/formats/input_file.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/gzip_bytes.h"
#include "tests/engine/formats/idx_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class IdxSourceTest : public ::testing::Test {
 protected:
  IdxSourceTest() { roots_.folders = {folder_.path()}; }

  // Three training images of 1 x 2 and one test image.
  void WriteWhole(bool gzip) {
    const auto write = [&](const std::string& name, const std::string& contents) {
      folder_.Write("d/" + name + (gzip ? ".gz" : ""), gzip ? Gzip(contents) : contents);
    };
    write("train-images-idx3-ubyte", IdxBytes({3, 1, 2}, {0, 1, 2, 3, 4, 255}));
    write("train-labels-idx1-ubyte", IdxBytes({3}, {0, 2, 1}));
    write("t10k-images-idx3-ubyte", IdxBytes({1, 1, 2}, {9, 8}));
    write("t10k-labels-idx1-ubyte", IdxBytes({1}, {2}));
  }
  absl::StatusOr<Samples> Load(const RawMap& params) {
    return MakeSource("idx", params)->Load(roots_);
  }
  // Describe and Load must refuse alike.
  absl::Status Refused(const RawMap& params) {
    const absl::Status status = MakeSource("idx", params)->Describe(roots_).status();
    EXPECT_EQ(status, Load(params).status());
    return status;
  }
  // Writes a pair of files and reads them by name.
  absl::Status RefusedPair(const std::string& images, const std::string& labels) {
    folder_.Write("i", images);
    folder_.Write("l", labels);
    return Refused({{"images", Text("i")}, {"labels", Text("l")}});
  }

  TemporaryFolder folder_;
  DataRoots roots_;
};

TEST_F(IdxSourceTest, ReadsAFolderPlainAndGzip) {
  for (bool gzip : {false, true}) {
    std::filesystem::remove_all(folder_.PathOf("d"));
    WriteWhole(gzip);
    const auto samples = Load({{"path", Text("d")}});
    ASSERT_TRUE(samples.ok()) << samples.status();
    EXPECT_EQ(samples->info.input_shape, Shape({1, 1, 2}));
    EXPECT_EQ(samples->info.classes, 3);
    EXPECT_EQ(samples->count, 4);
    EXPECT_EQ(samples->train_count, 3);
    EXPECT_THAT(Bytes(*samples), ElementsAre(0, 1, 2, 3, 4, 255, 9, 8));
    EXPECT_THAT(LabelsOf(*samples), ElementsAre(0, 2, 1, 2));
  }
}

TEST_F(IdxSourceTest, DescribesWhatItLoads) {
  WriteWhole(true);
  const auto described = MakeSource("idx", {{"path", Text("d")}})->Describe(roots_);
  ASSERT_TRUE(described.ok());
  EXPECT_EQ(described->count, 4);
  EXPECT_EQ(described->train_count, 3);
  EXPECT_EQ(described->info.classes, 3);
  EXPECT_EQ(described->info.input_shape, Shape({1, 1, 2}));
  EXPECT_EQ(described->memory_bytes, 8);
}

TEST_F(IdxSourceTest, ReadsFloatsAndVectors) {
  folder_.Write("i", IdxHead(0x0D, {2, 1}) + std::string("\x3f\xc0\x00\x00\xbf\x80\x00\x00", 8));
  folder_.Write("l", IdxBytes({2}, {0, 1}));
  const auto samples = Load({{"images", Text("i")}, {"labels", Text("l")}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->info.input_shape, Shape({1}));
  EXPECT_THAT(Floats(*samples), ElementsAre(1.5f, -1.0f));
}

TEST_F(IdxSourceTest, KeepsADecodedCopy) {
  WriteWhole(true);
  roots_.cache_folder = folder_.PathOf("cache/inner");
  ASSERT_TRUE(Load({{"path", Text("d")}}).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(roots_.cache_folder), {}), 1);
  const auto again = Load({{"path", Text("d")}});
  EXPECT_THAT(Bytes(*again), ElementsAre(0, 1, 2, 3, 4, 255, 9, 8));
  EXPECT_THAT(LabelsOf(*again), ElementsAre(0, 2, 1, 2));
  EXPECT_EQ(again->info.input_shape, Shape({1, 1, 2}));
  // Another file is another key.
  folder_.Write("d/train-images-idx3-ubyte.gz", Gzip(IdxBytes({3, 1, 2}, {7, 7, 7, 7, 7, 7})));
  EXPECT_THAT(Bytes(*Load({{"path", Text("d")}})), ElementsAre(7, 7, 7, 7, 7, 7, 9, 8));
}

TEST_F(IdxSourceTest, ParametersExcludeEachOther) {
  const auto wrong = [](const RawMap& params) {
    Violations violations;
    MakeSource("idx", params, violations);
    return Message(violations.ToStatus());
  };
  EXPECT_THAT(wrong({}), HasSubstr("data.source.path: required"));
  EXPECT_THAT(wrong({{"path", Text("d")}, {"images", Text("i")}}),
              HasSubstr("data.source.images: excluded by `path`"));
  EXPECT_THAT(wrong({{"images", Text("i")}}),
              HasSubstr("data.source.labels: required beside `images`"));
  EXPECT_THAT(wrong({{"images", Text("i")}, {"labels", Text("l")}, {"test_labels", Text("t")}}),
              HasSubstr("data.source.test_images: required beside `test_labels`"));
  EXPECT_THAT(
      wrong({{"path", Text("d")}, {"classes", Value(3)}, {"class_names", Texts({"a", "b"})}}),
      HasSubstr("expected 3 names, got 2"));
}

TEST_F(IdxSourceTest, NamesWhatIsMissing) {
  std::filesystem::create_directory(folder_.PathOf("empty"));
  EXPECT_THAT(Message(Refused({{"path", Text("empty")}})),
              HasSubstr("empty: holds no train-images"));
  folder_.Write("half/train-images-idx3-ubyte", "");
  EXPECT_THAT(Message(Refused({{"path", Text("half")}})),
              HasSubstr("has no train-labels-idx1-ubyte[.gz]"));
  const absl::Status file = Refused({{"path", Text("half/train-images-idx3-ubyte")}});
  EXPECT_THAT(Message(file), HasSubstr("`path` is a folder"));
  EXPECT_EQ(ParameterOf(file), "path");
  EXPECT_EQ(ParameterOf(Refused({{"images", Text("x")}, {"labels", Text("y")}})), "images");
}

TEST_F(IdxSourceTest, RefusesLabelsThatDoNotFit) {
  const std::string images = IdxBytes({2, 1, 1}, {1, 2});
  EXPECT_THAT(Message(RefusedPair(images, IdxBytes({3}, {0, 1, 1}))),
              HasSubstr("l: has 3 labels for the 2 samples of i"));
  EXPECT_THAT(Message(RefusedPair(images, IdxBytes({2, 1}, {0, 1}))), HasSubstr("exchanged"));
  EXPECT_THAT(Message(RefusedPair(images, IdxBytes({2}, {1, 1}))),
              HasSubstr("all 2 samples are of one class"));
  EXPECT_THAT(Message(RefusedPair(images, IdxHead(0x09, {2}) + "\x01\xff")),
              HasSubstr("label -1 of sample 1"));
  EXPECT_THAT(
      Message(RefusedPair(images, IdxHead(0x0C, {2}) + std::string("\0\0\0\0\x7f\0\0\0", 8))),
      HasSubstr("label 2130706432 of sample 1"));
}

TEST_F(IdxSourceTest, RefusesLabelsBeyondTheClasses) {
  folder_.Write("i", IdxBytes({2, 1, 1}, {1, 2}));
  folder_.Write("l", IdxBytes({2}, {0, 2}));
  const RawMap files = {{"images", Text("i")}, {"labels", Text("l")}};
  RawMap two = files, three = files;
  two["classes"] = Value(2);
  three["class_names"] = Texts({"a", "b", "c"});
  EXPECT_THAT(Message(Refused(two)), HasSubstr("l: label 2 of sample 1 is not in [0, 2)"));
  EXPECT_EQ(Load(three)->info.classes, 3);
}

TEST_F(IdxSourceTest, RefusesCutAndPaddedFiles) {
  const std::string images = IdxBytes({3, 10, 10}, std::vector<int>(300, 7));
  const std::string labels = IdxBytes({3}, {0, 1, 1});
  const std::string packed = Gzip(images);
  EXPECT_THAT(Message(RefusedPair(images.substr(0, 100), labels)),
              HasSubstr("more than the file can hold"));
  EXPECT_THAT(Message(RefusedPair(images + "x", labels)), HasSubstr("more bytes follow"));
  EXPECT_THAT(Message(RefusedPair(Gzip(images + "x"), labels)), HasSubstr("more bytes follow"));
  EXPECT_THAT(Message(RefusedPair(Gzip(images.substr(0, 200)), labels)), HasSubstr("cut short"));
  EXPECT_THAT(Message(RefusedPair(packed.substr(0, packed.size() - 1), labels)),
              HasSubstr("the gzip data end too early"));
  EXPECT_THAT(Message(RefusedPair(images, labels.substr(0, 9))),
              HasSubstr("more than the file can hold"));
  EXPECT_THAT(Message(RefusedPair("", labels)), HasSubstr("i: ends after 0 bytes"));
}

TEST_F(IdxSourceTest, RefusesTestSamplesOfAnotherShape) {
  WriteWhole(false);
  folder_.Write("d/t10k-images-idx3-ubyte", IdxBytes({1, 2, 1}, {9, 8}));
  EXPECT_THAT(Message(Refused({{"path", Text("d")}})),
              HasSubstr("holds samples of shape [1, 2, 1]"));
}

TEST_F(IdxSourceTest, RefusesTestSamplesOfAnotherType) {
  WriteWhole(false);
  folder_.Write("d/t10k-images-idx3-ubyte",
                IdxHead(0x0D, {1, 1, 2}) + std::string("\x3f\xc0\x00\x00\xbf\x80\x00\x00", 8));
  EXPECT_THAT(Message(Refused({{"path", Text("d")}})),
              HasSubstr("d/t10k-images-idx3-ubyte: holds values of type float, "
                        "d/train-images-idx3-ubyte those of type unsigned byte"));
}

TEST_F(IdxSourceTest, RefusesMoreSamplesThanItReads) {
  const std::string zeros = Gzip(IdxHead(0x08, {100'000'001}) + std::string(1 << 20, '\0'));
  EXPECT_THAT(Message(RefusedPair(zeros + std::string(200'000, '\0'), zeros)),
              HasSubstr("i: has 100000001 samples; at most 100000000 are read"));
}

// One byte of one file changed or cut: refused, or read as what it then says; never a crash or much
// memory.
TEST_F(IdxSourceTest, SurvivesDamagedFiles) {
  const RandomStream stream(2, RandomPurpose::kSynthetic);
  const std::vector<std::string> names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                          "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  for (bool gzip : {false, true}) {
    std::filesystem::remove_all(folder_.PathOf("d"));
    WriteWhole(gzip);
    for (uint64_t round = 0; round < 300; ++round) {
      const std::string path = "d/" + names[stream.Below(round, 0, 4)] + (gzip ? ".gz" : "");
      const std::string whole = *ReadWhole(folder_.PathOf(path), path, 1 << 20);
      // As it stands on disk, not as it is decompressed.
      const std::string stored = gzip ? Gzip(whole) : whole;
      std::string damaged = stored;
      const uint64_t at = stream.Below(round, 1, damaged.size());
      if (round % 3 == 0) {
        damaged.resize(at);
      } else {
        damaged[at] = static_cast<char>(stream.Below(round, 2, 256));
      }
      folder_.Write(path, damaged);
      const auto samples = Load({{"path", Text("d")}});
      if (samples.ok()) {
        EXPECT_LE(samples->count, 4);
      }
      folder_.Write(path, stored);
    }
  }
}

}  // namespace
}  // namespace trainyard
