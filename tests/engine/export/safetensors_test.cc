#include "engine/export/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "engine/base/philox.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Length(uint64_t length) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> (8 * i));
  return bytes;
}

std::string File(const std::string& header, const std::string& values = "") {
  return Length(header.size()) + header + values;
}

std::string Floats(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

std::string Error(const std::string& bytes) {
  const absl::Status status = ReadSafetensors(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return Message(status);
}

const std::vector<NamedTensor>& TwoTensors() {
  static const auto& tensors = *new std::vector<NamedTensor>{
      {"dense.weight", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"dense.bias", {2}, {-1, 0.5f}}};
  return tensors;
}

TEST(WriteSafetensorsTest, GivesTheseBytes) {
  const absl::StatusOr<std::string> bytes =
      WriteSafetensors({{"b", {}, {7}}, {"a", {1, 2}, {1, 2}}}, {{"k", "v"}});
  ASSERT_TRUE(bytes.ok());
  std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}})";
  header.resize(64 * 3 - 8, ' ');
  EXPECT_EQ(*bytes, File(header, Floats({1, 2, 7})));
}

TEST(WriteSafetensorsTest, TheOrderOfTensorsDoesNotMatter) {
  EXPECT_EQ(*WriteSafetensors({TwoTensors()[0], TwoTensors()[1]}, {}),
            *WriteSafetensors({TwoTensors()[1], TwoTensors()[0]}, {}));
}

TEST(WriteSafetensorsTest, AlignsTheValues) {
  for (size_t length = 0; length < 70; ++length) {
    const std::string bytes =
        *WriteSafetensors({{"a", {1}, {1.0f}}}, {{"k", std::string(length, 'x')}});
    EXPECT_EQ((bytes.size() - sizeof(float)) % 64, 0u);
  }
}

TEST(WriteSafetensorsTest, RefusesWhatNoReaderCouldRead) {
  EXPECT_FALSE(WriteSafetensors({{"a", {2}, {1}}}, {}).ok());
  EXPECT_FALSE(WriteSafetensors({{"a", {-1}, {}}}, {}).ok());
  EXPECT_FALSE(WriteSafetensors({{"a", {1}, {1}}, {"a", {1}, {2}}}, {}).ok());
  EXPECT_FALSE(WriteSafetensors({{"__metadata__", {1}, {1}}}, {}).ok());
}

TEST(ReadSafetensorsTest, ReadsWhatWasWritten) {
  const std::map<std::string, std::string> metadata = {{"spec", "{\"name\": \"a\\b\"}\n\t\x01"},
                                                       {"", "empty key"},
                                                       {"umlaut", "\xC3\xA4 \xF0\x9F\x98\x80"}};
  const auto file = ReadSafetensors(*WriteSafetensors(TwoTensors(), metadata));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->metadata, metadata);
  ASSERT_EQ(file->tensors.size(), 2u);
  EXPECT_EQ(file->tensors[0].name, "dense.bias");
  EXPECT_THAT(file->tensors[0].shape, ElementsAre(2));
  EXPECT_THAT(file->tensors[0].values, ElementsAre(-1.0f, 0.5f));
  EXPECT_THAT(file->tensors[1].shape, ElementsAre(2, 3));
  EXPECT_THAT(file->tensors[1].values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(ReadSafetensorsTest, FindsByName) {
  const auto file = ReadSafetensors(*WriteSafetensors(TwoTensors(), {}));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->Find("dense.weight")->values.size(), 6u);
  EXPECT_EQ(file->Find("dense.bias")->values.size(), 2u);
  EXPECT_EQ(file->Find("dense"), nullptr);
  EXPECT_EQ(file->Find("z"), nullptr);
}

TEST(ReadSafetensorsTest, KeepsEveryBit) {
  const std::vector<float> values = {-0.0f, std::numeric_limits<float>::denorm_min(), INFINITY,
                                     -INFINITY, NAN};
  const auto file = ReadSafetensors(*WriteSafetensors({{"a", {5}, values}}, {}));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(
      std::memcmp(file->tensors[0].values.data(), values.data(), sizeof(float) * values.size()), 0);
}

TEST(ReadSafetensorsTest, TakesFilesWithoutTensors) {
  EXPECT_THAT(ReadSafetensors(File("{}"))->tensors, IsEmpty());
  EXPECT_THAT(ReadSafetensors(*WriteSafetensors({}, {}))->tensors, IsEmpty());
}

TEST(ReadSafetensorsTest, TakesScalarsAndEmptyTensors) {
  const auto file =
      ReadSafetensors(*WriteSafetensors({{"a", {0, 5}, {}}, {"b", {}, {3}}, {"c", {0}, {}}}, {}));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->Find("a")->shape, ElementsAre(0, 5));
  EXPECT_THAT(file->Find("b")->values, ElementsAre(3));
}

// Other writers order fields and tensors in other ways and use other escapes.
TEST(ReadSafetensorsTest, ReadsOtherWritersJson) {
  const auto file = ReadSafetensors(
      File(" {\n\"b\\u00e4\\ud83d\\ude00\\/\" : {\"shape\":[ 1 ],\"data_offsets\":[4 , "
           "8],\t\"dtype\":\"F32\"},"
           "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}, \"__metadata__\":{} } ",
           Floats({1, 2})));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->Find("a")->values, ElementsAre(1));
  EXPECT_THAT(file->Find("b\xC3\xA4\xF0\x9F\x98\x80/")->values, ElementsAre(2));
}

TEST(ReadSafetensorsTest, RefusesAWrongLength) {
  EXPECT_THAT(Error(""), HasSubstr("shorter than 8 bytes"));
  EXPECT_THAT(Error("1234567"), HasSubstr("shorter than 8 bytes"));
  EXPECT_THAT(Error(Length(3) + "{}"), HasSubstr("a header of 3 bytes in a file of 10"));
  EXPECT_THAT(Error(Length(~uint64_t{0}) + "{}"), HasSubstr("is it a safetensors file?"));
  EXPECT_THAT(Error(Length(uint64_t{1} << 40) + "{}"), HasSubstr("is it a safetensors file?"));
}

TEST(ReadSafetensorsTest, RefusesOtherTypes) {
  EXPECT_EQ(Error(File(R"({"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", "1234")),
            "tensor 'a': dtype BF16, only F32 is read");
}

TEST(ReadSafetensorsTest, RefusesShapesThatDoNotFit) {
  const auto tensor = [](const std::string& shape, const std::string& offsets) {
    return File(
        R"({"a":{"dtype":"F32","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}}",
        "12345678");
  };
  EXPECT_TRUE(ReadSafetensors(tensor("2", "0,8")).ok());
  EXPECT_THAT(Error(tensor("3", "0,8")), HasSubstr("data_offsets do not fit the shape"));
  EXPECT_THAT(Error(tensor("2", "8,0")), HasSubstr("data_offsets do not fit the shape"));
  // Their product is 8 modulo 2^64.
  EXPECT_THAT(Error(tensor("4611686018427387905,2", "0,8")),
              HasSubstr("data_offsets do not fit the shape"));
  EXPECT_THAT(Error(tensor("99999999999999999999", "0,8")), HasSubstr("a number beyond 64 bits"));
  EXPECT_THAT(Error(tensor("-2", "0,8")), HasSubstr("expected a whole number of 0 or more"));
  EXPECT_THAT(Error(tensor("2.0", "0,8")), HasSubstr("expected ']'"));
  EXPECT_THAT(Error(tensor("02", "0,8")), HasSubstr("expected a whole number"));
  EXPECT_THAT(Error(tensor("2", "0,8,8")), HasSubstr("expected two offsets"));
  EXPECT_THAT(Error(tensor("2", "0")), HasSubstr("expected two offsets"));
}

TEST(ReadSafetensorsTest, RefusesGapsOverlapsAndBytesOfNoTensor) {
  const auto two = [](const std::string& first, const std::string& second,
                      const std::string& values) {
    return File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[)" + first +
                    R"(]},"b":{"dtype":"F32","shape":[1],"data_offsets":[)" + second + "]}}",
                values);
  };
  EXPECT_TRUE(ReadSafetensors(two("0,4", "4,8", "12345678")).ok());
  EXPECT_TRUE(ReadSafetensors(two("4,8", "0,4", "12345678")).ok());
  EXPECT_THAT(Error(two("0,4", "0,4", "1234")), HasSubstr("overlap another tensor or leave a gap"));
  EXPECT_THAT(Error(two("0,4", "8,12", "123456789012")),
              HasSubstr("overlap another tensor or leave a gap"));
  EXPECT_THAT(Error(two("4,8", "8,12", "123456789012")),
              HasSubstr("overlap another tensor or leave a gap"));
  EXPECT_THAT(Error(two("0,4", "4,8", "1234567")),
              HasSubstr("describes 8 bytes of values, the file has 7"));
  EXPECT_THAT(Error(two("0,4", "4,8", "123456789")),
              HasSubstr("describes 8 bytes of values, the file has 9"));
}

TEST(ReadSafetensorsTest, RefusesNamesThatComeTwice) {
  EXPECT_THAT(Error(File(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
                         R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})")),
              HasSubstr("a name that came before"));
  EXPECT_THAT(Error(File(R"({"__metadata__":{"k":"1","k":"2"}})")),
              HasSubstr("a name that came before"));
  EXPECT_THAT(Error(File(R"({"a":{"dtype":"F32","dtype":"F32","data_offsets":[0,0]}})")),
              HasSubstr("a name that came before"));
}

class WrongHeaderTest : public ::testing::TestWithParam<const char*> {};

TEST_P(WrongHeaderTest, IsRefused) {
  EXPECT_THAT(Error(File(GetParam())), HasSubstr("safetensors header, byte "));
}

INSTANTIATE_TEST_SUITE_P(
    Json, WrongHeaderTest,
    ::testing::Values("", " ", "[]", "null", "{", "{}}", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1}",
                      "{\"a\":null}", "{\"a\":{}}", "{\"a\":{\"dtype\":\"F32\"}}",
                      "{\"a\":{\"dtype\":\"F32\",\"shape\":[],}}",
                      "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":1}}",
                      "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,],\"data_offsets\":[0,0]}}",
                      "{\"a\":{\"dtype\":\"F32\",\"shape\":[[0]],\"data_offsets\":[0,0]}}",
                      "{\"a\":{\"dtype\":1,\"shape\":[0],\"data_offsets\":[0,0]}}",
                      "{\"__metadata__\":{\"k\":1}}", "{\"__metadata__\":{\"k\":{}}}",
                      "{\"__metadata__\":{\"k\":\"v\"}", "{\"a", "{\"a\\", "{\"\\x\":1}",
                      "{\"\\u12\":1}", "{\"\\ud800\":1}", "{\"\\ud800\\u0041\":1}",
                      "{\"\\udc00\":1}", "{\"\n\":1}"));

TEST(ReadSafetensorsTest, SurvivesTruncation) {
  const std::string bytes = *WriteSafetensors(TwoTensors(), {{"k", "v"}});
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(ReadSafetensors(bytes.substr(0, length)).ok()) << length;
  }
}

// Flips bits and cuts at random: whatever is read back is consistent.
TEST(ReadSafetensorsTest, SurvivesDamage) {
  const std::string good = *WriteSafetensors(TwoTensors(), {{"k", "v\\"}});
  const RandomStream stream(9, RandomPurpose::kSynthetic);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    const uint64_t flips = 1 + stream.Below(round, 0, 4);
    for (uint64_t flip = 0; flip < flips; ++flip) {
      const uint64_t place = stream.Below(round, 2 * flip + 1, bytes.size());
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << stream.Below(round, 2 * flip + 2, 8)));
    }
    const auto file = ReadSafetensors(bytes);
    if (!file.ok()) continue;
    size_t values = 0;
    for (const NamedTensor& tensor : file->tensors) values += tensor.values.size();
    EXPECT_EQ(values, 8u);
  }
}

}  // namespace
}  // namespace trainyard
