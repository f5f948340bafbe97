#include "run/masking.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

std::string masked_text(std::string_view text, const shell::Masker& masker) { return masker.masked(text); }

/// Records that later stations act on: made of ids and names, which a secret that happens to be the word "main" must not
/// change. What of them comes from elsewhere was masked by the target that made them.
bool is_read_again(std::string_view noun) {
  constexpr std::string_view records[] = {"detection", "sync", "bundle", "release", "deployment"};
  return std::ranges::find(records, noun) != std::end(records);
}

}  // namespace

json::value masked(const json::value& value, const shell::Masker& masker) {
  if (const auto* text = value.if_string()) return json::value(masked_text(*text, masker));
  if (const auto* list = value.if_array()) {
    json::array out;
    for (const auto& item : *list) out.push_back(masked(item, masker));
    return out;
  }
  if (const auto* object = value.if_object()) {
    json::object out;
    for (const auto& [key, member] : *object) out[key] = masked(member, masker);
    return out;
  }
  return value;
}

ActionOutcome masked(ActionOutcome outcome, const shell::Masker& masker) {
  if (outcome.error) {
    outcome.error->what = masker.masked(outcome.error->what);
    outcome.error->next = masker.masked(outcome.error->next);
    if (outcome.error->place) outcome.error->place->file = masker.masked(outcome.error->place->file);
  }
  for (auto& note : outcome.notes) note = masker.masked(note);
  for (auto& [name, value] : outcome.outputs) {
    if (!masker.finds(value)) continue;
    value = masker.masked(value);
    outcome.notes.push_back(fmt::format("the output {} held a secret, which was taken out", name));
  }
  for (auto& [noun, record] : outcome.detail)
    if (!is_read_again(noun)) record = masked(record, masker);
  return outcome;
}

}  // namespace tandem::run
