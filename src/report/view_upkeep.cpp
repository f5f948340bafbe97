// stacks, invocation, doctor, audit, secrets, metrics

#include "base/text.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {
namespace {

std::string first_of(const Look& look, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (look[name].is_there()) return look[name].text();
  return "";
}

std::string stack_lines(const Look& stack, const Style& style) {
  auto out = fmt::format("{}  {}\n", style.bold(first_of(stack, {"stack", "name", "StackName"})), first_of(stack, {"status", "StackStatus"}));
  Table outputs(style, {"", ""});
  for (const auto& [name, value] : stack["outputs"].members()) outputs.add({{name}, {value.text()}});
  out += outputs.text("  ");
  Table resources(style, {"resource", "type", "standing", "physical id"});
  for (const auto& resource : stack["resources"].list())
    resources.add({{first_of(resource, {"logical_id", "name"})}, {resource["type"].text()}, {resource["standing"].text()}, {resource["physical_id"].text(), &Style::dim}});
  return resources.is_empty() ? out : out + resources.text("  ");
}

}  // namespace

std::string view_stacks(const View& view) {
  std::string out;
  const auto& stacks = view.document["stacks"];
  for (const auto& stack : stacks["stacks"].is_there() ? stacks["stacks"].list() : stacks.list()) out += stack_lines(stack, view.style);
  return out.empty() ? "no stacks yet\n" : out;
}

std::string view_stack_events(const View& view) {
  Table table(view.style, {"at", "stack", "resource", "status", "type"});
  for (const auto& event : view.document["events"].list()) {
    const auto status = event["status"].text();
    const bool is_bad = status.find("FAILED") != std::string::npos || status.find("ROLLBACK") != std::string::npos;
    table.add({{when(event["at"], view)}, {event["stack"].text()}, {event["logical_id"].text()}, {status, is_bad ? &Style::red : nullptr},
               {event["type"].text(), &Style::dim}}, {event["reason"].text()});
  }
  return table.is_empty() ? "no events yet\n" : table.text();
}

std::string view_invocation(const View& view) {
  const auto& document = view.document;
  std::string out;
  if (document["function_error"].is_there())
    out += fmt::format("{} {} by version {}\n", view.style.symbol("FAILED"), document["function_error"].text(), document["executed_version"].text());
  for (const auto& line : lines_of(to_pretty_text(document["payload"].value()))) out += view.style.shown(line) + "\n";
  return out;
}

std::string view_doctor(const View& view) {
  const auto& style = view.style;
  size_t width = 0;
  for (const auto& check : view.document["checks"].list()) width = std::max(width, columns(check["name"].text()));
  std::string out;
  for (const auto& check : view.document["checks"].list()) {
    const auto state = check["state"].raw();
    const auto mark = state == "ok" ? style.green(style.pick("\u2713", "ok")) : state == "warning" ? style.yellow(style.pick("!", "! ")) : style.red(style.pick("\u2717", "XX"));
    out += paragraph(fmt::format("{} {}  ", mark, padded(check["name"].text(), width)), check["what"].text(), style);
    if (check["fix"].is_there() && state != "ok") out += paragraph(fmt::format("    {} ", style.bold("fix:")), check["fix"].text(), style);
  }
  return out + (view.document["passed"].is_true() ? "nothing stands in the way\n" : style.red("something has to be mended first") + "\n");
}

std::string view_audit(const View& view) {
  const auto& document = view.document;
  if (document["passed"].is_true())
    return fmt::format("{} {} records{}, the chain verifies; its head is {}\n", view.style.symbol("SUCCEEDED"), document["records"].text(),
                       document["pruned"].number() > 0 ? fmt::format(" ({} of them pruned by policy)", document["pruned"].text()) : "", document["head"].text());
  return fmt::format("{} record {} is not what was written: {}\n", view.style.symbol("FAILED"), document["broken"].text(), document["what"].text());
}

std::string view_records(const View& view) {
  Table table(view.style, {"#", "at", "what", "of", ""});
  for (const auto& record : view.document["records"].list())
    table.add({{record["number"].text()}, {when(record["at"], view)}, {record["kind"].text(), &Style::bold}, {record["subject"].text()},
               {record["body"].text(), &Style::dim}});
  return table.is_empty() ? "no records\n" : table.text();
}

std::string view_secrets(const View& view) {
  std::string out;
  for (const auto& name : view.document["names"].list()) out += name.text() + "\n";
  return out.empty() ? "no secrets: tandem secrets set NAME < FILE\n" : out;
}

std::string view_metrics(const View& view) {
  Table table(view.style, {"", ""});
  table.add({{"journal records"}, {view.document["journal_records"].text()}});
  for (const auto& [status, count] : view.document["runs_by_status"].members()) table.add({{"runs " + words_of(status)}, {count.text()}});
  for (const auto& [name, value] : view.document.members())
    if (name != "schema" && name != "journal_records" && name != "runs_by_status") table.add({{name}, {value.text()}});
  return table.text();
}

}  // namespace tandem::report
