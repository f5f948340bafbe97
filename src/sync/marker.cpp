#include "sync/marker.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/python_version.hpp"
#include "base/text.hpp"
#include "sync/requirement.hpp"

namespace tandem::sync {
namespace {

constexpr std::array<std::string_view, 12> variables{
    "os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_release", "platform_system",
    "platform_version", "python_version", "python_full_version", "implementation_name", "implementation_version", "extra"};
constexpr std::array<std::string_view, 8> signs{"===", "<=", "!=", "==", ">=", "~=", "<", ">"};
constexpr int depth_max = 50;

/// What other tools still write, and what it means today.
std::string_view todays_name(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> old{
      {{"os.name", "os_name"}, {"sys.platform", "sys_platform"}, {"platform.version", "platform_version"},
       {"platform.machine", "platform_machine"}, {"platform.python_implementation", "platform_python_implementation"},
       {"python_implementation", "platform_python_implementation"}}};
  for (const auto& [before, now] : old)
    if (name == before) return now;
  return name;
}

struct Operand {
  bool is_variable = false;
  std::string text;

  std::string spelled() const {
    if (is_variable) return text;
    const char quote = text.find('"') == text.npos ? '"' : '\'';
    return quote + text + quote;
  }
};

}  // namespace

struct Marker::Node {
  enum class Kind { And, Or, Comparison } kind{};
  std::vector<std::shared_ptr<const Node>> parts{};   ///< of And and Or
  Operand left{}, right{};
  std::string sign{};                                 ///< "==", "not in", ...
};

namespace {

/// Cuts a marker into words, one at a time.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(trimmed(text)) {}
  bool at_end() const { return rest_.empty(); }
  bool take(std::string_view sign) {
    if (!rest_.starts_with(sign)) return false;
    drop(sign.size());
    return true;
  }
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word) || (rest_.size() > word.size() && is_letter(rest_[word.size()]))) return false;
    drop(word.size());
    return true;
  }
  std::string_view name() {
    const auto end = std::ranges::find_if_not(rest_, is_letter) - rest_.begin();
    const auto found = rest_.substr(0, static_cast<size_t>(end));
    drop(found.size());
    return found;
  }
  std::optional<std::string> quoted() {
    if (rest_.empty() || (rest_[0] != '"' && rest_[0] != '\'')) return std::nullopt;
    const auto end = rest_.find(rest_[0], 1);
    if (end == rest_.npos) return std::nullopt;
    auto found = std::string(rest_.substr(1, end - 1));
    drop(end + 1);
    return found;
  }
  std::string_view rest() const { return rest_; }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; }
  void drop(size_t count) { rest_ = trimmed(rest_.substr(count)); }
  std::string_view rest_;
};

Error expected(std::string_view what, const Words& words) {
  return failure(Fault::Invalid, "the marker has {} where {} should be", words.at_end() ? "its end" : std::string(words.rest()), what);
}

Result<Operand> read_operand(Words& words) {
  if (auto text = words.quoted()) return Operand{false, std::move(*text)};
  const auto before = words;
  const auto name = todays_name(words.name());
  if (std::ranges::find(variables, name) == variables.end()) return expected("a variable like python_version or a quoted text", before);
  return Operand{true, std::string(name)};
}

Result<std::string> read_sign(Words& words) {
  for (const auto sign : signs)
    if (words.take(sign)) return std::string(sign);
  if (words.take_word("in")) return std::string("in");
  const auto before = words;
  if (words.take_word("not") && words.take_word("in")) return std::string("not in");
  return expected("a comparison", before);
}

bool compares_versions(std::string_view variable) {
  return variable == "python_version" || variable == "python_full_version" || variable == "implementation_version" || variable == "platform_release";
}

bool compare_texts(std::string_view left, std::string_view sign, std::string_view right) {
  if (sign == "==" || sign == "===") return left == right;
  if (sign == "!=") return left != right;
  if (sign == "in") return right.find(left) != right.npos;
  if (sign == "not in") return right.find(left) == right.npos;
  if (sign == "<") return left < right;
  if (sign == "<=") return left <= right;
  if (sign == ">") return left > right;
  if (sign == ">=") return left >= right;
  return false;  // ~= between texts means nothing
}

/// The value of a comparison's side; names of extras are compared as names.
std::string value_of(const Operand& operand, bool is_extra, const MarkerEnvironment& environment) {
  if (!operand.is_variable) return is_extra ? normalised_name(operand.text) : operand.text;
  const auto found = environment.find(operand.text);
  return found == environment.end() ? std::string() : found->second;
}

bool compare(const Operand& left, const std::string& sign, const Operand& right, const MarkerEnvironment& environment) {
  const auto& variable = left.is_variable ? left.text : right.text;
  const bool is_extra = variable == "extra";
  const auto a = value_of(left, is_extra, environment), b = value_of(right, is_extra, environment);
  if (compares_versions(variable) && sign != "in" && sign != "not in") {
    const auto clause = python::Clause::parse(sign + b);
    // What is no version satisfies no comparison with one.
    if (clause && sign != "===") {
      const auto version = python::Version::parse(a);
      return version && clause->accepts(*version);
    }
  }
  return compare_texts(a, sign, b);
}

}  // namespace

/// The grammar, weakest binding first.
struct MarkerReader {
  using Node = Marker::Node;
  using Pointer = std::shared_ptr<const Node>;
  Words words;
  int depth = 0;

  Result<Pointer> joined(Node::Kind kind, std::string_view word, Result<Pointer> (MarkerReader::*part)()) {
    Node node;
    node.kind = kind;
    do {
      auto next = TRY((this->*part)());
      node.parts.push_back(std::move(next));
    } while (words.take_word(word));
    if (node.parts.size() == 1) return node.parts.front();
    return std::make_shared<const Node>(std::move(node));
  }
  Result<Pointer> any() { return joined(Node::Kind::Or, "or", &MarkerReader::all); }
  Result<Pointer> all() { return joined(Node::Kind::And, "and", &MarkerReader::one); }
  Result<Pointer> one() {
    if (words.take("(")) {
      if (++depth > depth_max) return failure(Fault::Invalid, "the marker has more than {} brackets in one another", depth_max);
      auto inside = TRY(any());
      if (!words.take(")")) return expected("a )", words);
      --depth;
      return inside;
    }
    Node node;
    node.kind = Node::Kind::Comparison;
    node.left = TRY(read_operand(words));
    node.sign = TRY(read_sign(words));
    node.right = TRY(read_operand(words));
    if (!node.left.is_variable && !node.right.is_variable) return failure(Fault::Invalid, "the marker compares two texts");
    return std::make_shared<const Node>(std::move(node));
  }
};

Result<Marker> Marker::parse(std::string_view text) {
  MarkerReader reader{Words(text)};
  auto root = TRY(reader.any());
  if (!reader.words.at_end()) return expected("its end", reader.words);
  return Marker(std::move(root));
}

std::string Marker::text() const {
  const auto told = [](const auto& self, const Node& node) -> std::string {
    if (node.kind == Node::Kind::Comparison) return fmt::format("{} {} {}", node.left.spelled(), node.sign, node.right.spelled());
    std::vector<std::string> parts;
    for (const auto& part : node.parts) {
      const bool needs_brackets = node.kind == Node::Kind::And && part->kind == Node::Kind::Or;
      parts.push_back(needs_brackets ? "(" + self(self, *part) + ")" : self(self, *part));
    }
    return join(parts, node.kind == Node::Kind::And ? " and " : " or ");
  };
  return told(told, *root_);
}

bool Marker::holds(const MarkerEnvironment& environment) const {
  const auto judged = [&](const auto& self, const Node& node) -> bool {
    const auto judge = [&](const auto& part) { return self(self, *part); };
    switch (node.kind) {
      case Node::Kind::And: return std::ranges::all_of(node.parts, judge);
      case Node::Kind::Or: return std::ranges::any_of(node.parts, judge);
      case Node::Kind::Comparison: return compare(node.left, node.sign, node.right, environment);
    }
    return false;
  };
  return judged(judged, *root_);
}

const std::vector<MarkerEnvironment>& function_environments() {
  static const auto all = [] {
    std::vector<MarkerEnvironment> out;
    for (int minor = 8; minor <= 14; ++minor)
      for (const auto* patch : {"0", "99"})
        for (const auto* machine : {"x86_64", "aarch64"}) {
          const auto version = fmt::format("3.{}", minor), full = version + "." + patch;
          out.push_back({{"os_name", "posix"}, {"sys_platform", "linux"}, {"platform_machine", machine}, {"platform_system", "Linux"},
                         {"platform_python_implementation", "CPython"}, {"implementation_name", "cpython"}, {"implementation_version", full},
                         {"python_version", version}, {"python_full_version", full}, {"extra", ""}});
        }
    return out;
  }();
  return all;
}

}  // namespace tandem::sync
