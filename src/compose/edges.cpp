#include "compose/edges.hpp"

#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace tandem::compose {
namespace {

constexpr std::chrono::minutes time_max{2};

/// {"folder", "asked": [requirement...]} on standard input; {"asked": [name...], "needs": {name: [name...]}} on standard output.
constexpr auto program = R"python(
import sys
sys.path = [folder for folder in sys.path if folder]
import importlib.metadata, json
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

task = json.load(sys.stdin)
installed = {canonicalize_name(each.metadata["Name"]): each for each in importlib.metadata.distributions(path=[task["folder"]])}
needs = {name: set() for name in installed}
asked, seen, waiting = set(), set(), []

def follow(line, extra, edges):
    requirement = Requirement(line)
    name = canonicalize_name(requirement.name)
    if name not in installed or (requirement.marker and not requirement.marker.evaluate({"extra": extra})):
        return
    edges.add(name)
    provided = {canonicalize_name(each): each for each in installed[name].metadata.get_all("Provides-Extra") or ()}
    waiting.extend((name, provided[canonicalize_name(wanted)]) for wanted in requirement.extras if canonicalize_name(wanted) in provided)
    waiting.append((name, ""))

for line in task["asked"]:
    follow(line, "", asked)
while waiting:
    name, extra = waiting.pop()
    if (name, extra) in seen:
        continue
    seen.add((name, extra))
    for line in installed[name].requires or ():
        try:
            follow(line, extra, needs[name])
        except ValueError as error:
            sys.exit("%s asks for '%.200s': %s" % (name, line, error))
print(json.dumps({"asked": sorted(asked), "needs": {name: sorted(edges - {name}) for name, edges in sorted(needs.items())}}))
)python";

}  // namespace

std::string text(const Edges& edges) {
  json::object needs;
  for (const auto& [name, names] : edges.needs) needs[name] = json_of(names);
  return to_text(json::object{{"asked", json_of(edges.asked)}, {"needs", std::move(needs)}});
}

Result<Edges> edges_from(std::string_view text) {
  const auto document = TRY(parse_json(text, "the edges"));
  Fields fields(document, "the edges");
  Edges out{.asked = fields.strings("asked")};
  Fields needs(fields.object("needs"), "what packages need");
  for (const auto& [name, names] : fields.object("needs")) out.needs[name] = needs.strings(name);
  TRY(needs.finish());
  TRY(fields.finish());
  return out;
}

Result<Edges> read_edges(const Interpreter& installer, const std::filesystem::path& packages, const std::vector<AskedFor>& asked, std::stop_token stop) {
  std::vector<std::string> lines;
  for (const auto& each : asked)
    if (!each.line.starts_with('-')) lines.push_back(each.line);
  Command command{{installer.executable, "-B", "-c", program}, tool_environment()};
  command.input = to_text(json::object{{"folder", packages.string()}, {"asked", json_of(lines)}});
  command.time_limit = time_max;
  const auto output = TRY(run_program(command, stop), "reading what packages need");
  if (output.exit.stopped) return failure(Fault::Cancelled, "stopped while reading what packages need");
  if (output.exit.timed_out) return failure(Fault::TimedOut, "what packages need was not read in {}", for_people(time_max));
  if (output.exit.ok()) return edges_from(output.out);
  const auto said = lines_of(output.err);
  return failure(Fault::Invalid, "cannot read what the packages need: {}", said.empty() ? "no reason was given" : said.back()).with_code("TD0403")
      .with_next("ask for another version of the package that is named");
}

}  // namespace tandem::compose
