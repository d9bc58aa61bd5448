#include "client/lib/yaml_parser.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/lib/files.h"
#include "engine/base/status.h"

namespace trainyard::client {
namespace {

// Builds the tree from the parser's events. Complaints leave as YAML::ParserException, which is the
// only way to stop the parser; ParseYaml catches them.
class TreeBuilder final : public YAML::EventHandler {
 public:
  Node TakeRoot() { return std::move(root_); }
  bool has_root() const { return has_root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.position = At(mark);
    Place(std::move(node), mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end())
      throw YAML::ParserException(mark, "an alias inside its own anchor");
    CountNodes(found->second.Count() - 1, mark);
    if (static_cast<int>(open_.size()) + Depth(found->second) > kMaxYamlDepth) TooDeep(mark);
    Node copy = found->second;
    Place(std::move(copy), mark, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = Node::Scalar(value, tag == "!" || tag == "tag:yaml.org,2002:str");
    node.position = At(mark);
    Place(std::move(node), mark, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Node::List(), mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Node::Map(), mark, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    Node node;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    // Maps: a key that waits for its value.
    bool has_key = false;
    std::string key;
    Position key_position;
    std::set<std::string> keys;
  };

  static Position At(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1, ""}; }

  [[noreturn]] static void TooDeep(const YAML::Mark& mark) {
    throw YAML::ParserException(mark,
                                absl::StrCat("nested deeper than ", kMaxYamlDepth, " levels"));
  }

  static int Depth(const Node& node) {
    int deepest = 0;
    for (const Node& item : node.items) deepest = std::max(deepest, Depth(item));
    for (const NodeEntry& entry : node.entries) deepest = std::max(deepest, Depth(entry.value));
    return deepest + 1;
  }

  void CountNodes(size_t more, const YAML::Mark& mark) {
    nodes_ += more;
    if (nodes_ > kMaxYamlNodes) {
      throw YAML::ParserException(
          mark, absl::StrCat("more than ", kMaxYamlNodes, " values, aliases expanded"));
    }
  }

  void Open(Node node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (static_cast<int>(open_.size()) >= kMaxYamlDepth) TooDeep(mark);
    if (!open_.empty() && open_.back().node.kind == Node::Kind::kMap && !open_.back().has_key) {
      throw YAML::ParserException(mark, "a key must be a word, not a list or a map");
    }
    Level level;
    level.node = std::move(node);
    level.node.position = At(mark);
    level.mark = mark;
    level.anchor = anchor;
    open_.push_back(std::move(level));
  }

  void Close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    Place(std::move(level.node), level.mark, level.anchor);
  }

  void Place(Node node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    CountNodes(1, mark);
    if (anchor != 0) {
      CountNodes(node.Count(), mark);  // the copy that is kept for aliases
      anchored_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Level& parent = open_.back();
    if (parent.node.kind == Node::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      TakeKey(parent, std::move(node), mark);
    } else {
      parent.node.entries.push_back({parent.key, parent.key_position, std::move(node)});
      parent.has_key = false;
    }
  }

  static void TakeKey(Level& parent, Node key, const YAML::Mark& mark) {
    if (key.kind != Node::Kind::kScalar) throw YAML::ParserException(mark, "a key must be a word");
    if (!parent.keys.insert(key.text).second) {
      throw YAML::ParserException(
          mark, absl::StrCat("'", key.text, "' is given twice here; keep one of them"));
    }
    parent.has_key = true;
    parent.key = std::move(key.text);
    parent.key_position = key.position;
  }

  std::vector<Level> open_;
  std::map<YAML::anchor_t, Node> anchored_;
  Node root_;
  bool has_root_ = false;
  size_t nodes_ = 0;
};

}  // namespace

absl::StatusOr<Node> ParseYaml(const std::string& text, const std::string& file) {
  if (text.size() > kMaxSpecificationBytes) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": larger than ", kMaxSpecificationBytes,
                                                   " bytes, the most that is read"));
  }
  RETURN_IF_ERROR(CheckText(text, file));
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    TreeBuilder builder;
    if (!parser.HandleNextDocument(builder) || !builder.has_root()) {
      return absl::InvalidArgumentError(absl::StrCat(file, ":1:1: empty"));
    }
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": more than one document ('---'); keep one"));
    }
    return builder.TakeRoot();
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":", error.mark.line + 1, ":", error.mark.column + 1, ": ", error.msg));
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", error.what()));
  }
}

}  // namespace trainyard::client
