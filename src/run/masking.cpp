#include "run/masking.hpp"

namespace tandem::run {
namespace {

std::string masked_text(std::string_view text, const shell::Masker& masker) { return masker.masked(text); }

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
  outcome.detail = masked(json::value(std::move(outcome.detail)), masker).as_object();
  return outcome;
}

}  // namespace tandem::run
