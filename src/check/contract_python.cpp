// Python by its syntax tree: a program of our own in an isolated interpreter parses the sources, which come on its
// standard input, and prints what it found. It imports and runs nothing of them and sees no other file.

#include "base/process.hpp"
#include "base/python_here.hpp"
#include "base/text.hpp"
#include "check/contract_needs.hpp"

namespace tandem::check {
namespace {

constexpr std::chrono::seconds time_max{180};
constexpr std::uint64_t memory_max_bytes = 2UL << 30;

// Each of these is Python and C++ at once, see their first lines.
constexpr std::string_view program =
#include "check/contract_values.py"
#include "check/contract_modules.py"
#include "check/contract_statements.py"
#include "check/contract_expressions.py"
#include "check/contract_functions.py"
#include "check/contract_interpreter.py"
#include "check/contract_versions.py"
#include "check/contract_environment.py"
#include "check/contract_packages.py"
#include "check/contract_methods.py"
#include "check/contract_aws.py"
#include "check/contract_things.py"
#include "check/contract_mapper.py"
#include "check/contract_routers.py"
#include "check/contract_reader.py"
    ;

Result<python::Interpreter> find_interpreter() {
  if (auto found = python::find_any()) return std::move(*found);
  return failure(Fault::Missing, "no python3 on this machine to read the application's sources with").with_code("TD0230")
      .with_next("apt-get install python3");
}

Result<Output> run_reader(const std::string& input, Needs& needs) {
  const auto python = TRY(find_interpreter());
  const std::vector<std::string> arguments{python.executable, "-I", "-S", "-B", "-c", std::string(program)};
  Command command{python::walls(python), {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"PYTHONHASHSEED", "0"}}};
  command.argv.emplace_back("--");
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.input = input;
  command.time_limit = time_max;
  command.grace = std::chrono::seconds{1};
  command.memory_limit_bytes = memory_max_bytes;
  auto output = run_program(command);
  const bool is_walled = output && (output->exit.ok() || !output->err.starts_with("bwrap:"));
  if (is_walled) return output;
  needs.notes.emplace_back("the sources were parsed without a sandbox, because bubblewrap does not run here; nothing of them was executed");
  command.argv = arguments;
  return run_program(command);
}

Place place_from(const json::value* value) {
  if (value == nullptr || !value->is_object()) return {};
  Fields fields(*value, "a place");
  return {fields.string_or("file", ""), static_cast<int>(fields.integer_or("line", 0)), static_cast<int>(fields.integer_or("column", 0))};
}

Expression expression_from(const json::value& value) {
  if (!value.is_object()) return {};
  const auto& object = value.as_object();
  const auto text = [&](std::string_view key) { return std::string(object.at(key).as_string()); };
  if (object.contains("text")) return {Expression::Kind::Text, text("text")};
  if (object.contains("unknown")) return {Expression::Kind::Unknown, text("unknown")};
  if (object.contains("env")) {
    Expression out{Expression::Kind::Variable, text("env")};
    if (object.at("default").is_object()) out.parts.push_back(expression_from(object.at("default")));
    return out;
  }
  Expression out{Expression::Kind::Parts};
  for (const auto& part : object.at("parts").as_array()) out.parts.push_back(expression_from(part));
  return out;
}

std::optional<Expression> maybe_expression(const Fields& fields, std::string_view name) {
  const auto* found = fields.find(name);
  return found == nullptr ? std::nullopt : std::optional(expression_from(*found));
}

std::optional<std::vector<std::string>> maybe_strings(Fields& fields, std::string_view name) {
  return fields.find(name) == nullptr ? std::nullopt : std::optional(fields.strings(name));
}

Level level_from(std::string_view word) {
  return word == "required" ? Level::Required : word == "optional" ? Level::Optional : Level::HasDefault;
}

std::vector<UnknownNeed> unknowns_from(const json::array& list) {
  std::vector<UnknownNeed> out;
  for (const auto& member : list) {
    Fields fields(member, "an unknown");
    out.push_back({fields.string("what"), place_from(fields.find("place"))});
  }
  return out;
}

CallNeed call_from(const json::value& member) {
  Fields call(member, "a call");
  CallNeed out{call.string("service"), call.string("operation"), call.strings("actions"), maybe_expression(call, "table"), maybe_expression(call, "index"),
               maybe_strings(call, "keys"), maybe_strings(call, "condition"), place_from(call.find("place")), std::nullopt};
  if (call.find("index_place") != nullptr) out.index_place = place_from(call.find("index_place"));
  return out;
}

VersionNeed version_from(const json::value& member) {
  Fields version(member, "a version");
  const auto minimum = version.list("minimum");
  VersionNeed out{.what = version.string("what"), .place = place_from(version.find("place"))};
  if (minimum.size() == 2) {
    out.major = static_cast<int>(minimum[0].as_int64());
    out.minor = static_cast<int>(minimum[1].as_int64());
  }
  return out;
}

Done take(const json::value& document, Needs& needs) {
  Fields answer(document, "the reader's answer");
  for (const auto& member : answer.list("environment")) {
    Fields variable(member, "a variable");
    needs.variables.push_back({variable.string("name"), level_from(variable.string("level")), variable.boolean_or("ignores_case", false),
                               variable.string_or("why", ""), place_from(variable.find("place")), place_from(variable.find("read_at"))});
  }
  for (const auto& name : answer.strings("set")) needs.variables_set.push_back(name);
  for (const auto& member : answer.list("calls")) needs.calls.push_back(call_from(member));
  for (const auto& member : answer.list("routes")) {
    Fields route(member, "a route");
    needs.routes.push_back({route.strings("methods"), route.string("path"), place_from(route.find("place")), Source::Tree, route.strings("assumes")});
  }
  for (const auto& member : answer.list("versions")) needs.versions.push_back(version_from(member));
  for (const auto& member : answer.list("timings")) {
    Fields timing(member, "a timing");
    needs.times.push_back({timing.number_or("once", 0), timing.number_or("all", 0), timing.string("what"), place_from(timing.find("place"))});
  }
  for (const auto& member : answer.list("memory")) {
    Fields taken(member, "memory");
    needs.memory.push_back({static_cast<std::uint64_t>(taken.number_or("bytes", 0)), taken.string("what"), place_from(taken.find("place"))});
  }
  needs.unparsed = unknowns_from(answer.list("problems"));
  for (auto& unknown : unknowns_from(answer.list("unknowns"))) needs.unknowns.push_back(std::move(unknown));
  needs.files_read = answer.strings("read");
  needs.files_unread = answer.strings("unread");
  needs.python = answer.string("python");
  if (needs.routes.empty() && answer.integer_or("routers", 0) == 0) needs.has_routes_elsewhere = true;
  return answer.finish();
}

}  // namespace

Done add_python_needs(const std::vector<SourceFile>& files, Needs& needs) {
  json::object sources, settings;
  for (const auto& file : files)
    if ((file.path.ends_with(".json") || file.path.ends_with(".toml")) && is_valid_utf8(file.text)) settings[file.path] = file.text;
    else if (file.path.ends_with(".py") && is_valid_utf8(file.text)) sources[file.path] = file.text;
    else if (file.path.ends_with(".py")) needs.unknowns.push_back({"the file is not UTF-8 and was not read", {file.path, 1, 1}});
  if (sources.empty()) return done();
  const auto output = TRY(run_reader(to_text(json::object{{"files", std::move(sources)}, {"settings", std::move(settings)}}), needs), "reading the Python sources");
  if (output.exit.timed_out)
    return failure(Fault::TimedOut, "reading the Python sources took longer than {}", for_people(time_max)).with_code("TD0231")
        .with_next("declare what the code needs in tandem-contract.yaml");
  const auto document = parse_json(output.out, "the reader's answer");
  if (!document) {
    const auto lines = lines_of(trimmed(output.err));
    return failure(Fault::Broken, "the program that reads Python sources ended with status {}: {}", output.exit.code, lines.empty() ? "" : lines.back())
        .with_code("TD0231").with_next("report it, with the source that does it; tandem-contract.yaml can declare what the code needs meanwhile");
  }
  return take(*document, needs);
}

}  // namespace tandem::check
