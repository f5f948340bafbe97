#include "base/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "base/text.hpp"
#include "base/yaml_cut_block.hpp"
#include "base/yaml_fault.hpp"
#include "base/yaml_lines.hpp"

namespace tandem::yaml {

const Entry* Node::entry(std::string_view key) const {
  for (const auto& candidate : entries)
    if (candidate.key == key) return &candidate;
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const auto* found = entry(key);
  return found == nullptr ? nullptr : &found->value;
}

namespace {

/// Ends the reading from inside the parser's callbacks.
struct Stop {
  Issue issue;
};

/// A list or map whose members are still coming.
struct Open {
  Node node{};
  YAML::anchor_t anchor = 0;
  std::optional<Node> key{};        ///< the key that waits for its value
  std::unordered_map<std::string, int> lines{};  ///< of the keys so far
  bool has_merged = false;          ///< holds entries of another map, which its own replace
};

size_t size_of(const Node& node) {
  size_t total = 1;
  for (const auto& item : node.items) total += size_of(item);
  for (const auto& entry : node.entries) total += 1 + size_of(entry.value);
  return total;
}

/// Builds the tree from the parser's events.
class Tree final : public YAML::EventHandler {
 public:
  Tree(const Lines& lines, const Limits& limits, std::vector<Issue>& issues)
      : lines_(lines), limits_(limits), issues_(issues) {}

  Node take() { return std::move(root_); }
  size_t understood() const { return understood_; }

  void OnDocumentStart(const YAML::Mark& mark) override { see(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node_at(mark, Kind::Null), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override { open(mark, tag, anchor, Kind::List); }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override { open(mark, tag, anchor, Kind::Map); }
  void OnMapEnd() override { close(); }

 private:
  void see(const YAML::Mark& mark) {
    understood_ = std::max(understood_, lines_.offset(mark.line + 1, 1) + static_cast<size_t>(std::max(0, mark.column)));
  }
  Node node_at(const YAML::Mark& mark, Kind kind);
  void refuse_tag(const Node& node, const std::string& tag) const;
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Kind kind);
  void close();
  [[noreturn]] void refuse_key(const Node& key) const;
  void add(Node node, YAML::anchor_t anchor);
  void add_entry(Open& map, Node value);
  void merge(Open& map, const Node& value);
  std::string_view source_of(const Node& node) const;
  void take_style(Node& node, const std::string& tag) const;

  const Lines& lines_;
  const Limits& limits_;
  std::vector<Issue>& issues_;
  Node root_{};
  std::vector<Open> open_{};
  std::map<YAML::anchor_t, Node> anchored_{};
  size_t alias_nodes_ = 0;
  size_t understood_ = 0;
};

Node Tree::node_at(const YAML::Mark& mark, Kind kind) {
  see(mark);
  Node node{kind};
  node.line = mark.line + 1;
  node.column = lines_.column_of_byte(node.line, mark.column + 1);
  return node;
}

void Tree::refuse_tag(const Node& node, const std::string& tag) const {
  if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
  throw Stop{reserved_at(lines_, node.line, node.column)};
}

/// The text from the value on, behind its anchor and tag.
std::string_view Tree::source_of(const Node& node) const {
  auto rest = lines_.all().substr(lines_.offset(node.line, node.column));
  while (rest.starts_with('&') || rest.starts_with('!')) {
    rest.remove_prefix(std::min(rest.find_first_of(" \t\r\n"), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  }
  return rest;
}

/// The parser takes the end of the file for the end of a quoted text; we do not.
bool is_closed(std::string_view quoted) {
  const char quote = quoted.front();
  for (size_t at = 1; at < quoted.size(); ++at) {
    if (quote == '"' && quoted[at] == '\\') ++at;
    else if (quoted[at] == quote) return true;
  }
  return false;
}

void Tree::take_style(Node& node, const std::string& tag) const {
  if (tag == "?" || tag.empty()) return;
  const auto source = source_of(node);
  if (source.starts_with('|') || source.starts_with('>')) {
    node.style = Style::Block;
    return;
  }
  node.style = Style::Quoted;
  if (!source.starts_with('"') && !source.starts_with('\'')) return;
  node.quote = source.front();
  if (!is_closed(source)) throw Stop{open_quote(node.line, node.column, node.quote)};
}

void Tree::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
  auto node = node_at(mark, Kind::Scalar);
  refuse_tag(node, tag);
  take_style(node, tag);
  node.text = value;
  add(std::move(node), anchor);
}

void Tree::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto place = node_at(mark, Kind::Null);
  const auto found = anchored_.find(anchor);
  if (found == anchored_.end())
    throw Stop{{"E105", place.line, place.column, "this alias stands inside the value it names", "Write the value out"}};
  alias_nodes_ += size_of(found->second);
  if (alias_nodes_ > limits_.alias_nodes_max)
    throw Stop{{"E105", place.line, place.column,
                fmt::format("aliases make more than {} values of this file", limits_.alias_nodes_max),
                "Write the values out"}};
  add(found->second, 0);
}

void Tree::open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Kind kind) {
  auto node = node_at(mark, kind);
  refuse_tag(node, tag);
  if (static_cast<int>(open_.size()) >= limits_.depth_max)
    throw Stop{{"E105", node.line, node.column, fmt::format("nested deeper than {} levels", limits_.depth_max), ""}};
  open_.push_back({std::move(node), anchor});
}

void Tree::close() {
  auto done = std::move(open_.back());
  open_.pop_back();
  add(std::move(done.node), done.anchor);
}

/// `a: {{ name }}` is a map whose key is a map.
void Tree::refuse_key(const Node& key) const {
  const auto& map = open_.back().node;
  if (key.is_map() && key.line == map.line && key.column == map.column + 1 && lines_.all().substr(lines_.offset(map.line, map.column)).starts_with("{{"))
    throw Stop{{"E102", map.line, map.column, "not valid YAML: {{ is a placeholder of a template that nobody has filled in", "Write the value"}};
  throw Stop{{"E102", key.line, key.column, "not valid YAML: a key must be plain text", "Write name: value"}};
}

void Tree::add(Node node, YAML::anchor_t anchor) {
  if (anchor != 0) anchored_[anchor] = node;
  if (open_.empty()) {
    root_ = std::move(node);
  } else if (open_.back().node.is_list()) {
    open_.back().node.items.push_back(std::move(node));
  } else if (!open_.back().key) {
    if (!node.is_scalar()) refuse_key(node);
    open_.back().key = std::move(node);
  } else {
    add_entry(open_.back(), std::move(node));
  }
}

void Tree::add_entry(Open& map, Node value) {
  const auto key = *std::exchange(map.key, std::nullopt);
  if (value.is_null()) {
    value.line = key.line;
    value.column = key.column;
  }
  if (key.text == "<<" && !key.was_quoted()) return merge(map, value);
  const auto [known, fresh] = map.lines.emplace(key.text, key.line);
  if (fresh) {
    if (map.has_merged) std::erase_if(map.node.entries, [&](const Entry& merged) { return merged.key == key.text; });
    map.node.entries.push_back({key.text, key.line, key.column, std::move(value)});
    return;
  }
  issues_.push_back({"E104", key.line, key.column,
                     fmt::format("{} is given twice (first at line {})", key.text, known->second), "Keep one of them"});
}

/// YAML 1.1 merge key: what the map has not said itself comes from the other one.
void Tree::merge(Open& map, const Node& value) {
  if (value.is_list()) {
    for (const auto& item : value.items) merge(map, item);
    return;
  }
  if (!value.is_map())
    throw Stop{{"E102", value.line, value.column, "not valid YAML: << merges maps only", "Name a map: <<: *anchor"}};
  map.has_merged = true;
  for (const auto& entry : value.entries)
    if (map.node.entry(entry.key) == nullptr) map.node.entries.push_back(entry);
}

std::optional<Issue> unreadable(std::string_view text, const Lines& lines, const Limits& limits) {
  if (text.size() > limits.bytes_max)
    return Issue{"E105", 1, 1,
                 fmt::format("the definition is {} KB; the limit is {} KB", (text.size() + 1023) / 1024,
                             limits.bytes_max / 1024), "Move long scripts into files of the repository"};
  const auto control = std::ranges::find_if(text, [](char c) {
    return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  });
  if (control != text.end()) {
    const auto at = static_cast<size_t>(control - text.begin());
    return Issue{"E102", lines.line_at(at), lines.column_at(at),
                 fmt::format("not valid YAML: control character 0x{:02x}", static_cast<unsigned char>(*control)),
                 "Save the file as text in UTF-8"};
  }
  if (!is_valid_utf8(text)) {
    for (int number = 1; number <= lines.count(); ++number)
      if (!is_valid_utf8(lines.line(number)))
        return Issue{"E102", number, 1, "not valid YAML: this line is not UTF-8", "Save the file as text in UTF-8"};
  }
  return std::nullopt;
}

/// Offset and line of the marker that ends the first document, or the size of the text.
std::pair<size_t, int> end_of_first_document(const Lines& lines) {
  bool begun = false;
  bool ended = false;
  size_t end = lines.all().size();
  for (int number = 1; number <= lines.count(); ++number) {
    const auto line = lines.line(number);
    const bool marker = line.starts_with("---") && (line.size() == 3 || line[3] == ' ' || line[3] == '\t');
    if (is_blank(line) || line.starts_with('#') || (!begun && line.starts_with('%'))) continue;
    if (ended || (begun && marker)) return {std::min(end, lines.offset(number, 1)), number};
    if (line.starts_with("...") && is_blank(line.substr(3))) {
      ended = true;
      end = lines.offset(number, 1);
    }
    begun = true;
  }
  return {end, 0};
}

void parse(std::string_view text, const Lines& lines, const Limits& limits, Document& document) {
  Tree tree(lines, limits, document.issues);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(tree);
    document.root = tree.take();
    document.readable = true;
  } catch (const Stop& stop) {
    const auto cut = stop.issue.code == "E102" ? block_cut_before(lines, stop.issue.line) : std::nullopt;
    document.issues.push_back(cut.value_or(stop.issue));
  } catch (const YAML::Exception& fault) {
    document.issues.push_back(
        explained(lines, {fault.msg, std::min(fault.mark.line + 1, lines.count()), fault.mark.column + 1, tree.understood()}));
  }
}

}  // namespace

Document read(std::string_view text, const Limits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const Lines lines(text);
  Document document;
  if (auto issue = unreadable(text, lines, limits)) {
    document.issues.push_back(std::move(*issue));
    return document;
  }
  const auto [end, second] = end_of_first_document(lines);
  document.second_document_line = second;
  parse(text.substr(0, end), lines, limits, document);
  return document;
}

}  // namespace tandem::yaml
