#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/status.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/image_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImagesTest : public ::testing::Test {
 protected:
  ImagesTest() { roots_.folders = {folder_.PathOf("root")}; }

  // A grey image of one value below the data root.
  void WriteGrey(const std::string& name, uint8_t value, int height = 2, int width = 2) {
    folder_.Write("root/" + name,
                  PngBytes(height, width, 1,
                           std::vector<uint8_t>(static_cast<size_t>(height * width), value)));
  }
  // Two classes, one test image.
  void WriteBirds() {
    WriteGrey("birds/train/owl/b.png", 2);
    WriteGrey("birds/train/owl/a.png", 1);
    WriteGrey("birds/train/crow/1.PNG", 3);
    WriteGrey("birds/test/owl/9.png", 4);
  }
  RawMap Grey(RawMap more = {}) {
    more["path"] = Text("birds");
    more["color"] = Text("grey");
    return more;
  }
  Samples Load(const RawMap& params) {
    auto samples = MakeSource("images", params)->Load(roots_);
    EXPECT_TRUE(samples.ok()) << samples.status();
    return samples.ok() ? *std::move(samples) : Samples();
  }
  std::string ErrorOf(const RawMap& params) {
    return Message(MakeSource("images", params)->Load(roots_).status());
  }

  TemporaryFolder folder_;
  DataRoots roots_;
};

TEST_F(ImagesTest, ClassesAndFilesAreSortedByName) {
  WriteBirds();
  const Samples samples = Load(Grey());
  EXPECT_THAT(samples.info.class_names, ElementsAre("crow", "owl"));
  EXPECT_EQ(samples.info.input_shape, Shape({1, 2, 2}));
  EXPECT_EQ(samples.train_count, 3);
  EXPECT_EQ(samples.count, 4);
  EXPECT_THAT(LabelsOf(samples), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(Bytes(samples), ElementsAre(3, 3, 3, 3, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4));
}

TEST_F(ImagesTest, DescribesWhatItLoads) {
  WriteBirds();
  const auto description = MakeSource("images", Grey())->Describe(roots_);
  ASSERT_TRUE(description.ok()) << description.status();
  EXPECT_EQ(description->count, 4);
  EXPECT_EQ(description->train_count, 3);
  EXPECT_EQ(description->info.classes, 2);
  EXPECT_EQ(description->info.input_shape, Shape({1, 2, 2}));
  EXPECT_EQ(description->memory_bytes, 16);
}

TEST_F(ImagesTest, WithoutTrainFolderAllAreForTraining) {
  WriteGrey("birds/owl/1.png", 1);
  WriteGrey("birds/crow/1.png", 2);
  const Samples samples = Load(Grey());
  EXPECT_EQ(samples.train_count, 2);
  EXPECT_THAT(LabelsOf(samples), ElementsAre(0, 1));
}

TEST_F(ImagesTest, ChannelsAreApart) {
  folder_.Write("root/birds/owl/1.png", PngBytes(1, 2, 3, {1, 2, 3, 4, 5, 6}));
  folder_.Write("root/birds/crow/1.png", PngBytes(1, 2, 3, {7, 7, 7, 7, 7, 7}));
  const Samples samples = Load({{"path", Text("birds")}});
  EXPECT_EQ(samples.info.input_shape, Shape({3, 1, 2}));
  EXPECT_THAT(Bytes(samples), ElementsAre(7, 7, 7, 7, 7, 7, 1, 4, 2, 5, 3, 6));
}

TEST_F(ImagesTest, OtherFilesAreNoSamples) {
  WriteBirds();
  folder_.Write("root/birds/README.txt", "birds");
  folder_.Write("root/birds/train/owl/notes.txt", "seen at night");
  folder_.Write("root/birds/train/owl/.hidden.png", "no image");
  EXPECT_EQ(Load(Grey()).count, 4);
}

TEST_F(ImagesTest, UnequalSizesAreRefusedOrResized) {
  WriteBirds();
  WriteGrey("birds/train/owl/c.png", 7, 4, 6);
  EXPECT_THAT(ErrorOf(Grey()),
              HasSubstr("birds/train/owl/c.png: has 6 x 4 pixels, birds/train/crow/1.PNG has 2 x "
                        "2; set `width` and `height`"));
  const Samples samples = Load(Grey({{"height", Value(3)}, {"width", Value(1)}}));
  EXPECT_EQ(samples.info.input_shape, Shape({1, 3, 1}));
  EXPECT_THAT(Bytes(samples), ElementsAre(3, 3, 3, 1, 1, 1, 2, 2, 2, 7, 7, 7, 4, 4, 4));
}

TEST_F(ImagesTest, NamesTheFileThatIsDamaged) {
  WriteBirds();
  folder_.Write("root/birds/train/owl/a.png", "no image");
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("birds/train/owl/a.png: is no PNG or JPEG"));
}

TEST_F(ImagesTest, RefusesImagesThatItCannotRead) {
  WriteBirds();
  folder_.Write("root/birds/train/owl/a.webp", "RIFF");
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("birds/train/owl/a.webp: is no PNG or JPEG; convert it"));
}

TEST_F(ImagesTest, RefusesFoldersWithoutClasses) {
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("'birds' is not below the server's data roots"));
  WriteGrey("birds/1.png", 1);
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("birds: holds 0 folders; expected two at least"));
  WriteGrey("birds/owl/1.png", 1);
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("birds: holds 1 folders; expected two at least"));
  folder_.Write("root/birds/crow/notes.txt", "none yet");
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("birds/crow: holds no PNG or JPEG"));
  EXPECT_THAT(ErrorOf({{"path", Text("birds/1.png")}}), HasSubstr("birds/1.png: is a file"));
}

TEST_F(ImagesTest, RefusesATestClassThatTrainingHasNot) {
  WriteBirds();
  WriteGrey("birds/test/dodo/1.png", 1);
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("birds/test/dodo: the training part has no class 'dodo'"));
}

TEST_F(ImagesTest, LinksThatLeadOutAreRefused) {
  WriteBirds();
  folder_.Write("secret/1.png", PngBytes(2, 2, 1, {1, 1, 1, 1}));
  std::filesystem::create_symlink(folder_.PathOf("secret/1.png"),
                                  folder_.PathOf("root/birds/train/owl/z.png"));
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("is a link that leads out of the server's data roots"));
  std::filesystem::remove(folder_.PathOf("root/birds/train/owl/z.png"));
  std::filesystem::create_directory_symlink(folder_.PathOf("secret"),
                                            folder_.PathOf("root/birds/train/secret"));
  EXPECT_THAT(ErrorOf(Grey()), HasSubstr("is a link that leads out of the server's data roots"));
}

TEST_F(ImagesTest, LinksWithinTheRootsAreFollowed) {
  WriteBirds();
  std::filesystem::create_symlink("a.png", folder_.PathOf("root/birds/train/owl/z.png"));
  EXPECT_EQ(Load(Grey()).count, 5);
}

TEST_F(ImagesTest, TheVersionChangesWithTheFiles) {
  WriteBirds();
  const auto source = MakeSource("images", Grey());
  const std::string before = *source->Version(roots_);
  EXPECT_EQ(*source->Version(roots_), before);
  WriteGrey("birds/train/owl/d.png", 1);
  EXPECT_NE(*source->Version(roots_), before);
}

TEST_F(ImagesTest, KeptSamplesAreTheSame) {
  WriteBirds();
  roots_.cache_folder = folder_.PathOf("cache");
  const Samples first = Load(Grey()), second = Load(Grey());
  EXPECT_EQ(Bytes(second), Bytes(first));
  EXPECT_EQ(LabelsOf(second), LabelsOf(first));
  EXPECT_EQ(Load(Grey({{"height", Value(1)}, {"width", Value(1)}})).info.input_shape,
            Shape({1, 1, 1}));
}

TEST_F(ImagesTest, PredictionKnowsTheModelsClasses) {
  WriteBirds();
  const DataInfo like = Load(Grey()).info;
  WriteGrey("new/owl/1.png", 8);
  const auto source = MakeSource("images", {{"path", Text("new")}, {"color", Text("grey")}});
  const auto samples = source->LoadLike(like, roots_);
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(1));
  EXPECT_EQ(source->DescribeLike(like, roots_)->count, 1);
  WriteGrey("new/dodo/1.png", 8);
  EXPECT_THAT(Message(source->LoadLike(like, roots_).status()),
              HasSubstr("new/dodo: the model knows no class 'dodo'"));
}

TEST_F(ImagesTest, PredictionTakesImagesWithoutLabels) {
  WriteBirds();
  const DataInfo like = Load(Grey()).info;
  WriteGrey("new/1.png", 8);
  const auto source = MakeSource("images", {{"path", Text("new")}, {"color", Text("grey")}});
  const auto samples = source->LoadLike(like, roots_);
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(LabelsOf(*samples), IsEmpty());
  EXPECT_THAT(Bytes(*samples), ElementsAre(8, 8, 8, 8));
  WriteGrey("new/1.png", 8, 3, 3);
  EXPECT_THAT(Message(source->DescribeLike(like, roots_).status()),
              HasSubstr("samples have shape [1, 3, 3]; the model takes [1, 2, 2]"));
}

TEST_F(ImagesTest, WidthAndHeightGoTogether) {
  Violations violations;
  MakeSource("images", Grey({{"width", Value(3)}}), violations);
  EXPECT_THAT(Message(violations.ToStatus()), HasSubstr("data.source.height: required"));
}

}  // namespace
}  // namespace trainyard
