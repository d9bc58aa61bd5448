#include "client/lib/yaml_parser.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "gtest/gtest.h"

namespace trainyard::client {
namespace {

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Node> node = ParseYaml(text, "f.yaml");
  EXPECT_FALSE(node.ok()) << text.substr(0, 100);
  return node.ok() ? "" : Message(node.status());
}

TEST(ParseYaml, KeepsOrderKindsAndPlaces) {
  const Node root = *ParseYaml("b: 1\na:\n  - x\n  - 'y'\n", "f.yaml");
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[0].key, "b");
  const Node& list = root.entries[1].value;
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_TRUE(list.items[1].quoted);
  EXPECT_EQ(list.items[1].position.line, 4);
  EXPECT_EQ(list.items[1].position.column, 5);
}

TEST(ParseYaml, ReadsJson) {
  const Node root = *ParseYaml(R"({"a": [1, {"b": "c\u00e9"}], "d": true})", "f.json");
  EXPECT_EQ(root.Find("a")->items[1].Find("b")->text, "cé");
  EXPECT_EQ(root.Find("d")->text, "true");
}

TEST(ParseYaml, ReadsNestedFlow) {
  const Node root = *ParseYaml("[[1, 2], [3]]", "f.yaml");
  ASSERT_EQ(root.items.size(), 2u);
  EXPECT_EQ(root.items[0].items[1].text, "2");
}

TEST(ParseYaml, RefusesDuplicateKeysWithTheirPlace) {
  EXPECT_EQ(ErrorOf("a: 1\nb:\n  c: 1\n  c: 2\n"),
            "f.yaml:4:3: 'c' is given twice here; keep one of them");
}

TEST(ParseYaml, ExpandsAliases) {
  const Node root = *ParseYaml("a: &x {k: v}\nb: *x\n", "f.yaml");
  EXPECT_EQ(root.Find("b")->Find("k")->text, "v");
}

TEST(ParseYaml, StopsAliasBombs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, j == 0 ? "*a" : ", *a", i - 1);
    absl::StrAppend(&text, "]\n");
  }
  EXPECT_TRUE(absl::StrContains(ErrorOf(text), "more than 200000 values"));
}

TEST(ParseYaml, StopsDeepNesting) {
  EXPECT_TRUE(
      absl::StrContains(ErrorOf(std::string(100, '[') + std::string(100, ']')), "deeper than 24"));
  std::string block;
  for (int i = 0; i < 2000; ++i)
    absl::StrAppend(&block, std::string(static_cast<size_t>(i), ' '), "a:\n");
  EXPECT_FALSE(ErrorOf(block).empty());
  EXPECT_FALSE(ErrorOf(std::string(500'000, '[')).empty());
  EXPECT_FALSE(ErrorOf(std::string(500'000, '{')).empty());
}

TEST(ParseYaml, StopsDepthThroughAliases) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 60; ++i) absl::StrAppend(&text, "a", i, ": &a", i, " [*a", i - 1, "]\n");
  EXPECT_TRUE(absl::StrContains(ErrorOf(text), "deeper than"));
}

TEST(ParseYaml, RefusesWhatIsNoDocument) {
  EXPECT_EQ(ErrorOf(""), "f.yaml:1:1: empty");
  EXPECT_TRUE(absl::StrContains(ErrorOf("a: 1\n---\nb: 2\n"), "more than one document"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(std::string("a\0b", 3)), "zero byte"));
  EXPECT_TRUE(
      absl::StrContains(ErrorOf(std::string(kMaxSpecificationBytes + 1, 'a')), "larger than"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("a: [1, 2\nb: 3\n"), "f.yaml:"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("[a]: 1\n"), "a key must be a word"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("a: *nothing\n"), "f.yaml:1:4"));
}

}  // namespace
}  // namespace trainyard::client
