#include "base/python_version.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace tandem::python {
namespace {

/// Reads a version from the left, piece by piece.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool at_end() const { return rest_.empty(); }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// One of `words`, with an optional separator before it; nothing is consumed when there is none.
  std::optional<std::string_view> take_label(std::initializer_list<std::string_view> words) {
    const auto before = rest_;
    skip_separator();
    for (const auto word : words)
      if (take(word)) return word;
    rest_ = before;
    return std::nullopt;
  }
  std::optional<std::int64_t> number() {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (code != std::errc{} || rest_.starts_with('-')) return std::nullopt;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }
  /// The number after a label: "rc.1", "rc1"; none is 0.
  std::int64_t number_after_label() {
    skip_separator();
    return number().value_or(0);
  }
  std::string_view rest() const { return rest_; }

 private:
  void skip_separator() {
    if (!rest_.empty() && std::string_view("-_.").find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto highest = std::numeric_limits<std::int64_t>::max();

std::strong_ordering compare_releases(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  for (size_t at = 0; at < std::max(a.size(), b.size()); ++at) {
    const auto left = at < a.size() ? a[at] : 0;
    const auto right = at < b.size() ? b[at] : 0;
    if (left != right) return left <=> right;
  }
  return std::strong_ordering::equal;
}

bool is_number(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
}

/// "Ubuntu_1-02" -> "ubuntu.1.2"; nothing when it is no local label.
std::optional<std::string> local_label(std::string_view text) {
  const auto plain = replaced(replaced(text, "-", "."), "_", ".");
  std::vector<std::string> parts;
  for (auto part : split(plain, '.')) {
    const bool is_word = !part.empty() && std::ranges::all_of(part, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
    if (!is_word) return std::nullopt;
    if (is_number(part)) part.erase(0, std::min(part.find_first_not_of('0'), part.size() - 1));
    parts.push_back(std::move(part));
  }
  return join(parts, ".");
}

/// Local labels: numbers above words, longer above shorter.
std::strong_ordering compare_locals(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a.size() <=> b.size();
  const auto left = split(a, '.'), right = split(b, '.');
  for (size_t at = 0; at < std::min(left.size(), right.size()); ++at) {
    if (left[at] == right[at]) continue;
    const bool numbers[] = {is_number(left[at]), is_number(right[at])};
    if (numbers[0] != numbers[1]) return numbers[0] <=> numbers[1];
    if (!numbers[0] || left[at].size() == right[at].size()) return left[at] <=> right[at];
    return left[at].size() <=> right[at].size();
  }
  return left.size() <=> right.size();
}

/// A place between two versions. Of 1.0: Before, then After, then behind all of 1.0+local, then 1.0.post1 and so on.
struct Cut {
  enum class Side { Before, After, PastLocals };
  Version version;
  Side side = Side::Before;

  std::strong_ordering operator<=>(const Cut& other) const {
    if (const auto order = version.without_local() <=> other.version.without_local(); order != 0) return order;
    if (side == Side::PastLocals || other.side == Side::PastLocals) return (side == Side::PastLocals) <=> (other.side == Side::PastLocals);
    if (const auto order = version <=> other.version; order != 0) return order;
    return side <=> other.side;
  }
  bool operator==(const Cut& other) const { return (*this <=> other) == 0; }
};

/// The versions from one cut to another; a missing end is open.
struct Range {
  std::optional<Cut> low, high;

  bool holds(const Version& version) const {
    const Cut here{version};
    return (!low || *low <= here) && (!high || here < *high);
  }
  bool is_empty() const {
    static const auto first = Version().first_dev();   // 0.dev0: there is nothing below
    if (!high) return false;
    // Nothing lies between the locals of a version and its first neighbour.
    const auto from = !low ? Cut{first} : low->side == Cut::Side::PastLocals ? Cut{low->version.after_locals()} : *low;
    return *high <= from;
  }
};
using Ranges = std::vector<Range>;

Ranges intersection(const Ranges& a, const Ranges& b) {
  Ranges out;
  for (const auto& left : a)
    for (const auto& right : b) {
      Range both{left.low, left.high};
      if (right.low && (!both.low || *both.low < *right.low)) both.low = right.low;
      if (right.high && (!both.high || *right.high < *both.high)) both.high = right.high;
      if (!both.is_empty()) out.push_back(both);
    }
  return out;
}

Ranges everything_but(const Range& range) { return {{std::nullopt, range.low}, {range.high, std::nullopt}}; }

/// The versions that one clause accepts; of `===` that is a question of spelling, and everything here.
Ranges ranges_of(const Clause& clause) {
  const auto& version = clause.version;
  using Side = Cut::Side;
  const auto equal = clause.is_prefix        ? Range{Cut{version.first_dev()}, Cut{version.after_series(version.release().size())}}
                     : version.has_local()   ? Range{Cut{version}, Cut{version, Side::After}}
                                             : Range{Cut{version}, Cut{version, Side::PastLocals}};
  switch (clause.comparison) {
    case Comparison::Equal: return {equal};
    case Comparison::NotEqual: return everything_but(equal);
    case Comparison::AtLeast: return {{Cut{version}, std::nullopt}};
    case Comparison::AtMost: return {{std::nullopt, Cut{version, Side::PastLocals}}};
    // Below 1.0 is not 1.0rc1; above 1.0 is not 1.0.post1.
    case Comparison::Below: return {{std::nullopt, Cut{version.is_prerelease() ? version : version.first_dev()}}};
    case Comparison::Above: return {{Cut{version.last_post(), Side::PastLocals}, std::nullopt}};
    case Comparison::Compatible: return {{Cut{version}, Cut{version.after_series(version.release().size() - 1)}}};
    case Comparison::Arbitrary: return {Range{}};
  }
  return {Range{}};
}

constexpr std::array<std::pair<std::string_view, Comparison>, 8> operators{{
    {"===", Comparison::Arbitrary}, {"==", Comparison::Equal}, {"~=", Comparison::Compatible},
    {"!=", Comparison::NotEqual}, {"<=", Comparison::AtMost}, {">=", Comparison::AtLeast},
    {"<", Comparison::Below}, {">", Comparison::Above}}};

}  // namespace

std::string normalised_name(std::string_view name) {
  std::string out;
  for (const char c : lower(name)) {
    const bool is_separator = c == '-' || c == '_' || c == '.';
    if (!is_separator) out += c;
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  return out;
}

Result<Version> Version::parse(std::string_view text) {
  const auto whole = lower(trimmed(text));
  Reader reader(whole);
  Version out;
  reader.take("v");
  auto number = reader.number();
  if (number && reader.take("!")) {
    out.epoch_ = *number;
    number = reader.number();
  }
  while (number) {
    out.release_.push_back(*number);
    const auto next = reader.rest();
    const bool goes_on = next.size() > 1 && next[0] == '.' && next[1] >= '0' && next[1] <= '9';
    number = goes_on && reader.take(".") ? reader.number() : std::nullopt;
  }
  if (const auto label = reader.take_label({"alpha", "a", "beta", "b", "preview", "pre", "rc", "c"}))
    out.pre_ = {label->front() == 'p' || label->front() == 'c' ? 'r' : label->front(), reader.number_after_label()};
  if (reader.take_label({"post", "rev", "r"})) out.post_ = reader.number_after_label();
  else if (reader.rest().size() > 1 && reader.rest()[0] == '-' && is_number(reader.rest().substr(1, 1)) && reader.take("-"))
    out.post_ = reader.number();
  if (reader.take_label({"dev"})) out.dev_ = reader.number_after_label();
  if (reader.take("+")) {
    const auto label = local_label(reader.rest());
    if (!label) return failure(Fault::Invalid, "no version: {}", text);
    out.local_ = *label;
  } else if (!reader.at_end()) {
    return failure(Fault::Invalid, "no version: {}", text);
  }
  if (out.release_.empty()) return failure(Fault::Invalid, "no version: {}", text);
  return out;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  const auto rank = [](const Version& v) {
    // 1.0.dev1 < 1.0a1.dev1 < 1.0a1 < 1.0 < 1.0.post1: a lone dev release stands below the first pre-release.
    const bool only_dev = v.dev_ && !v.pre_ && !v.post_;
    const std::int64_t label = v.pre_ ? v.pre_->first : only_dev ? lowest : highest;
    return std::array<std::int64_t, 4>{label, v.pre_ ? v.pre_->second : 0, v.post_.value_or(-1), v.dev_.value_or(highest)};
  };
  if (const auto order = epoch_ <=> other.epoch_; order != 0) return order;
  if (const auto order = compare_releases(release_, other.release_); order != 0) return order;
  if (const auto order = rank(*this) <=> rank(other); order != 0) return order;
  return compare_locals(local_, other.local_);
}

std::string Version::text() const {
  auto out = epoch_ == 0 ? std::string() : fmt::format("{}!", epoch_);
  out += fmt::format("{}", fmt::join(release_, "."));
  if (pre_) out += fmt::format("{}{}", pre_->first == 'r' ? "rc" : std::string(1, pre_->first), pre_->second);
  if (post_) out += fmt::format(".post{}", *post_);
  if (dev_) out += fmt::format(".dev{}", *dev_);
  return local_.empty() ? out : out + "+" + local_;
}

Version Version::without_local() const {
  auto copy = *this;
  copy.local_.clear();
  return copy;
}

Version Version::first_dev() const {
  auto out = without_local();
  out.dev_ = 0;
  return out;
}

Version Version::after_series(size_t parts) const {
  Version out;
  out.epoch_ = epoch_;
  out.release_ = release_;
  out.dev_ = 0;
  out.release_.resize(parts, 0);
  ++out.release_.back();
  return out;
}

Version Version::after_locals() const {
  auto out = without_local();
  if (out.dev_) ++*out.dev_;
  else {
    out.post_ = out.post_ ? *out.post_ + (*out.post_ < highest ? 1 : 0) : 0;
    out.dev_ = 0;
  }
  return out;
}

Version Version::last_post() const {
  auto out = without_local();
  if (!out.dev_ && !out.post_) out.post_ = highest;
  return out;
}

Result<Clause> Clause::parse(std::string_view text) {
  const auto whole = trimmed(text);
  for (const auto& [sign, comparison] : operators) {
    if (!whole.starts_with(sign)) continue;
    auto rest = std::string(trimmed(whole.substr(sign.size())));
    Clause out{comparison, {}, false, std::string(sign) + rest};
    if (comparison == Comparison::Arbitrary) {
      if (auto version = Version::parse(rest)) out.version = *version;
      return out;
    }
    if ((comparison == Comparison::Equal || comparison == Comparison::NotEqual) && rest.ends_with(".*")) {
      out.is_prefix = true;
      rest.resize(rest.size() - 2);
    }
    out.version = TRY(Version::parse(rest), "reading {}", whole);
    if (out.is_prefix && !out.version.is_plain()) return failure(Fault::Invalid, "{}: only numbers may stand before .*", whole);
    const bool compares_exactly = comparison == Comparison::Equal || comparison == Comparison::NotEqual;
    if (out.version.has_local() && !compares_exactly) return failure(Fault::Invalid, "{}: a local version can only be compared with == and !=", whole);
    if (comparison == Comparison::Compatible && out.version.release().size() < 2)
      return failure(Fault::Invalid, "{} needs a version of two parts or more", whole);
    return out;
  }
  return failure(Fault::Invalid, "no version comparison: {}", whole);
}

bool Clause::accepts(const Version& candidate) const {
  if (comparison == Comparison::Arbitrary) return same_ignoring_case(std::string_view(text).substr(3), candidate.text());
  return std::ranges::any_of(ranges_of(*this), [&](const Range& range) { return range.holds(candidate); });
}

bool accepts(const std::vector<Clause>& clauses, const Version& candidate) {
  return std::ranges::all_of(clauses, [&](const Clause& clause) { return clause.accepts(candidate); });
}

Result<std::vector<Clause>> parse_specifier(std::string_view text) {
  std::vector<Clause> out;
  if (trimmed(text).empty()) return out;
  for (const auto& part : split(text, ',')) {
    if (trimmed(part).empty()) continue;
    auto clause = TRY(Clause::parse(part));
    out.push_back(std::move(clause));
  }
  return out;
}

const Clause* pin_of(const std::vector<Clause>& clauses) {
  for (const auto& clause : clauses)
    if (clause.comparison == Comparison::Arbitrary || (clause.comparison == Comparison::Equal && !clause.is_prefix))
      return &clause;
  return nullptr;
}

bool are_disjoint(const std::vector<Clause>& a, const std::vector<Clause>& b) {
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  if (const auto exact = std::ranges::find(all, Comparison::Arbitrary, &Clause::comparison); exact != all.end()) {
    const auto spelling = std::string_view(exact->text).substr(3);
    const bool is_readable = !exact->version.release().empty();
    return !std::ranges::all_of(all, [&](const Clause& clause) {
      if (clause.comparison == Comparison::Arbitrary) return same_ignoring_case(std::string_view(clause.text).substr(3), spelling);
      return is_readable && clause.accepts(exact->version);
    });
  }
  Ranges left{Range{}};
  for (const auto& clause : all) left = intersection(left, ranges_of(clause));
  return left.empty();
}

}  // namespace tandem::python
