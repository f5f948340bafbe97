#include "run/network_policy.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "base/text.hpp"
#include "workflow/parse.hpp"

namespace tandem::run {
namespace {

bool matches(std::string_view text, const RE2& expression) { return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), expression); }

/// The definitions that can be read. What is wrong with the others is for `tandem validate` to say.
std::vector<Workflow> workflows_of(const Definitions& definitions) {
  std::vector<Workflow> out;
  for (const auto& file : definitions.files)
    if (auto parsed = parse(file, {.check_known = false}); parsed.workflow) out.push_back(std::move(*parsed.workflow));
  return out;
}

std::string with_nearest(std::string what, std::string_view name, const std::vector<std::string>& known) {
  const auto near = nearest(name, known);
  return near ? fmt::format("{}; did you mean {}?", what, *near) : what;
}

}  // namespace

bool fetches(const Action& action) {
  static const RE2 command(
      R"re((?m)^[^#\n]*(?:\bpip3?\s+(?:-\S+\s+)*(?:install|download|wheel)\b|\b(?:npm|pnpm)\s+(?:-\S+\s+)*(?:ci|i|install|add|audit)\b|\byarn\s+(?:install|add)\b)re"
      R"re(|\b(?:apt|apt-get|dnf|yum|apk)\s+(?:-\S+\s+)*(?:install|update|add)\b|\b(?:curl|wget)\s|\bgit\s+(?:clone|fetch|pull|push)\b)re"
      R"re(|\bgo\s+(?:get|install|mod\s+download)\b|\bcargo\s+(?:fetch|install|build)\b|\b(?:mvn|gradle|gradlew)\s|\b(?:poetry|uv|pipenv|bundle|composer)\s+(?:install|sync|add)\b))re");
  static const RE2 stays_here(R"re(--no-index|--offline|\b127\.0\.0\.1\b|\blocalhost\b)re");
  return std::ranges::any_of(action.steps, [](const std::string& script) {
    return std::ranges::any_of(lines_of(script), [](const std::string& line) { return matches(line, command) && !matches(line, stays_here); });
  });
}

bool tells_of_no_network(std::string_view line) {
  static const RE2 words(
      R"re((?i)name resolution|could not resolve|couldn't resolve|unable to resolve|name or service not known|no such host|unknownhost)re"
      R"re(|network is unreachable|\bENETUNREACH\b|\bEAI_AGAIN\b|\bENOTFOUND\b|no route to host|\bEHOSTUNREACH\b|failed to establish a new connection)re"
      R"re(|connection refused|\bECONNREFUSED\b|failed to connect|could not connect|couldn't connect|cannot connect to proxy|getaddrinfo|temporary failure resolving)re");
  return matches(line, words);
}

std::string how_to_grant(const NetworkGrant& grant, const std::string& file) {
  return fmt::format("if it may reach the network, write \"- {}\" below steps: network: in {} and restart tandem serve", text(grant), file);
}

std::vector<Diagnostic> network_notes(const Workflow& workflow, const std::vector<NetworkGrant>& grants) {
  std::vector<Diagnostic> out;
  for (const auto& action : workflow.actions) {
    const auto is_granted = [&](const NetworkGrant& grant) { return grant.workflow == workflow.name && grant.action == action.name; };
    if (!fetches(action) || std::ranges::any_of(grants, is_granted)) continue;
    out.push_back({.severity = Severity::Note, .code = "N208", .place = action.place, .path = "Actions." + action.name,
                   .what = "its steps fetch something, and tandem.yaml gives them no network",
                   .suggestion = fmt::format("If they may, write \"- REPOSITORY/{}/{}\" below steps: network: in tandem.yaml", workflow.name, action.name)});
  }
  return out;
}

std::optional<std::string> trouble_with(const NetworkGrant& grant, const Definitions& definitions) {
  const auto workflows = workflows_of(definitions);
  const auto found = std::ranges::find(workflows, grant.workflow, &Workflow::name);
  std::vector<std::string> known;
  if (found == workflows.end()) {
    for (const auto& workflow : workflows) known.push_back(workflow.name);
    return with_nearest(fmt::format("{}: {} has no workflow {}", text(grant), grant.repository, grant.workflow), grant.workflow, known);
  }
  for (const auto& action : found->actions) {
    if (action.name != grant.action) known.push_back(action.name);
    else if (action.steps.empty()) return fmt::format("{}: {} runs no steps, it needs no grant", text(grant), action.name);
    else return std::nullopt;
  }
  return with_nearest(fmt::format("{}: the workflow {} has no action {}", text(grant), grant.workflow, grant.action), grant.action, known);
}

std::vector<NetworkGrant> grants_of_the_shipped_pair() {
  return {{"application", "api-deployment", "Validate"},
          {"application", "api-pr-validation", "Validate"},
          {"application", "comprehensive-testing", "Test"},
          {"infrastructure", "deployment-coordination", "Infrastructure"},
          {"infrastructure", "infrastructure-pr-validation", "Validate"}};
}

std::vector<NetworkGrant> ungranted(const std::string& repository, const Definitions& definitions, const std::vector<NetworkGrant>& grants) {
  std::vector<NetworkGrant> out;
  for (const auto& workflow : workflows_of(definitions))
    for (const auto& action : workflow.actions) {
      NetworkGrant grant{repository, workflow.name, action.name};
      if (fetches(action) && std::ranges::find(grants, grant) == grants.end()) out.push_back(std::move(grant));
    }
  return out;
}

}  // namespace tandem::run
