#include <re2/re2.h>

#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "base/text.hpp"
#include "check/report_formats.hpp"
#include "check/xml.hpp"

namespace tandem::check {
namespace {

std::uint64_t count_of(const Attributes& attributes, std::string_view name) {
  return static_cast<std::uint64_t>(number_of(attributes, name));
}

/// Remembers the open elements, so that a reader can ask where it stands.
class PathReader : public XmlReader {
 public:
  void open(std::string_view name, const Attributes& attributes) final {
    path_.emplace_back(name);
    if (path_.size() == 1) root_ = name;
    enter(name, attributes);
  }
  void close(std::string_view) final { path_.pop_back(); }
  void text(std::string_view) final {}

  Done require_root(std::string_view wanted, std::string_view name) const {
    if (root_ == wanted) return done();
    return failure(Fault::Invalid, "its root is <{}>, not <{}>", root_, wanted).at({std::string(name)});
  }

 protected:
  virtual void enter(std::string_view name, const Attributes& attributes) = 0;
  size_t depth() const { return path_.size(); }
  bool is_inside(std::string_view name) const {
    for (const auto& part : path_)
      if (part == name) return true;
    return false;
  }
  const std::string& parent() const { return path_[path_.size() < 2 ? 0 : path_.size() - 2]; }

 private:
  std::vector<std::string> path_;
  std::string root_;
};

class CoberturaReader final : public PathReader {
 public:
  Covered lines, branches;

  /// What the root says counts; some tools leave it out, so the lines are counted too.
  void settle() {
    if (said_lines_.total > 0) lines = said_lines_;
    if (said_branches_.total > 0) branches = said_branches_;
  }

 private:
  void enter(std::string_view name, const Attributes& attributes) override {
    if (depth() == 1) {
      said_lines_ = {count_of(attributes, "lines-covered"), count_of(attributes, "lines-valid")};
      said_branches_ = {count_of(attributes, "branches-covered"), count_of(attributes, "branches-valid")};
    }
    // The same lines are listed again below each method.
    if (name != "line" || is_inside("method")) return;
    ++lines.total;
    if (number_of(attributes, "hits") > 0) ++lines.reached;
    std::uint64_t reached = 0;
    std::uint64_t total = 0;
    if (RE2::PartialMatch(text_of(attributes, "condition-coverage"), R"(\((\d{1,9})/(\d{1,9})\))", &reached, &total)) {
      branches.reached += reached;
      branches.total += total;
    }
  }

  Covered said_lines_, said_branches_;
};

class JacocoReader final : public PathReader {
 public:
  Covered lines, branches;

 private:
  /// Every level repeats the sums of those below it; the report's own are enough.
  void enter(std::string_view name, const Attributes& attributes) override {
    if (name != "counter" || depth() != 2) return;
    const auto covered = count_of(attributes, "covered");
    const Covered counted{covered, covered + count_of(attributes, "missed")};
    const auto type = text_of(attributes, "type");
    if (type == "LINE") lines = counted;
    if (type == "BRANCH") branches = counted;
  }
};

class CloverReader final : public PathReader {
 public:
  Covered lines, branches;

 private:
  void enter(std::string_view name, const Attributes& attributes) override {
    if (name != "metrics" || depth() != 3 || parent() != "project") return;
    lines = {count_of(attributes, "coveredstatements"), count_of(attributes, "statements")};
    branches = {count_of(attributes, "coveredconditionals"), count_of(attributes, "conditionals")};
  }
};

template <typename Reader>
Result<Report> parse_with(Reader& reader, std::string_view root, std::string_view text, std::string_view name) {
  TRY(read_xml(text, name, reader));
  TRY(reader.require_root(root, name));
  if constexpr (std::is_same_v<Reader, CoberturaReader>) reader.settle();
  if (reader.lines.reached > reader.lines.total || reader.branches.reached > reader.branches.total)
    return failure(Fault::Invalid, "it says that more was reached than there is").at({std::string(name)});
  Report report;
  report.lines = reader.lines;
  report.branches = reader.branches;
  return report;
}

/// What LCOV says of one source file. The same file may come up once for every test.
struct Source {
  std::map<int, bool> lines;
  std::map<std::string, bool> branches;   ///< "line,block,branch"
  Covered said_lines, said_branches;      ///< LF/LH and BRF/BRH, for tools that list no lines
};

std::uint64_t leading_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// One "KEY:value" of LCOV.
void take_record(Source& source, std::string_view key, std::string_view value) {
  if (key == "DA") {
    const auto comma = value.find(',');
    if (comma == std::string_view::npos) return;
    source.lines[static_cast<int>(leading_number(value))] |= leading_number(value.substr(comma + 1)) > 0;
  } else if (key == "BRDA") {
    const auto comma = value.rfind(',');
    if (comma == std::string_view::npos) return;
    source.branches[std::string(value.substr(0, comma))] |= leading_number(value.substr(comma + 1)) > 0;
  } else if (key == "LF") {
    source.said_lines.total = leading_number(value);
  } else if (key == "LH") {
    source.said_lines.reached = leading_number(value);
  } else if (key == "BRF") {
    source.said_branches.total = leading_number(value);
  } else if (key == "BRH") {
    source.said_branches.reached = leading_number(value);
  }
}

void add(Covered& sum, const auto& listed, const Covered& said) {
  if (listed.empty()) {
    sum.total += said.total;
    sum.reached += std::min(said.reached, said.total);
    return;
  }
  sum.total += listed.size();
  for (const auto& [place, reached] : listed) sum.reached += reached ? 1 : 0;
}

}  // namespace

Result<Report> parse_cobertura(std::string_view text, std::string_view name) {
  CoberturaReader reader;
  return parse_with(reader, "coverage", text, name);
}

Result<Report> parse_jacoco(std::string_view text, std::string_view name) {
  JacocoReader reader;
  return parse_with(reader, "report", text, name);
}

Result<Report> parse_clover(std::string_view text, std::string_view name) {
  CloverReader reader;
  return parse_with(reader, "coverage", text, name);
}

Result<Report> parse_lcov(std::string_view text, std::string_view name) {
  std::map<std::string, Source> sources;
  Source* current = nullptr;
  int number = 0;
  for (const auto& line : lines_of(text)) {
    ++number;
    const auto colon = line.find(':');
    const auto key = std::string_view(line).substr(0, colon);
    const auto value = colon == std::string::npos ? std::string_view{} : std::string_view(line).substr(colon + 1);
    if (key == "SF") current = &sources[std::string(value)];
    else if (line == "end_of_record") current = nullptr;
    else if (current != nullptr) take_record(*current, key, value);
    else if (key != "TN" && !trimmed(line).empty() && !line.starts_with('#'))
      return failure(Fault::Invalid, "not LCOV: a line outside of any SF record").at({std::string(name), number});
  }
  Report report;
  for (const auto& [file, source] : sources) {
    add(report.lines, source.lines, source.said_lines);
    add(report.branches, source.branches, source.said_branches);
  }
  return report;
}

}  // namespace tandem::check
