#include "workflow/findings.hpp"

#include <algorithm>
#include <charconv>

#include "base/characters.hpp"
#include "base/text.hpp"

namespace tandem::workflow {
namespace {
constexpr size_t diagnostics_max = 50;

/// The edit as it must be made at its place: inside the quotes that stand there, or with others. Nothing when it does not fit.
std::optional<TextEdit> settled(TextEdit edit, const yaml::Lines& lines) {
  const auto here = lines.all().substr(lines.offset(edit.place.line, edit.place.column));
  if (edit.before.empty() || edit.before == edit.after) return std::nullopt;
  if (here.starts_with(edit.before)) return edit;
  const char quote = here.empty() ? '\0' : here.front();
  const bool stands_quoted = (quote == '\'' || quote == '"') && here.substr(1).starts_with(edit.before) &&
                             here.substr(1 + edit.before.size()).starts_with(quote);
  if (!stands_quoted || edit.after.find('\'') != std::string::npos) return std::nullopt;
  if (edit.after.find_first_of("\\\"") == std::string::npos) {
    ++edit.place.column;
    return edit;
  }
  edit.before = fmt::format("{0}{1}{0}", quote, edit.before);
  edit.after = fmt::format("'{}'", edit.after);
  return edit;
}
/// Words of a file may be long; what is said of them need not be.
std::string shortened(std::string said, size_t most) {
  if (said.size() <= most) return said;
  const auto start_of_character = [&](size_t at) {
    while (at > 0 && (static_cast<unsigned char>(said[at]) & 0xC0U) == 0x80U) --at;
    return at;
  };
  return said.substr(0, start_of_character(most / 2)) + "…" + said.substr(start_of_character(said.size() - most / 2));
}
}  // namespace

Spot spot(const yaml::Node& node, std::string path) { return {node.line, node.column, std::move(path)}; }
Spot spot(const yaml::Entry& entry, std::string path) { return {entry.line, entry.column, std::move(path)}; }

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

Diagnostic& Findings::add(Severity severity, std::string_view code, const Spot& spot, std::string what,
                          std::string suggestion) {
  all_.push_back({severity, std::string(code), place(spot), shortened(printable(spot.path), 300), shortened(printable(what), 600),
                  shortened(printable(suggestion), 600)});
  return all_.back();
}

Diagnostic& Findings::error(std::string_view code, const Spot& at, std::string what, std::string suggestion) {
  return add(Severity::Error, code, at, std::move(what), std::move(suggestion));
}
Diagnostic& Findings::capability(std::string_view code, const Spot& at, std::string what, std::string suggestion) {
  return add(Severity::Capability, code, at, std::move(what), std::move(suggestion));
}
Diagnostic& Findings::warn(std::string_view code, const Spot& at, std::string what, std::string suggestion) {
  return add(Severity::Warning, code, at, std::move(what), std::move(suggestion));
}
Diagnostic& Findings::note(std::string_view code, const Spot& at, std::string what, std::string suggestion) {
  return add(Severity::Note, code, at, std::move(what), std::move(suggestion));
}

bool Findings::has(Severity severity) const {
  return std::ranges::any_of(all_, [&](const Diagnostic& d) { return d.severity == severity; });
}

size_t Findings::errors() const {
  return static_cast<size_t>(std::ranges::count(all_, Severity::Error, &Diagnostic::severity));
}

bool Findings::has_code(std::string_view code) const {
  return std::ranges::any_of(all_, [&](const Diagnostic& d) { return d.code == code; });
}

std::vector<Diagnostic> Findings::finish() {
  auto out = std::move(all_);
  for (auto& diagnostic : out)
    if (diagnostic.fix) diagnostic.fix = settled(std::move(*diagnostic.fix), lines_);
  size_t left_out = 0;
  if (out.size() > diagnostics_max) {
    left_out = out.size() - diagnostics_max;
    std::ranges::stable_sort(out, {}, &Diagnostic::severity);
    out.resize(diagnostics_max);
  }
  std::ranges::stable_sort(out, [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  if (left_out > 0)
    out.push_back({Severity::Note, "N200", {file_}, "", fmt::format("{} more are not shown", left_out),
                   "Mend these first"});
  return out;
}

void correct(Diagnostic& diagnostic, std::string before, std::string after) {
  diagnostic.fix = TextEdit{diagnostic.place, std::move(before), std::move(after)};
}

std::optional<bool> flag_from(std::string_view text) {
  for (const auto* yes : {"true", "TRUE", "True", "yes"})
    if (text == yes) return true;
  for (const auto* no : {"false", "FALSE", "False", "no"})
    if (text == no) return false;
  return std::nullopt;
}

std::string described(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Kind::Null: return "nothing";
    case yaml::Kind::List: return "a list";
    case yaml::Kind::Map: return "a map";
    case yaml::Kind::Scalar: break;
  }
  if (node.style == yaml::Style::Block || node.text.size() > 60) return "a long text";
  return fmt::format("\"{}\"", node.text);
}

json::value to_json(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Kind::Null: return nullptr;
    case yaml::Kind::Scalar: return json::value(node.text);
    case yaml::Kind::List: {
      json::array out;
      for (const auto& item : node.items) out.push_back(to_json(item));
      return out;
    }
    case yaml::Kind::Map: break;
  }
  json::object out;
  for (const auto& entry : node.entries) out[entry.key] = to_json(entry.value);
  return out;
}

Properties::Properties(const yaml::Node& map, std::string path, std::string what, Findings& findings)
    : map_(map), path_(std::move(path)), what_(std::move(what)), findings_(findings), owner_(spot(map, path_)) {}

std::string Properties::path(std::string_view key) const { return joined(path_, key); }

Spot Properties::at(std::string_view key) const {
  const auto* entry = map_.entry(key);
  return entry == nullptr ? spot(map_, path_) : spot(entry->value, path(key));
}

Spot Properties::at_key(std::string_view key) const {
  const auto* entry = map_.entry(key);
  return entry == nullptr ? spot(map_, path_) : spot(*entry, path(key));
}

const yaml::Entry* Properties::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) {
    known_.emplace_back(key);
    findings_.asked(what_, key);
  }
  const auto* entry = map_.entry(key);
  return entry == nullptr || entry->value.is_null() ? nullptr : entry;
}

void Properties::wrong_type(const yaml::Entry& entry, std::string_view wanted) {
  findings_.error("E113", spot(entry.value, path(entry.key)),
                  fmt::format("{} must be {}, not {}", entry.key, wanted, described(entry.value)));
}

std::optional<std::string> Properties::text(std::string_view key) {
  const auto* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.is_scalar()) return entry->value.text;
  wrong_type(*entry, "a text");
  return std::nullopt;
}

std::vector<const yaml::Node*> Properties::list(std::string_view key) {
  const auto* entry = find(key);
  if (entry == nullptr) return {};
  if (entry->value.is_scalar()) {
    findings_.note("N206", spot(entry->value, path(key)), fmt::format("{} is one text where a list belongs", key),
                   fmt::format("Write {}: [{}]", key, entry->value.text));
    return {&entry->value};
  }
  if (!entry->value.is_list()) {
    wrong_type(*entry, "a list of texts");
    return {};
  }
  std::vector<const yaml::Node*> out;
  for (const auto& item : entry->value.items) {
    if (item.is_scalar()) out.push_back(&item);
    else findings_.error("E113", spot(item, path(key)), fmt::format("{} must be a list of texts, not of {}", key, described(item)));
  }
  return out;
}

std::optional<bool> Properties::flag(std::string_view key) {
  const auto* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  const auto value = entry->value.is_scalar() ? flag_from(entry->value.text) : std::nullopt;
  if (!value) wrong_type(*entry, "true or false");
  return value;
}

std::optional<long> Properties::whole(std::string_view key, std::string_view unit) {
  const auto* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  long value = 0;
  const auto& text = entry->value.text;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (entry->value.is_scalar() && !text.empty() && code == std::errc{} && end == text.data() + text.size()) return value;
  wrong_type(*entry, unit.empty() ? "a whole number" : fmt::format("a whole number of {}", unit));
  return std::nullopt;
}

std::optional<double> Properties::number(std::string_view key) {
  const auto* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  double value = 0;
  const auto& text = entry->value.text;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (entry->value.is_scalar() && !text.empty() && code == std::errc{} && end == text.data() + text.size()) return value;
  wrong_type(*entry, "a number");
  return std::nullopt;
}

const yaml::Node* Properties::map(std::string_view key) {
  const auto* entry = find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value.is_map()) return &entry->value;
  wrong_type(*entry, "a map");
  return nullptr;
}

void Properties::require(std::string_view key, std::string_view of) {
  if (find(key) == nullptr) missing_.emplace_back(key, of);
}

void Properties::expect(std::vector<std::string> keys) {
  for (auto& key : keys) known_.push_back(std::move(key));
}

void Properties::finish() {
  if (std::exchange(finished_, true)) return;
  for (const auto& entry : map_.entries) {
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    const auto near = nearest(entry.key, known_);
    const auto list = known_.empty() ? "It has none" : fmt::format("Known: {}", join(known_, ", "));
    auto& said = findings_.error("E110", spot(entry, path(entry.key)),
                                 fmt::format("{} is not a property of {}{}", entry.key.empty() ? "\"\"" : entry.key, what_,
                                             near ? fmt::format("; did you mean {}?", *near) : ""),
                                 list);
    if (!near || map_.entry(*near) != nullptr) continue;
    correct(said, entry.key, *near);
    std::erase_if(missing_, [&](const auto& each) { return each.first == *near; });   // it is there, misspelt
  }
  for (const auto& [key, of] : missing_)
    findings_.error("E112", owner_, fmt::format("{} is required for {}", key, of), fmt::format("Add {}:", key));
}

}  // namespace tandem::workflow
