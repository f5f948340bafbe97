#include "report/look.hpp"

#include "base/text.hpp"

namespace tandem::report {

Look Look::operator[](std::string_view name) const {
  const auto* object = value_ == nullptr ? nullptr : value_->if_object();
  return {object == nullptr ? nullptr : object->if_contains(name), style_};
}

std::string Look::raw() const {
  if (!is_there()) return "";
  if (const auto* text = value_->if_string()) return std::string(*text);
  return to_text(*value_);
}

std::string Look::text() const {
  if (const auto* array = is_there() ? value_->if_array() : nullptr) {
    std::vector<std::string> parts;
    for (const auto& member : *array) parts.push_back(Look(member, *style_).text());
    return join(parts, ", ");
  }
  return style_->shown(replaced(replaced(trimmed(raw()), "\n", " "), "\t", " "));
}

std::vector<std::string> Look::lines() const {
  auto out = lines_of(raw());
  for (auto& line : out) line = style_->shown(line);
  return out;
}

std::int64_t Look::number() const {
  if (!is_there() || !value_->is_number()) return 0;
  return value_->is_double() ? static_cast<std::int64_t>(value_->as_double()) : value_->to_number<std::int64_t>();
}

std::optional<Instant> Look::instant() const {
  const auto parsed = parse_rfc3339(raw());
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::vector<Look> Look::list() const {
  std::vector<Look> out;
  if (const auto* array = is_there() ? value_->if_array() : nullptr)
    for (const auto& member : *array) out.push_back({&member, style_});
  return out;
}

std::vector<std::pair<std::string, Look>> Look::members() const {
  std::vector<std::pair<std::string, Look>> out;
  if (const auto* object = is_there() ? value_->if_object() : nullptr)
    for (const auto& [name, member] : *object) out.emplace_back(style_->shown(std::string_view(name)), Look{&member, style_});
  return out;
}

const json::value& Look::value() const {
  static const json::value nothing;
  return value_ == nullptr ? nothing : *value_;
}

}  // namespace tandem::report
