#include "workflow/references.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"
#include "workflow/quoting.hpp"

namespace tandem::workflow {
namespace {

/// Finds the parts of a text one after the other.
class Places {
 public:
  Places(const yaml::Node& node, const yaml::Lines& lines) : node_(node), lines_(lines), from_(lines.offset(node.line, node.column)) {}

  Spot of_next(std::string_view part, const std::string& path) {
    const auto at = from_ == std::string_view::npos ? from_ : lines_.all().find(part, from_);
    Spot where = spot(node_, path);
    from_ = at;     // not found is written with escapes: what follows in this text is not looked for either
    if (at == std::string_view::npos) return where;
    where.line = lines_.line_at(at);
    where.column = lines_.column_at(at);
    from_ = at + part.size();
    return where;
  }

 private:
  const yaml::Node& node_;
  const yaml::Lines& lines_;
  size_t from_;
};

void collect(const yaml::Node& node, const std::string& path, const yaml::Lines& lines, std::vector<UsedReference>& out) {
  for (size_t i = 0; i < node.items.size(); ++i) collect(node.items[i], fmt::format("{}[{}]", path, i), lines, out);
  for (const auto& entry : node.entries) collect(entry.value, joined(path, entry.key), lines, out);
  if (!node.is_scalar()) return;
  auto references = references_in(node.text);
  if (references.empty()) return;
  Places places(node, lines);
  for (auto& reference : references) {
    auto where = places.of_next(reference.text(), path);
    out.push_back({std::move(reference), std::move(where)});
  }
}

/// Where neither a reference nor a variable of the shell or of a template (`${NAME}`) is read.
void warn(const yaml::Node& node, const std::string& path, const Reading& reading) {
  for (size_t i = 0; i < node.items.size(); ++i) warn(node.items[i], fmt::format("{}[{}]", path, i), reading);
  for (const auto& entry : node.entries) warn(entry.value, joined(path, entry.key), reading);
  if (!node.is_scalar()) return;
  static const RE2 filled_in(R"((\$\{(?:[A-Za-z0-9._-]+\.)?[A-Za-z0-9_-]+\}))");
  Places places(node, reading.lines);
  re2::StringPiece rest(node.text);
  std::string said;
  while (RE2::FindAndConsume(&rest, filled_in, &said))
    reading.findings.warn("W310", places.of_next(said, path), fmt::format("{} is taken literally here", said), "References are read in Configuration and in Inputs.Variables");
}

void warn_in_inputs(const yaml::Node& inputs, const std::string& path, const Reading& reading) {
  for (const auto& entry : inputs.entries)
    if (entry.key != "Variables") warn(entry.value, joined(path, entry.key), reading);
}

void warn_in_actions(const yaml::Node& actions, const std::string& path, const Reading& reading) {
  for (const auto& action : actions.entries) {
    const auto here = joined(path, action.key);
    for (const auto& entry : action.value.entries) {
      const auto below = joined(here, entry.key);
      if (entry.key == "Configuration") continue;
      if (entry.key == "Inputs") warn_in_inputs(entry.value, below, reading);
      else if (entry.key == "Actions") warn_in_actions(entry.value, below, reading);
      else warn(entry.value, below, reading);
    }
  }
}

constexpr std::string_view documented_source[] = {"CommitId", "BranchName"};
constexpr std::string_view other_source[] = {"CommitAuthor", "CommitMessage", "SourceType", "TriggerType",
                                             "DestinationBranchName"};

void check_source(const UsedReference& used, Findings& findings) {
  const auto& name = used.reference.name;
  if (std::ranges::find(documented_source, name) != std::end(documented_source)) return;
  if (std::ranges::find(other_source, name) != std::end(other_source)) {
    findings.note("N204", used.spot, fmt::format("{} is not documented by the service; it works here", used.reference.text()));
    return;
  }
  findings.error("E161", used.spot, fmt::format("{}: WorkflowSource has no {}", used.reference.text(), name),
                 "It has CommitId and BranchName");
}

void check_secret(const UsedReference& used, const Reading& reading) {
  const auto& secrets = reading.known.secrets;
  if (!reading.known.check_known || std::ranges::find(secrets, used.reference.name) != secrets.end()) return;
  const auto near = nearest(used.reference.name, secrets);
  auto& said = reading.findings.error("E163", used.spot, fmt::format("the secret {} does not exist in this project", used.reference.name),
                         near ? fmt::format("Did you mean {}?", *near)
                              : fmt::format("Set it with: tandem secrets set {}", used.reference.name));
  if (near) correct(said, used.reference.text(), fmt::format("${{Secrets.{}}}", *near));
}

void unknown_owner(const Draft& draft, const UsedReference& used, Findings& findings) {
  const auto& reference = used.reference;
  std::vector<std::string> names;
  for (const auto& draft_action : draft.actions) {
    names.push_back(draft_action.action.name);
    if (draft_action.short_name != reference.owner) continue;
    auto& said = findings.error("E160", used.spot, fmt::format("{}: {} is in the group {}", reference.text(), reference.owner,
                                                               draft_action.action.group),
                                fmt::format("Write ${{{}.{}}}", draft_action.action.name, reference.name));
    correct(said, reference.text(), fmt::format("${{{}.{}}}", draft_action.action.name, reference.name));
    return;
  }
  const auto near = nearest(reference.owner, names);
  auto& said = findings.error("E160", used.spot, fmt::format("{}: there is no action {}", reference.text(), reference.owner),
                              near ? fmt::format("Did you mean {}?", *near) : "Actions of other files cannot be read");
  if (near) correct(said, reference.text(), fmt::format("${{{}.{}}}", *near, reference.name));
}

void check_export(const ActionDraft& owner, const UsedReference& used, Findings& findings) {
  const auto& name = used.reference.name;
  std::vector<std::string> names = owner.action.output_variables;
  if (owner.kind == nullptr || owner.kind->emits_more) return;
  for (const auto& emitted : owner.kind->emits) names.emplace_back(emitted);
  if (std::ranges::find(names, name) != names.end()) return;
  const auto near = nearest(name, names);
  std::string instead = owner.kind->nature == Nature::Build ? fmt::format("Add {} to its Outputs.Variables", name)
                        : names.empty()                     ? "It exports nothing"
                                                            : fmt::format("It exports {}", join(names, ", "));
  auto& said = findings.error("E161", used.spot,
                              fmt::format("{}: {} does not list {} under Outputs.Variables", used.reference.text(),
                                          owner.action.name, name),
                              near ? fmt::format("Did you mean {}?", *near) : instead);
  if (near) correct(said, used.reference.text(), fmt::format("${{{}.{}}}", used.reference.owner, *near));
}

}  // namespace

std::vector<UsedReference> references_below(const yaml::Node& node, const std::string& path, const yaml::Lines& lines) {
  std::vector<UsedReference> out;
  collect(node, path, lines, out);
  return out;
}

void warn_of_unread_references(const yaml::Node& root, const Reading& reading) {
  for (const auto& entry : root.entries) {
    if (entry.key == "Actions") warn_in_actions(entry.value, entry.key, reading);
    else warn(entry.value, entry.key, reading);
  }
}

std::optional<size_t> owner_of(const Draft& draft, std::string_view owner, std::string_view group) {
  std::optional<size_t> top;
  for (size_t i = 0; i < draft.actions.size(); ++i) {
    const auto& candidate = draft.actions[i];
    if (!group.empty() && candidate.action.group == group && candidate.short_name == owner) return i;
    if (candidate.action.name == owner) top = i;
  }
  return top;
}

void check_references(const Draft& draft, const Reading& reading) {
  for (const auto& reader : draft.actions) {
    for (const auto& used : reader.references) {
      if (used.reference.is_source()) {
        check_source(used, reading.findings);
      } else if (used.reference.is_secret()) {
        check_secret(used, reading);
      } else if (used.reference.owner == "Inputs") {
        reading.findings.note("N204", used.spot, fmt::format("{} is given by whoever starts the run; the service does not know it", used.reference.text()));
      } else if (const auto owner = owner_of(draft, used.reference.owner, reader.action.group)) {
        const auto& exporter = draft.actions[*owner];
        if (&exporter == &reader)
          reading.findings.error("E161", used.spot, fmt::format("{}: an action cannot read its own outputs", used.reference.text()),
                                 fmt::format("Inside a step write ${}", used.reference.name));
        else
          check_export(exporter, used, reading.findings);
      } else {
        unknown_owner(draft, used, reading.findings);
      }
    }
  }
}

void warn_of_quoted_secrets(const yaml::Node& step, const std::string& path, const Reading& reading) {
  const auto placed = references_below(step, path, reading.lines);
  ShellReading shell(step.text);
  for (const auto& used : placed) {
    if (!used.reference.is_secret() || shell.expands_at(used.reference.offset)) continue;
    reading.findings.warn("W312", used.spot,
                          fmt::format("{} stands in single quotes, where the shell does not put in its value", used.reference.text()),
                          "Use double quotes");
  }
}

}  // namespace tandem::workflow
