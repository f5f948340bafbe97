#include "workflow/substitute.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace tandem::workflow {
namespace {

/// Replaces every reference by what `value_of` says, once.
template <typename ValueOf>
Result<std::string> replace_references(std::string_view text, const ValueOf& value_of) {
  std::string out;
  size_t done = 0;
  for (const auto& reference : references_in(text)) {
    const auto value = TRY(value_of(reference));
    out += text.substr(done, reference.offset - done);
    out += value;
    done = reference.offset + reference.length;
  }
  out += text.substr(done);
  return out;
}

const std::map<std::string, std::string>* outputs_of(const std::string& owner, const Values& values) {
  if (!values.group.empty()) {
    const auto member = values.outputs.find(values.group + "." + owner);
    if (member != values.outputs.end()) return &member->second;
  }
  const auto found = values.outputs.find(owner);
  return found == values.outputs.end() ? nullptr : &found->second;
}

Result<std::string> value_of(const Reference& reference, const Values& values) {
  const auto* from = reference.is_secret()   ? &values.secrets
                     : reference.is_source() ? &values.source
                                             : outputs_of(reference.owner, values);
  if (from == nullptr)
    return failure(Fault::Missing, "{}: there is no action {}", reference.text(), reference.owner).with_code("E160");
  const auto found = from->find(reference.name);
  if (found != from->end()) return found->second;
  if (reference.is_secret())
    return failure(Fault::Missing, "the secret {} does not exist in this project", reference.name)
        .with_code("E163").with_next(fmt::format("tandem secrets set {}", reference.name));
  return failure(Fault::Missing, "{}: {} did not export {}", reference.text(), reference.owner, reference.name).with_code("E161");
}

std::string shell_name(std::string_view name) {
  std::string out(name);
  std::ranges::replace_if(out, [](char c) { return c == '-' || c == '.'; }, '_');
  return out;
}

/// Whether a shell takes the text for one plain word wherever it stands.
bool is_harmless(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '/' || c == '-';
  });
}

bool is_free_text(const Reference& reference) {
  return reference.is_source() && (reference.name == "CommitMessage" || reference.name == "CommitAuthor");
}

void collect_secrets(std::string_view text, std::set<std::string>& into) {
  for (const auto& reference : references_in(text))
    if (reference.is_secret()) into.insert(reference.name);
}

void collect_secrets(const json::value& value, std::set<std::string>& into) {
  if (const auto* text = value.if_string()) collect_secrets(std::string_view(*text), into);
  if (const auto* list = value.if_array())
    for (const auto& item : *list) collect_secrets(item, into);
  if (const auto* object = value.if_object())
    for (const auto& pair : *object) collect_secrets(pair.value(), into);
}

}  // namespace

std::vector<Reference> references_in(std::string_view text) {
  static const RE2 form(R"(\$\{([A-Za-z0-9._-]+)\.([A-Za-z0-9_-]+)\})");
  std::vector<Reference> out;
  if (text.find("${") == std::string_view::npos) return out;
  re2::StringPiece rest(text.data(), text.size());
  re2::StringPiece owner;
  re2::StringPiece name;
  while (RE2::FindAndConsume(&rest, form, &owner, &name)) {
    const auto offset = static_cast<size_t>(owner.data() - text.data()) - 2;
    out.push_back({std::string(owner), std::string(name), offset, owner.size() + name.size() + 4});
  }
  return out;
}

std::vector<std::string> secrets_of(const Action& action) {
  std::set<std::string> names;
  for (const auto& step : action.steps) collect_secrets(std::string_view(step), names);
  for (const auto& variable : action.variables) collect_secrets(std::string_view(variable.second), names);
  for (const auto& pair : action.configuration) collect_secrets(pair.value(), names);
  return {names.begin(), names.end()};
}

Result<std::string> substituted(std::string_view text, const Values& values) {
  return replace_references(text, [&](const Reference& reference) { return value_of(reference, values); });
}

Result<json::value> substituted(const json::value& value, const Values& values) {
  if (const auto* text = value.if_string()) {
    const auto done = TRY(substituted(std::string_view(*text), values));
    return json::value(done);
  }
  if (const auto* list = value.if_array()) {
    json::array out;
    for (const auto& item : *list) {
      auto member = TRY(substituted(item, values));
      out.push_back(std::move(member));
    }
    return json::value(std::move(out));
  }
  if (const auto* object = value.if_object()) {
    json::object out;
    for (const auto& pair : *object) {
      auto member = TRY(substituted(pair.value(), values));
      out[pair.key()] = std::move(member);
    }
    return json::value(std::move(out));
  }
  return value;
}

Result<Script> script_of(std::string_view step, const Values& values) {
  Script script;
  std::set<std::string> secrets;
  const auto replacement = [&](const Reference& reference) -> Result<std::string> {
    auto value = TRY(value_of(reference, values));
    const bool as_text = !reference.is_secret() && !is_free_text(reference) && (!reference.is_source() || is_harmless(value));
    if (as_text) return value;
    const auto name = (reference.is_secret() ? "CATALYST_SECRETS_" : "CATALYST_SOURCE_") + shell_name(reference.name);
    if (reference.is_secret()) secrets.insert(reference.name);
    script.environment[name] = std::move(value);
    return "${" + name + "}";
  };
  script.text = TRY(replace_references(step, replacement));
  script.secrets.assign(secrets.begin(), secrets.end());
  return script;
}

}  // namespace tandem::workflow
