#include "server/datasets/description.h"

#include <gmock/gmock.h>

#include "tests/server/datasets/fixture.h"

namespace trainyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DescriptionTest : public DatasetsTest {
 protected:
  v1::DatasetDescription Describe(const Files& files) {
    EXPECT_OK(Put("d", files).status());
    auto description = datasets_->Describe("d", 0);
    EXPECT_OK(description.status());
    return *description;
  }
  static std::vector<std::string> Counts(
      const google::protobuf::RepeatedPtrField<v1::DatasetDescription::Class>& classes) {
    std::vector<std::string> counts;
    for (const auto& one : classes)
      counts.push_back(one.name() + ":" + std::to_string(one.count()));
    return counts;
  }
};

TEST_F(DescriptionTest, OfATable) {
  const auto description =
      Describe({{"t.csv", "size,color,label\n1.5,red,a\n,blue,a\n-2,red,b\n4,?,a\n"}});
  ASSERT_EQ(description.parts_size(), 1);
  const auto& part = description.parts(0);
  EXPECT_EQ(part.samples(), 4u);
  ASSERT_EQ(part.columns_size(), 3);
  const auto& size = part.columns(0);
  EXPECT_EQ(size.type(), "number");
  EXPECT_EQ(size.missing(), 1u);
  EXPECT_DOUBLE_EQ(size.minimum(), -2);
  EXPECT_DOUBLE_EQ(size.maximum(), 4);
  EXPECT_NEAR(size.mean(), 3.5 / 3, 1e-9);
  const auto& color = part.columns(1);
  EXPECT_EQ(color.type(), "category");
  EXPECT_EQ(color.distinct(), 2u);
  EXPECT_EQ(color.missing(), 1u);
  EXPECT_THAT(Counts(color.values()), ElementsAre("red:2", "blue:1"));
  EXPECT_THAT(Counts(part.classes()), ElementsAre("a:3", "b:1"));
}

TEST_F(DescriptionTest, OfATableThatIsBroken) {
  const auto description = Describe({{"t.csv", "x,y\n1,2\n3\n"}});
  EXPECT_THAT(description.parts(0).problem(), HasSubstr("t.csv:3: has 1 fields"));
  EXPECT_EQ(description.parts(0).samples(), 1u);
}

TEST_F(DescriptionTest, OfImagesWithLabels) {
  const std::string images({0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6});
  const std::string labels({0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 7});
  const auto description =
      Describe({{"train-images-idx3-ubyte", images}, {"train-labels-idx1-ubyte", labels}});
  ASSERT_EQ(description.parts_size(), 1);
  const auto& part = description.parts(0);
  EXPECT_EQ(part.samples(), 3u);
  EXPECT_THAT(part.shape(), ElementsAre(1, 2));
  EXPECT_EQ(part.files(), 2u);
  EXPECT_THAT(Counts(part.classes()), ElementsAre("2:1", "7:2"));
}

TEST_F(DescriptionTest, OfFoldersOfImages) {
  const auto description =
      Describe({{"cat/1.png", "a"}, {"cat/2.png", "b"}, {"dog/1.jpg", "c"}, {"README", "x"}});
  ASSERT_EQ(description.parts_size(), 2);
  EXPECT_EQ(description.parts(0).format(), "other");
  EXPECT_EQ(description.parts(1).samples(), 3u);
  EXPECT_THAT(Counts(description.parts(1).classes()), ElementsAre("cat:2", "dog:1"));
}

TEST_F(DescriptionTest, OfTextAndGarbage) {
  const auto description = Describe({{"a.txt", "1\n2\n3"}, {"b.npy", "garbage"}, {"c.csv", ""}});
  EXPECT_EQ(description.parts(0).samples(), 3u);
  EXPECT_THAT(description.parts(1).problem(), HasSubstr("b.npy"));
  EXPECT_EQ(description.parts(2).samples(), 0u);
}

// It is read once: the second answer is the kept one.
TEST_F(DescriptionTest, IsKept) {
  Describe({{"t.csv", "x\n1\n2\n"}});
  std::filesystem::remove_all(folder_.path() + "/versions/d@1");
  const auto again = datasets_->Describe("d", 1);
  ASSERT_OK(again.status());
  EXPECT_EQ(again->parts(0).samples(), 2u);
  EXPECT_EQ(again->version().path(), "dataset:d@1");
}

}  // namespace
}  // namespace trainyard
