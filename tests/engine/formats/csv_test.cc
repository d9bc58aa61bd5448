#include "engine/formats/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Records = std::vector<std::vector<std::string>>;

class CsvReaderTest : public ::testing::Test {
 protected:
  absl::StatusOr<Records> Read(const std::string& text, char delimiter = ',') {
    const auto file = InputFile::Open(folder_.Write("f", text), "t.csv");
    CsvReader reader(**file, delimiter);
    Records records;
    lines_.clear();
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, reader.Next());
      if (!more) return records;
      records.emplace_back(reader.fields().begin(), reader.fields().end());
      lines_.push_back(reader.line());
    }
  }
  std::string Wrong(const std::string& text) { return Message(Read(text).status()); }

  TemporaryFolder folder_;
  std::vector<int64_t> lines_;
};

TEST_F(CsvReaderTest, ReadsFields) {
  EXPECT_THAT(*Read("a,b\n1,2\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
  EXPECT_THAT(*Read("a,b\r\n1,2\r\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
  EXPECT_THAT(*Read("a,b"), ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(*Read("a,,\n"), ElementsAre(ElementsAre("a", "", "")));
  EXPECT_THAT(*Read(" a ,\tb\t\n"), ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(*Read("\xef\xbb\xbf"
                    "a,b\n"),
              ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(*Read("a\tb c\n", '\t'), ElementsAre(ElementsAre("a", "b c")));
  EXPECT_THAT(*Read("a\t\tb\n", '\t'), ElementsAre(ElementsAre("a", "", "b")));
}

TEST_F(CsvReaderTest, NoRecordsInAnEmptyFile) {
  EXPECT_THAT(*Read(""), ElementsAre());
  EXPECT_THAT(*Read("\n\r\n\n"), ElementsAre());
}

TEST_F(CsvReaderTest, ReadsQuotedFields) {
  EXPECT_THAT(*Read("\"a,b\",\"c\"\n"), ElementsAre(ElementsAre("a,b", "c")));
  EXPECT_THAT(*Read("\"say \"\"hi\"\"\",2"), ElementsAre(ElementsAre("say \"hi\"", "2")));
  EXPECT_THAT(*Read("\"\"\"\",\"\"\n"), ElementsAre(ElementsAre("\"", "")));
  EXPECT_THAT(*Read("\" a \", \"b\" ,5\"\r\n"), ElementsAre(ElementsAre(" a ", "b", "5\"")));
}

TEST_F(CsvReaderTest, CountsLinesWithinQuotes) {
  EXPECT_THAT(*Read("\"a\nb\",1\n\nc,2\n"),
              ElementsAre(ElementsAre("a\nb", "1"), ElementsAre("c", "2")));
  EXPECT_THAT(lines_, ElementsAre(1, 4));
}

TEST_F(CsvReaderTest, NamesTheLineOfAnError) {
  EXPECT_THAT(Wrong("a,b\n\"c,d\n"), HasSubstr("t.csv:2: a quote is opened here and not closed"));
  EXPECT_THAT(Wrong("a,b\n1,2\nx,\"c\"d\n"),
              HasSubstr("t.csv:3: text follows the closing quote of field 2"));
  EXPECT_THAT(Wrong(std::string("a,b\0c\n", 6)), HasSubstr("holds NUL bytes"));
}

// Records and quotes that lie across the edges of what is read at once.
TEST_F(CsvReaderTest, ReadsRecordsOfAnyLength) {
  for (size_t size :
       {(64 << 10) - 4, (64 << 10) - 3, (64 << 10) - 2, (64 << 10) - 1, 64 << 10, 3 << 20}) {
    const std::string field(size, 'x');
    const auto records = Read("\"" + field + "\"\"\",b\nc,d\n");
    ASSERT_TRUE(records.ok()) << records.status();
    ASSERT_EQ(records->size(), 2u) << size;
    EXPECT_EQ((*records)[0][0], field + "\"");
    EXPECT_THAT(lines_, ElementsAre(1, 2));
  }
}

TEST_F(CsvReaderTest, ARecordWithoutEndIsAnError) {
  EXPECT_THAT(Wrong("a,\"" + std::string(40 << 20, 'x')), HasSubstr("is a quote not closed?"));
}

// Random texts over the characters that matter: what is written with every field quoted reads back.
TEST_F(CsvReaderTest, RandomFieldsReadBack) {
  const RandomStream stream(3, RandomPurpose::kSynthetic);
  const std::string letters = "ab,\"\n\r ;1";
  for (uint64_t round = 0; round < 300; ++round) {
    Records records;
    std::string text;
    uint64_t draw = 0;
    const uint64_t rows = stream.Below(round, draw++, 5);
    for (uint64_t row = 0; row < rows; ++row) {
      std::vector<std::string>& record = records.emplace_back();
      for (uint64_t column = 0; column < 3; ++column) {
        std::string& field = record.emplace_back();
        const uint64_t size = stream.Below(round, draw++, 6);
        for (uint64_t i = 0; i < size; ++i)
          field += letters[stream.Below(round, draw++, letters.size())];
        std::string quoted;
        for (char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += (column > 0 ? "," : "") + ("\"" + quoted + "\"");
      }
      text += row % 2 == 0 ? "\n" : "\r\n";
    }
    const auto read = Read(text);
    ASSERT_TRUE(read.ok()) << read.status() << text;
    EXPECT_EQ(*read, records) << text;
  }
}

TEST_F(CsvReaderTest, SurvivesRandomTexts) {
  const RandomStream stream(4, RandomPurpose::kSynthetic);
  const std::string letters = "ab,\"\n\r ;1";
  for (uint64_t round = 0; round < 1000; ++round) {
    std::string text;
    const uint64_t size = stream.Below(round, 0, 40);
    for (uint64_t i = 0; i < size; ++i) text += letters[stream.Below(round, i + 1, letters.size())];
    const auto read = Read(text);
    if (!read.ok()) {
      EXPECT_THAT(Message(read.status()), HasSubstr("t.csv:"));
    }
  }
}

TEST(Classify, TellsNumbersFromTexts) {
  const auto number = [](const char* text) {
    float value = -1;
    EXPECT_EQ(Classify(text, value), CsvValue::kNumber) << text;
    return value;
  };
  EXPECT_EQ(number("12"), 12);
  EXPECT_EQ(number("-1.5e2"), -150);
  EXPECT_EQ(number("+3"), 3);
  EXPECT_EQ(number(".5"), 0.5f);
  EXPECT_EQ(number("1e-999"), 0);
  float unused;
  for (const char* text : {"", "?", "NA", "NaN", "null"})
    EXPECT_EQ(Classify(text, unused), CsvValue::kMissing) << text;
  for (const char* text : {"a", "1a", "1,5", "0x10", "--1", "+-1", "1 2", "+"}) {
    EXPECT_EQ(Classify(text, unused), CsvValue::kText) << text;
  }
  for (const char* text : {"1e999", "-1e39", "inf", "-Infinity"}) {
    EXPECT_EQ(Classify(text, unused), CsvValue::kOutOfRange) << text;
  }
}

}  // namespace
}  // namespace trainyard
