// Appending: the new version begins with the old one, whatever is appended, plain and gzip.
#include "server/datasets/append.h"

#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "absl/strings/str_cat.h"
#include "engine/formats/idx.h"
#include "engine/formats/input_file.h"
#include "engine/formats/npy.h"
#include "server/datasets/gzip_writer.h"
#include "tests/server/datasets/fixture.h"

namespace trainyard {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Gzip(const std::string& bytes) {
  std::string out;
  GzipWriter writer([&](const std::string& part) {
    out += part;
    return absl::OkStatus();
  });
  EXPECT_OK(writer.Write(bytes));
  EXPECT_OK(writer.Finish());
  return out;
}

std::string Idx(int count, int width, char first) {
  std::string bytes = {0, 0, 8, 2};
  for (const int dim : {count, width}) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(dim >> shift));
  }
  for (int i = 0; i < count * width; ++i) bytes.push_back(static_cast<char>(first + i));
  return bytes;
}

std::string Labels(int count) {
  std::string bytes = {0, 0, 8, 1, 0, 0, 0, static_cast<char>(count)};
  return bytes + std::string(static_cast<size_t>(count), '\1');
}

// As numpy.save writes it.
std::string Npy(int count, const std::string& descriptor, int width, char value) {
  std::string head =
      absl::StrCat("{'descr': '", descriptor, "', 'fortran_order': False, 'shape': (", count, ", ",
                   width, "), }");
  while ((10 + head.size() + 1) % 64 != 0) head.push_back(' ');
  head.push_back('\n');
  const int bytes = descriptor[2] - '0';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(head.size()) +
         static_cast<char>(head.size() >> 8) + head +
         std::string(static_cast<size_t>(count * width * bytes), value);
}

class AppendTest : public DatasetsTest {
 protected:
  // After decompression.
  std::string Contents(uint32_t version, const std::string& path) {
    auto bytes = ReadWhole(datasets_->FilePath("d", version, path), path, 1 << 24);
    EXPECT_OK(bytes.status());
    return bytes.ok() ? *bytes : "";
  }
  void ExpectRefused(const Files& files, const std::string& why) {
    const size_t stored = FilesBelow("versions");
    const absl::Status status = DatasetsTest::Append("d", files).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status.ToString();
    EXPECT_THAT(Message(status), HasSubstr(why));
    EXPECT_EQ(datasets_->Get("d")->versions(), 1u);
    EXPECT_EQ(FilesBelow("versions"), stored);
  }
  void Add(const Files& files) { ASSERT_OK(DatasetsTest::Append("d", files).status()); }
};

TEST_F(AppendTest, LeavesTheHeaderOut) {
  ASSERT_OK(Put("d", {{"t.csv", "x,y\n1,a\n"}}).status());
  Add({{"t.csv", "x,y\n2,b\n3,c\n"}});
  EXPECT_EQ(Read("d", 2, "t.csv"), "x,y\n1,a\n2,b\n3,c\n");
  EXPECT_EQ(Read("d", 1, "t.csv"), "x,y\n1,a\n");
}

TEST_F(AppendTest, TakesRowsWithoutHeader) {
  ASSERT_OK(Put("d", {{"t.csv", "x,y\n1,a"}}).status());  // no end of line
  Add({{"t.csv", "2,b\r\n"}});
  EXPECT_EQ(Read("d", 2, "t.csv"), "x,y\n1,a\n2,b\r\n");
}

TEST_F(AppendTest, RefusesRowsOfAnotherTable) {
  ASSERT_OK(Put("d", {{"t.csv", "x,y\n1,a\n"}}).status());
  ExpectRefused({{"t.csv", "x,z\n1,a\n"}},
                "its header is 'x,y', the appended rows begin with 'x,z'");
  ExpectRefused({{"t.csv", "y,x\na,1\n"}}, "begin them with the same header");
  ExpectRefused({{"t.csv", "x,y\n1,a\n2\n"}}, "t.csv (appended):3: has 1 fields, the table has 2");
  ExpectRefused({{"t.csv", "1,2,3\n"}}, "has 3 fields");
  ExpectRefused({{"t.csv", ""}}, "no rows");
  ExpectRefused({{"t.csv", "1,\"unclosed\n"}}, "t.csv (appended):1");
}

TEST_F(AppendTest, RefusesAHeaderWhereThereIsNone) {
  ASSERT_OK(Put("d", {{"t.csv", "1,a\n"}}).status());
  ExpectRefused({{"t.csv", "x,y\n2,b\n"}}, "has no header");
}

TEST_F(AppendTest, AppendsLines) {
  ASSERT_OK(Put("d", {{"a.txt", "one"}, {"b.jsonl", "{}\n"}}).status());
  Add({{"a.txt", "two\n"}, {"b.jsonl", "{\"x\":1}\n"}});
  EXPECT_EQ(Read("d", 2, "a.txt"), "one\ntwo\n");
  EXPECT_EQ(Read("d", 2, "b.jsonl"), "{}\n{\"x\":1}\n");
}

TEST_F(AppendTest, AddsFilesAndKeepsEqualOnes) {
  ASSERT_OK(Put("d", {{"cat/1.png", "a"}}).status());
  Add({{"cat/1.png", "a"}, {"dog/1.png", "b"}});
  EXPECT_EQ(Read("d", 2, "cat/1.png"), "a");
  EXPECT_EQ(Read("d", 2, "dog/1.png"), "b");
}

TEST_F(AppendTest, RefusesWhatCannotGrow) {
  ASSERT_OK(Put("d", {{"cat/1.png", "a"}}).status());
  ExpectRefused({{"cat/1.png", "b"}}, "cat/1.png: is there with other contents");
  ExpectRefused({{"cat/1.png/x", "b"}}, "is also a folder");
}

TEST_F(AppendTest, NeedsSomethingToAppendTo) {
  const absl::Status status = DatasetsTest::Append("d", {{"t.csv", "1\n"}}).status();
  EXPECT_TRUE(absl::IsNotFound(status));
}

TEST_F(AppendTest, AppendsTheSameOnceUnlessAskedTo) {
  ASSERT_OK(Put("d", {{"a.txt", "1\n"}}).status());
  Add({{"a.txt", "2\n"}});
  const auto again = DatasetsTest::Append("d", {{"a.txt", "2\n"}});
  ASSERT_OK(again.status());
  EXPECT_TRUE(again->existed);
  const auto repeated = DatasetsTest::Append("d", {{"a.txt", "2\n"}}, /*repeat=*/true);
  ASSERT_OK(repeated.status());
  EXPECT_EQ(repeated->version.version(), 3u);
  EXPECT_EQ(Read("d", 3, "a.txt"), "1\n2\n2\n");
}

TEST_F(AppendTest, GrowsArraysAlongTheirFirstAxis) {
  const std::string images = "train-images-idx2-ubyte";
  ASSERT_OK(Put("d", {{images, Idx(2, 3, 0)}, {"x.npy", Npy(2, "<f4", 3, 'a')}}).status());
  Add({{images, Idx(1, 3, 6)}, {"x.npy", Npy(4, "<f4", 3, 'b')}});
  EXPECT_EQ(Read("d", 2, images), Idx(3, 3, 0));
  const std::string npy = Read("d", 2, "x.npy");
  EXPECT_THAT(npy, HasSubstr("'shape': (6, 3)"));
  EXPECT_EQ(npy.size() % 64, (6 * 3 * 4) % 64u);
  EXPECT_EQ(npy.substr(npy.size() - 72), std::string(24, 'a') + std::string(48, 'b'));
}

TEST_F(AppendTest, RefusesArraysOfOtherSamples) {
  ASSERT_OK(Put("d", {{"x.npy", Npy(2, "<f4", 3, 'a')}}).status());
  ExpectRefused({{"x.npy", Npy(2, "<f4", 4, 'a')}},
                "is <f4 of 2 x 3, what is appended is <f4 of 2 x 4");
  ExpectRefused({{"x.npy", Npy(2, "<f8", 3, 'a')}}, "<f8");
  ExpectRefused({{"x.npy", "not an array"}}, "x.npy (appended)");
}

TEST_F(AppendTest, WantsImagesAndTheirLabelsTogether) {
  ASSERT_OK(
      Put("d", {{"train-images-idx2-ubyte", Idx(2, 3, 0)}, {"train-labels-idx1-ubyte", Labels(2)}})
          .status());
  ExpectRefused({{"train-images-idx2-ubyte", Idx(1, 3, 6)}}, "append to both");
  Add({{"train-images-idx2-ubyte", Idx(1, 3, 6)}, {"train-labels-idx1-ubyte", Labels(1)}});
  EXPECT_EQ(Read("d", 2, "train-labels-idx1-ubyte"), Labels(3));
}

TEST_F(AppendTest, FindsStoredBytesThatChanged) {
  const std::string bytes = "x,y\n1,a\n";
  ASSERT_OK(Put("d", {{"t.csv", bytes}}).status());
  const std::string path = contents_->Path(Sha256Hex(bytes));
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::ofstream(path) << "x,y\n2,a\n";
  const absl::Status status = DatasetsTest::Append("d", {{"t.csv", "3,c\n"}}).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status.ToString();
}

// Whatever is appended in whatever form: version k is how version k + 1 begins, and what is stored
// grows by about what was appended.
TEST_F(AppendTest, EveryVersionIsAPrefixOfTheNext) {
  std::mt19937 random(7);
  const auto table = [&](int rows, bool header) {
    std::string text = header ? "x,y\n" : "";
    for (int i = 0; i < rows; ++i)
      absl::StrAppend(&text, random() % 1000, ",", random() % 10, "\n");
    return text;
  };
  for (const bool compressed : {false, true}) {
    const std::string csv = compressed ? "t.csv.gz" : "t.csv";
    const std::string idx = compressed ? "a-idx2-ubyte.gz" : "a-idx2-ubyte";
    const auto pack = [&](const std::string& bytes, bool gzip) {
      return gzip ? Gzip(bytes) : bytes;
    };
    if (compressed) {
      ASSERT_OK(datasets_->Delete("d", "", "").status());
    }
    auto made =
        Put("d", {{csv, pack(table(20, true), compressed)}, {idx, pack(Idx(2, 5, 1), compressed)}});
    ASSERT_OK(made.status());
    int images = 2;
    for (int round = 0; round < 6; ++round) {
      const uint32_t before = made->version.version();
      const int more = 1 + static_cast<int>(random() % 5);
      const std::string rows = table(1 + static_cast<int>(random() % 30), random() % 2 == 0);
      made = DatasetsTest::Append("d", {{csv, pack(rows, random() % 2 == 0)},
                                        {idx, pack(Idx(more, 5, 9), random() % 2 == 0)}});
      ASSERT_OK(made.status());
      images += more;
      EXPECT_EQ(made->version.appended_to(), before);
      const std::string old_table = Contents(before, csv);
      const std::string new_table = Contents(made->version.version(), csv);
      EXPECT_THAT(new_table, StartsWith(old_table));
      const bool headed = rows[0] == 'x';
      EXPECT_EQ(new_table.substr(old_table.size()), headed ? rows.substr(4) : rows);
      const std::string old_images = Contents(before, idx).substr(12);
      const std::string new_images = Contents(made->version.version(), idx);
      EXPECT_THAT(new_images.substr(12), StartsWith(old_images));
      EXPECT_EQ(new_images.size(), 12u + static_cast<size_t>(images) * 5);
      // Engine and writer agree on what stands in the header.
      auto file = InputFile::Open(datasets_->FilePath("d", made->version.version(), idx), idx);
      ASSERT_OK(file.status());
      const auto header = ReadIdxHeader(**file);
      ASSERT_OK(header.status());
      EXPECT_EQ(header->dims[0], images);
      // Stays in the form it has.
      EXPECT_EQ((*file)->compressed(), compressed);
    }
  }
}

TEST_F(AppendTest, StoresOnlyWhatIsNew) {
  std::string rows;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&rows, i, ",1\n");
  ASSERT_OK(Put("d", {{"t.csv", rows}}).status());
  const uint64_t before = datasets_->Get("d")->stored_bytes();
  Add({{"t.csv", "1,2\n"}});
  EXPECT_LT(datasets_->Get("d")->stored_bytes() - before, 1000u);
}

}  // namespace
}  // namespace trainyard
