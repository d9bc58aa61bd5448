#include "engine/formats/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "tests/engine/formats/gzip_bytes.h"
#include "tests/engine/formats/idx_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class IdxTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<float>> Floats(const std::string& contents) {
    const auto file = InputFile::Open(folder_.Write("f", contents), "the/file");
    if (!file.ok()) return file.status();
    ASSIGN_OR_RETURN(const IdxHeader header, ReadIdxHeader(**file));
    std::vector<float> values(static_cast<size_t>(header.elements));
    RETURN_IF_ERROR(ReadIdxFloats(**file, header, values.data()));
    return values;
  }
  std::string Wrong(const std::string& contents) {
    const auto floats = Floats(contents);
    EXPECT_EQ(floats.status().code(), absl::StatusCode::kInvalidArgument);
    return Message(floats.status());
  }
  TemporaryFolder folder_;
};

TEST_F(IdxTest, ReadsEveryType) {
  EXPECT_THAT(*Floats(IdxHead(0x08, {2}) + std::string("\x01\xff", 2)), ElementsAre(1, 255));
  EXPECT_THAT(*Floats(IdxHead(0x09, {2}) + std::string("\x01\xff", 2)), ElementsAre(1, -1));
  EXPECT_THAT(*Floats(IdxHead(0x0B, {2}) + std::string("\x01\x02\xff\xfe", 4)),
              ElementsAre(258, -2));
  EXPECT_THAT(*Floats(IdxHead(0x0C, {1}) + std::string("\xff\xff\xff\x00", 4)), ElementsAre(-256));
  EXPECT_THAT(*Floats(IdxHead(0x0D, {1}) + std::string("\x3f\xc0\x00\x00", 4)), ElementsAre(1.5f));
  EXPECT_THAT(*Floats(IdxHead(0x0E, {1, 1}) + std::string("\xbf\xe0\x00\x00\x00\x00\x00\x00", 8)),
              ElementsAre(-0.5f));
}

TEST_F(IdxTest, RefusesWrongMagic) {
  EXPECT_THAT(Wrong(std::string("\x01\x00\x08\x01\x00\x00\x00\x01?", 9)),
              HasSubstr("the/file: is no IDX file"));
  EXPECT_THAT(Wrong(IdxHead(0x0A, {1}) + "?"), HasSubstr("is no IDX file"));
  EXPECT_THAT(Wrong(IdxHead(0x08, {})), HasSubstr("announces no dimension"));
  EXPECT_THAT(Wrong(""), HasSubstr("ends after 0 bytes"));
}

TEST_F(IdxTest, RefusesDimensionsThatTheFileCannotHold) {
  EXPECT_THAT(Wrong(IdxHead(0x08, {4294967295u, 4294967295u, 4294967295u}) + "?"),
              HasSubstr("more than the file can hold"));
  EXPECT_THAT(Wrong(IdxHead(0x0E, {1000000000u, 1000000000u}) + "?"),
              HasSubstr("more than the file can hold"));
  EXPECT_THAT(Wrong(Gzip(IdxHead(0x08, {4294967295u}) + "?")),
              HasSubstr("more than the file can hold"));
  EXPECT_THAT(Wrong(IdxHead(0x08, {3}) + "ab"), HasSubstr("more than the file can hold"));
}

TEST_F(IdxTest, RefusesEmptyDimensions) {
  EXPECT_THAT(Wrong(IdxHead(0x08, {0, 28, 28})),
              HasSubstr("holds no samples (dimensions 0 x 28 x 28)"));
}

TEST_F(IdxTest, RefusesTrailingBytes) {
  EXPECT_THAT(Wrong(IdxHead(0x08, {1}) + "ab"), HasSubstr("more bytes follow"));
}

TEST_F(IdxTest, RefusesCutGzip) {
  EXPECT_THAT(Wrong(Gzip(IdxHead(0x08, {3}) + "ab")), HasSubstr("ends after 10 bytes"));
}

TEST_F(IdxTest, RefusesValuesThatAreNotFinite) {
  EXPECT_THAT(Wrong(IdxHead(0x0D, {1}) + std::string("\x7f\xc0\x00\x00", 4)),
              HasSubstr("value 0 is nan"));
  EXPECT_THAT(Wrong(IdxHead(0x0E, {1}) + std::string("\x7f\xd0\x00\x00\x00\x00\x00\x00", 8)),
              HasSubstr("range of a float"));
}

TEST_F(IdxTest, LabelsAreIntegers) {
  const auto file =
      InputFile::Open(folder_.Write("f", IdxHead(0x0D, {1}) + std::string(4, '\0')), "f");
  const auto header = ReadIdxHeader(**file);
  EXPECT_THAT(Message(ReadIdxIntegers(**file, *header).status()),
              HasSubstr("labels must be integers"));
}

// 4 MB of zeros pack so well that 4 GB could stand there: only what is read is allocated.
TEST_F(IdxTest, LabelsTakeNoMoreMemoryThanTheFileHolds) {
  const auto file = InputFile::Open(
      folder_.Write("f", Gzip(IdxHead(0x08, {200'000'000}) + std::string(4 << 20, '\0')) +
                             Gzip(std::string(200'000, '\1')) + std::string(200'000, '\0')),
      "f");
  const auto header = ReadIdxHeader(**file);
  ASSERT_TRUE(header.ok()) << header.status();
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  EXPECT_FALSE(ReadIdxIntegers(**file, *header).ok());
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 100 << 10);  // kilobytes
}

TEST_F(IdxTest, ClaimedSizeSeesCutAndPaddedFiles) {
  const std::string whole = IdxHead(0x08, {3}) + "abc";
  for (const auto& [contents, fits] : {std::pair{whole, true},
                                       {whole + "d", false},
                                       {Gzip(whole), true},
                                       {Gzip(whole + "d"), false},
                                       {Gzip(whole).substr(0, 24), false}}) {
    const auto file = InputFile::Open(folder_.Write("f", contents), "f");
    const auto header = ReadIdxHeader(**file);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(ClaimedSizeFits(**file, *header), fits);
  }
}

// Random bytes behind a header that looks right: an error or as many values as announced, never a
// crash.
TEST_F(IdxTest, SurvivesRandomFiles) {
  const RandomStream stream(1, RandomPurpose::kSynthetic);
  for (uint64_t round = 0; round < 2000; ++round) {
    std::string contents = {0, 0};
    const uint64_t size = stream.Below(round, 0, 60);
    for (uint64_t i = 0; i < size; ++i)
      contents += static_cast<char>(stream.Below(round, i + 2, i < 6 ? 5 : 256));
    if (size > 0) contents[2] = static_cast<char>(8 + stream.Below(round, 1, 7));
    if (round % 2 == 1) contents = Gzip(contents);
    const auto floats = Floats(contents);
    if (floats.ok()) {
      EXPECT_LT(floats->size(), 60u);
    }
  }
}

}  // namespace
}  // namespace trainyard
