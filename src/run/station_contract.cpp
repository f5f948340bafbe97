// The station that holds the code of one side against the template of the other, before anything is deployed.

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "run/contract.hpp"
#include "run/station.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

/// The code that an infrastructure commit deploys: what was carried into it, or, before that, the newest application.
Result<Sources> deployed_sources(const Work& work, const CommitId& commit) {
  auto& shop = work.shop;
  const auto store = TRY(shop.objects());
  const auto tree = TRY(store.tree_of(commit));
  for (const auto& component : shop.configuration.sync.components)
    if (TRY(store.find(tree, component.to))) return read_sources(store, tree, {shop.configuration.compose.folder});
  const auto application = TRY(shop.repository(Role::Application));
  const auto tip = TRY(fetched(shop, application, "", work.stop));
  work.say(fmt::format("no application code has been carried here yet; the newest of {} is compared, {}", application.name, tip.value.substr(0, 12)));
  return application_sources(shop, tip);
}

std::string place_text(const json::value& place) {
  if (!place.is_object()) return "";
  Fields fields(place, "a place");
  return text(Place{fields.string_or("file", ""), static_cast<int>(fields.integer_or("line", 0)), static_cast<int>(fields.integer_or("column", 0))});
}

/// "error contract.index src/people.py:54:9: what [People at RegistryData.template.json:12:3]"
std::string line_of(const json::value& finding) {
  Fields fields(finding, "a finding");
  Fields given(fields.object("template"), "the template's side");
  const auto* code = fields.find("code");
  const auto* at = given.find("place");
  Fields resource(given.object("resource"), "the resource");
  const auto where = code == nullptr ? std::string() : place_text(*code) + ": ";
  const auto side = resource.string_or("logical_id", "");
  return fmt::format("{} {} {}{}{}", fields.string("severity"), fields.string("rule"), where, fields.string("what"),
                     side.empty() ? "" : fmt::format(" [{} at {}]", side, at == nullptr ? "?" : place_text(*at)));
}

Error broken_contract(const json::value& document) {
  const auto findings = Fields(document, "the contract").list("findings");
  Fields first(findings.front(), "a finding");
  const auto count = Fields(document, "the contract").integer_or("errors", 0);
  auto error = failure(Fault::Denied, "the code and the template do not fit, {} {}: {}", count, count == 1 ? "place" : "places", line_of(findings.front())).with_code("TD0236");
  if (const auto* place = first.find("code"); place != nullptr && place->is_object()) {
    Fields fields(*place, "a place");
    error.place = Place{fields.string_or("file", ""), static_cast<int>(fields.integer_or("line", 0)), static_cast<int>(fields.integer_or("column", 0))};
  }
  const auto next = first.string_or("next", "");
  error.next = next.empty() ? "mend one of the two sides" : next;
  return error;
}

}  // namespace

Result<ActionOutcome> keep_contract(const Work& work) {
  auto& shop = work.shop;
  const auto own = TRY(shop.repository(work.run.repository));
  const auto environment = TRY(shop.environment(work.action.environment));
  const auto function = TRY(work.configured("Function"));
  const auto strict = lower(TRY(work.configured("Strict", "false"))) == "true";
  const auto say = [&](std::string_view line) { work.say(line); };
  Sources files;
  Templates templates;
  if (own.role == Role::Application) {
    const auto commit = TRY(fetched(shop, own, work.run.commit.value, work.stop));
    files = TRY(application_sources(shop, commit));
    const auto other = TRY(shop.repository(Role::Infrastructure));
    const auto tip = TRY(fetched(shop, other, "", work.stop));
    work.say(fmt::format("against {} at {}", other.name, tip.value.substr(0, 12)));
    const auto workspace = shop.folders.workspaces() / work.run.id.value / work.action.name;
    templates = TRY(infrastructure_templates(shop, tip, environment, workspace, say, work.stop));
  } else {
    const auto commit = TRY(fetched(shop, own, deployed_commit(work.run).value, work.stop));
    files = TRY(deployed_sources(work, commit));
    std::optional<Bundle> bundle;
    if (find_detail(work.run, "bundle") != nullptr) bundle = TRY(bundle_of(work.run));
    const auto assembly = TRY(synthesised(work, environment, bundle));
    templates = TRY(read_templates(assembly.folder));
  }
  const auto answer = TRY(contract_between(files, templates, function, strict), "holding the code against the template");
  Fields document(answer.document, "the contract");
  for (const auto& finding : document.list("findings")) work.say(line_of(finding));
  work.say(fmt::format("{} errors, {} warnings, {} unknown", document.integer_or("errors", 0), document.integer_or("warnings", 0), document.integer_or("unknown", 0)));
  ActionOutcome outcome{.succeeded = answer.exit == 0, .outputs = {{"Findings", std::to_string(document.list("findings").size())}}};
  outcome.detail["contract"] = answer.document;
  if (!outcome.succeeded) outcome.error = broken_contract(answer.document);
  return outcome;
}

}  // namespace tandem::run
