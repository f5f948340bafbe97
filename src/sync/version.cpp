#include "sync/version.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace tandem::sync {
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
    const auto before = rest_;
    skip_separator();
    if (const auto value = number()) return *value;
    rest_ = before;
    return 0;
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

bool is_local_label(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  });
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

bool starts_with(const Version& candidate, const Version& prefix) {
  if (candidate.epoch() != prefix.epoch()) return false;
  for (size_t at = 0; at < prefix.release().size(); ++at)
    if ((at < candidate.release().size() ? candidate.release()[at] : 0) != prefix.release()[at]) return false;
  return true;
}

/// The first version behind a series: of 1.4 it is 1.5.dev0.
Version after_series(const Version& version, size_t parts) {
  auto release = version.release();
  release.resize(parts, 0);
  ++release.back();
  return Version::first_of(version.epoch(), std::move(release));
}

/// A range of versions; a missing end is open.
struct Range {
  std::optional<Version> low, high;
  bool low_is_in = true, high_is_in = true;

  void raise(const Version& to, bool is_in) {
    if (low && (to < *low || (to == *low && (is_in || !low_is_in)))) return;
    low = to;
    low_is_in = is_in;
  }
  void lower_to(const Version& to, bool is_in) {
    if (high && (*high < to || (to == *high && (is_in || !high_is_in)))) return;
    high = to;
    high_is_in = is_in;
  }
  bool is_empty() const {
    if (!low || !high) return false;
    return *high < *low || (*high == *low && !(low_is_in && high_is_in));
  }
};

void narrow(Range& range, const Clause& clause) {
  const auto version = clause.version.without_local();
  switch (clause.comparison) {
    case Comparison::AtLeast: return range.raise(version, true);
    case Comparison::Above: return range.raise(version, false);
    case Comparison::AtMost: return range.lower_to(version, true);
    case Comparison::Below: return range.lower_to(version, false);
    case Comparison::Compatible:
      range.raise(version, true);
      return range.lower_to(after_series(version, version.release().size() - 1), false);
    case Comparison::Equal:
      if (!clause.is_prefix) {
        range.raise(version, true);
        return range.lower_to(version, true);
      }
      range.raise(Version::first_of(version.epoch(), version.release()), true);
      return range.lower_to(after_series(version, version.release().size()), false);
    case Comparison::NotEqual:
    case Comparison::Arbitrary: return;
  }
}

constexpr std::array<std::pair<std::string_view, Comparison>, 8> operators{{
    {"===", Comparison::Arbitrary}, {"==", Comparison::Equal}, {"~=", Comparison::Compatible},
    {"!=", Comparison::NotEqual}, {"<=", Comparison::AtMost}, {">=", Comparison::AtLeast},
    {"<", Comparison::Below}, {">", Comparison::Above}}};

}  // namespace

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
    out.local_ = replaced(replaced(reader.rest(), "-", "."), "_", ".");
    if (!is_local_label(out.local_)) return failure(Fault::Invalid, "no version: {}", text);
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

Version Version::without_local() const {
  auto copy = *this;
  copy.local_.clear();
  return copy;
}

Version Version::first_of(std::int64_t epoch, std::vector<std::int64_t> release) {
  Version out;
  out.epoch_ = epoch;
  out.release_ = std::move(release);
  out.dev_ = 0;
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
    if (comparison == Comparison::Compatible && out.version.release().size() < 2)
      return failure(Fault::Invalid, "{} needs a version of two parts or more", whole);
    return out;
  }
  return failure(Fault::Invalid, "no version comparison: {}", whole);
}

bool Clause::accepts(const Version& candidate) const {
  const auto plain = version.has_local() ? candidate : candidate.without_local();
  const bool is_equal = is_prefix ? starts_with(candidate, version) : plain == version;
  switch (comparison) {
    case Comparison::Equal: return is_equal;
    case Comparison::Arbitrary: return candidate == version;
    case Comparison::NotEqual: return !is_equal;
    case Comparison::AtMost: return candidate.without_local() <= version;
    case Comparison::AtLeast: return candidate >= version;
    case Comparison::Below: return candidate < version;
    case Comparison::Above: return candidate.without_local() > version;
    case Comparison::Compatible:
      return candidate >= version && candidate < after_series(version, version.release().size() - 1);
  }
  return true;
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
  const auto excludes = [](const std::vector<Clause>& clauses, const Clause& pin) {
    return !std::ranges::all_of(clauses, [&](const Clause& clause) { return clause.accepts(pin.version); });
  };
  const auto *left = pin_of(a), *right = pin_of(b);
  if (left != nullptr && right != nullptr) {
    if (left->text == right->text) return false;
    const bool is_readable = !left->version.release().empty() && !right->version.release().empty();
    if (!is_readable) return true;  // two different texts behind ===
    // 1.2 and 1.2+local: the pin with the label is one build of the other.
    if (left->version.has_local() != right->version.has_local())
      return !(left->version.without_local() == right->version.without_local());
  }
  if (left != nullptr && excludes(b, *left)) return true;
  if (right != nullptr && excludes(a, *right)) return true;
  if (left != nullptr || right != nullptr) return false;
  Range range;
  for (const auto* side : {&a, &b})
    for (const auto& clause : *side) narrow(range, clause);
  return range.is_empty();
}

}  // namespace tandem::sync
