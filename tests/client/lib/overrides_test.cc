#include "client/lib/overrides.h"

#include "absl/strings/match.h"
#include "client/lib/spec_to_tree.h"
#include "client/lib/yaml_parser.h"
#include "engine/base/status.h"
#include "gtest/gtest.h"

namespace trainyard::client {
namespace {

std::string After(const std::string& yaml, const std::string& override_text) {
  Node root = *ParseYaml(yaml, "f.yaml");
  const absl::Status status = ApplyOverride(override_text, root);
  std::string text = status.ok() ? WriteJsonLine(root) : Message(status);
  if (status.ok()) text.pop_back();
  return text;
}

TEST(ApplyOverride, ReplacesValues) {
  EXPECT_EQ(After("{a: {b: [1, {c: 2}]}}", "a.b[1].c=3"), R"({"a": {"b": [1, {"c": 3}]}})");
  EXPECT_EQ(After("{a: 1, b: 2}", "a=x=y"), R"({"a": x=y, "b": 2})");
}

TEST(ApplyOverride, MakesWhatIsMissing) {
  EXPECT_EQ(After("{a: 1}", "data.subset.train_size=1000"),
            R"({"a": 1, "data": {"subset": {"train_size": 1000}}})");
}

TEST(ApplyOverride, TakesYaml) {
  EXPECT_EQ(After("{a: 1}", "a={type: sgd, rates: [1, 2]}"),
            R"({"a": {"type": sgd, "rates": [1, 2]}})");
}

TEST(ApplyOverride, TurnsABareTypeIntoAMap) {
  EXPECT_EQ(After("{optimizer: adam}", "optimizer.learning_rate=0.1"),
            R"({"optimizer": {"type": adam, "learning_rate": 0.1}})");
}

TEST(ApplyOverride, AppendsOnePastTheEnd) {
  EXPECT_EQ(After("{l: [1]}", "l[1]=2"), R"({"l": [1, 2]})");
  EXPECT_EQ(After("{l: [1]}", "l[2]=2"), "override 'l[2]=2': 'l' has 1 entries; [1] would append");
}

TEST(ApplyOverride, NullTakesOut) {
  EXPECT_EQ(After("{a: 1, b: 2}", "a=null"), R"({"b": 2})");
  EXPECT_EQ(After("{l: [1, 2, 3]}", "l[1]=null"), R"({"l": [1, 3]})");
  EXPECT_EQ(After("{b: 2}", "a.c=null"), R"({"b": 2, "a": {}})");
}

TEST(ApplyOverride, SaysWhatIsWrong) {
  for (const char* text : {"", "=", "a", "=1", "a..b=1", "a[=1", "a[]=1", "a[x]=1", "a[99999999]=1",
                           "[0]=1", "a b=1"}) {
    EXPECT_TRUE(absl::StrContains(After("{a: 1}", text), "expected PATH=VALUE")) << text;
  }
  EXPECT_TRUE(absl::StrContains(After("{a: 1}", "a="), "has no value"));
  EXPECT_TRUE(absl::StrContains(After("{a: 1}", "a[0]=1"), "'a' is not a list"));
  EXPECT_TRUE(
      absl::StrContains(After("{a: [1]}", "a.b=1"), "'a' is a list; choose an entry: a[0].b"));
  EXPECT_TRUE(absl::StrContains(After("{a: 1}", "a={b: 1"), "override 'a={b: 1':"));
}

}  // namespace
}  // namespace trainyard::client
