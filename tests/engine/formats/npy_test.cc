#include "engine/formats/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "tests/engine/formats/npy_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NpyTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<float>> Floats(const std::string& contents) {
    const auto file = InputFile::Open(folder_.Write("f", contents), "x.npy");
    ASSIGN_OR_RETURN(const NpyHeader header, ReadNpyHeader(**file));
    std::vector<float> values(static_cast<size_t>(header.elements));
    RETURN_IF_ERROR(ReadNpyFloats(**file, header, values.data()));
    return values;
  }
  absl::StatusOr<std::vector<int>> Integers(const std::string& contents) {
    const auto file = InputFile::Open(folder_.Write("f", contents), "x.npy");
    ASSIGN_OR_RETURN(const NpyHeader header, ReadNpyHeader(**file));
    std::vector<int32_t> values(static_cast<size_t>(header.elements));
    RETURN_IF_ERROR(ReadNpyIntegers(**file, header, values.data()));
    return std::vector<int>(values.begin(), values.end());
  }
  std::string Wrong(const std::string& contents) {
    const auto floats = Floats(contents);
    EXPECT_EQ(floats.status().code(), absl::StatusCode::kInvalidArgument);
    return Message(floats.status());
  }
  TemporaryFolder folder_;
};

TEST_F(NpyTest, ReadsEveryType) {
  EXPECT_THAT(*Floats(NpyArray<float>("<f4", "(2,)", {1.5f, -2})), ElementsAre(1.5f, -2));
  EXPECT_THAT(*Floats(NpyArray<double>("<f8", "(2, 1)", {1.5, -2})), ElementsAre(1.5f, -2));
  EXPECT_THAT(*Floats(NpyArray<uint8_t>("|u1", "(2,)", {1, 255})), ElementsAre(1, 255));
  EXPECT_THAT(*Floats(NpyArray<int8_t>("|i1", "(2,)", {1, -1})), ElementsAre(1, -1));
  EXPECT_THAT(*Floats(NpyArray<uint8_t>("|b1", "(2,)", {1, 0})), ElementsAre(1, 0));
  EXPECT_THAT(*Integers(NpyArray<int32_t>("<i4", "(2,)", {7, -7})), ElementsAre(7, -7));
  EXPECT_THAT(*Integers(NpyArray<int64_t>("<i8", "(2,)", {7, -7})), ElementsAre(7, -7));
  EXPECT_THAT(*Integers(NpyArray<uint16_t>("<u2", "(1,)", {65535})), ElementsAre(65535));
}

TEST_F(NpyTest, ReadsVersionTwo) {
  std::string file = NpyArray<float>("<f4", "(1,)", {3});
  file[6] = 2;
  file.insert(10, std::string(2, '\0'));
  EXPECT_THAT(*Floats(file), ElementsAre(3));
}

TEST_F(NpyTest, RefusesOtherTypesWithTheirCure) {
  for (const char* type : {"<f2", ">f4", "|O", "<U5", "<c8", "<f16", "<i3", "x"}) {
    EXPECT_THAT(Wrong(NpyFile(NpyHeaderText(type, "(1,)"), std::string(64, '\0'))),
                HasSubstr("array.astype('<f4')"))
        << type;
  }
  EXPECT_THAT(
      Wrong(NpyFile("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234")),
      HasSubstr("none of a plain array"));
}

TEST_F(NpyTest, RefusesFortranOrder) {
  EXPECT_THAT(Wrong(NpyFile("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", "1234")),
              HasSubstr("numpy.ascontiguousarray"));
}

TEST_F(NpyTest, RefusesBrokenHeaders) {
  EXPECT_THAT(Wrong("NUMPY..............."), HasSubstr("is no NPY file"));
  EXPECT_THAT(Wrong(""), HasSubstr("ends after 0 bytes"));
  EXPECT_THAT(Wrong(std::string("\x93NUMPY\x04\x00\x01\x00 ", 11)), HasSubstr("NPY version 4"));
  EXPECT_THAT(Wrong(std::string("\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12)),
              HasSubstr("announces a header of 2147483647 bytes"));
  for (const char* header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"}) {
    EXPECT_THAT(Wrong(NpyFile(header, "1234")), HasSubstr("none of a plain array")) << header;
  }
}

TEST_F(NpyTest, RefusesShapesThatTheFileCannotHold) {
  EXPECT_THAT(Wrong(NpyArray<float>("<f4", "(3,)", {1, 2})),
              HasSubstr("more than the file can hold"));
  EXPECT_THAT(Wrong(NpyArray<float>("<f4", "(4611686018427387904, 4)", {1})),
              HasSubstr("more than the file can hold"));
  EXPECT_THAT(Wrong(NpyArray<float>("<f4", "(0, 3)", {})), HasSubstr("holds no samples"));
  EXPECT_THAT(Wrong(NpyArray<float>("<f4", "()", {1})), HasSubstr("holds no samples"));
  EXPECT_THAT(Wrong(NpyArray<float>("<f4", "(1,)", {1, 2})), HasSubstr("more bytes follow"));
}

TEST_F(NpyTest, RefusesValuesThatAreNotFinite) {
  EXPECT_THAT(
      Wrong(NpyArray<float>("<f4", "(2, 2)", {1, 2, 3, std::numeric_limits<float>::quiet_NaN()})),
      HasSubstr("value 1 of sample 1 is nan"));
  EXPECT_THAT(Wrong(NpyArray<double>("<f8", "(1,)", {1e300})), HasSubstr("range of a float"));
}

TEST_F(NpyTest, LabelsAreSmallIntegers) {
  EXPECT_THAT(Message(Integers(NpyArray<float>("<f4", "(1,)", {1})).status()),
              HasSubstr("labels.astype('<i4')"));
  EXPECT_THAT(Message(Integers(NpyArray<int64_t>("<i8", "(1,)", {int64_t{1} << 40})).status()),
              HasSubstr("label of sample 0 is 1099511627776"));
  EXPECT_THAT(Message(Integers(NpyArray<uint64_t>("<u8", "(1,)", {uint64_t{1} << 63})).status()),
              HasSubstr("beyond 2^63"));
}

TEST_F(NpyTest, SurvivesDamagedFiles) {
  const std::string whole = NpyArray<float>("<f4", "(2, 2)", {1, 2, 3, 4});
  const RandomStream stream(5, RandomPurpose::kSynthetic);
  for (uint64_t round = 0; round < 3000; ++round) {
    std::string damaged = whole;
    for (uint64_t change = 0; change <= round % 3; ++change) {
      damaged[stream.Below(round, 2 * change, 80)] =
          static_cast<char>(stream.Below(round, 2 * change + 1, 256));
    }
    if (round % 5 == 0) damaged.resize(stream.Below(round, 9, damaged.size()));
    const auto floats = Floats(damaged);
    if (floats.ok()) {
      EXPECT_LE(floats->size(), 16u);
    }
  }
}

}  // namespace
}  // namespace trainyard
