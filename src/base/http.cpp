#include "base/http.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tandem {

void Headers::set(std::string_view name, std::string value) {
  const auto same = [&](const auto& field) { return same_ignoring_case(field.first, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) return add(std::string(name), std::move(value));
  first->second = std::move(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(), same), fields_.end());
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return same_ignoring_case(field.first, name); });
}

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const auto& [known, value] : fields_)
    if (same_ignoring_case(known, name)) return value;
  return std::nullopt;
}

std::vector<std::string> Headers::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [known, value] : fields_)
    if (same_ignoring_case(known, name)) values.push_back(value);
  return values;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (query.empty()) return fields;
  const auto decoded = [](std::string_view text) { return percent_decoded(replaced(text, "+", " ")); };
  for (const auto& part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto name = std::string_view(part).substr(0, equals);
    const auto value = equals == std::string::npos ? std::string_view() : std::string_view(part).substr(equals + 1);
    fields.emplace_back(decoded(name), decoded(value));
  }
  return fields;
}

HttpResponse json_response(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

}  // namespace tandem
