// Needs that are declared (tandem-contract.yaml, openapi.yaml) and those that a scan for known words finds.

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "check/contract_needs.hpp"

namespace tandem::check {
namespace {

constexpr yaml::Limits declared_limits{.bytes_max = 4UL << 20, .depth_max = 64, .alias_nodes_max = 10'000};

Error refusal(const std::string& file, const yaml::Node& node, std::string what, std::string next) {
  return failure(Fault::Invalid, "{}", what).with_code("TD0235").at({file, node.line, node.column}).with_next(std::move(next));
}

Result<yaml::Node> read_declared(const SourceFile& file) {
  auto document = yaml::read(file.text, declared_limits);
  if (document.readable && document.root.is_map()) return std::move(document.root);
  const yaml::Node top{.line = document.issues.empty() ? 1 : document.issues[0].line, .column = document.issues.empty() ? 1 : document.issues[0].column};
  return refusal(file.path, top, document.issues.empty() ? "this holds no map" : document.issues[0].what, "see docs/contract.md for what may stand here");
}

/// "people", "${PEOPLE_TABLE}" or both: "${STAGE}-people".
Expression expression_from(std::string_view text) {
  Expression out{Expression::Kind::Parts};
  while (!text.empty()) {
    const auto start = text.find("${");
    const auto end = start == std::string_view::npos ? start : text.find('}', start);
    if (start != 0) out.parts.push_back({Expression::Kind::Text, std::string(text.substr(0, end == std::string_view::npos ? end : start))});
    if (end == std::string_view::npos) break;
    out.parts.push_back({Expression::Kind::Variable, std::string(text.substr(start + 2, end - start - 2))});
    text.remove_prefix(end + 1);
  }
  return out.parts.size() == 1 ? out.parts.front() : out;
}

/// tandem-contract.yaml, key by key. Unknown keys are refused, so that a misspelt need is no missing need.
class Manifest {
 public:
  Manifest(const SourceFile& file, Needs& needs) : file_(file), needs_(needs) {}

  Done read() {
    const auto root = TRY(read_declared(file_), "reading {}", file_.path);
    for (const auto& [key, line, column, value] : root.entries) {
      if (key == "environment") TRY(environment(value));
      else if (key == "tables") TRY(tables(value));
      else if (key == "actions") TRY(actions(value));
      else if (key == "routes") TRY(routes(value));
      else if (key == "runtime") runtime(value);
      else if (key == "memory_mb") TRY(memory(value));
      else if (key == "timeout_seconds") TRY(time(value));
      else return unknown_key(value, key, {"environment", "tables", "actions", "routes", "runtime", "memory_mb", "timeout_seconds"});
    }
    return done();
  }

 private:
  Place place(const yaml::Node& node) const { return {file_.path, node.line, node.column}; }

  Error unknown_key(const yaml::Node& node, const std::string& key, const std::vector<std::string>& known) const {
    const auto close = nearest(key, known);
    return refusal(file_.path, node, fmt::format("no such key: {}", key), close ? fmt::format("did you mean {}?", *close) : fmt::format("known are {}", join(known, ", ")));
  }

  Result<std::uint64_t> number(const yaml::Node& node) const {
    std::uint64_t out = 0;
    const auto [end, code] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), out);
    if (code != std::errc{} || end != node.text.data() + node.text.size() || out == 0 || out > 1'000'000)
      return refusal(file_.path, node, fmt::format("\"{}\" is no number of this kind", node.text), "write a whole number, e.g. 256");
    return out;
  }

  void runtime(const yaml::Node& node) {
    needs_.runtime = node.text;
    needs_.runtime_place = place(node);
  }

  Done memory(const yaml::Node& node) {
    const auto megabytes = TRY(number(node));
    needs_.memory.push_back({megabytes << 20, "the code, as declared,", place(node)});
    return done();
  }

  Done time(const yaml::Node& node) {
    const auto seconds = static_cast<double>(TRY(number(node)));
    needs_.times.push_back({seconds, seconds, "the code, as declared,", place(node)});
    return done();
  }

  Done environment(const yaml::Node& node) {
    for (const auto& [key, line, column, list] : node.entries) {
      if (key != "required" && key != "optional") return unknown_key(list, key, {"required", "optional"});
      for (const auto& name : list.items)
        needs_.variables.push_back({name.text, key == "required" ? Level::Required : Level::Optional, false, "", place(name), place(name), Source::Manifest});
    }
    return done();
  }

  Done tables(const yaml::Node& node) {
    for (const auto& table : node.items) {
      const auto* name = table.find("name");
      if (name == nullptr) return refusal(file_.path, table, "a table needs a name", "name: ${PEOPLE_TABLE}");
      for (const auto& [key, line, column, value] : table.entries)
        if (key != "name" && key != "actions" && key != "indexes") return unknown_key(value, key, {"name", "actions", "indexes"});
      const auto* own = table.find("actions");
      if (own != nullptr)
        for (const auto& action : own->items) add(action, "dynamodb", action.text, expression_from(name->text));
      const auto* indexes = table.find("indexes");
      if (indexes != nullptr)
        for (const auto& index : indexes->items) {
          const auto* index_name = index.is_map() ? index.find("name") : &index;
          if (index_name == nullptr) return refusal(file_.path, index, "an index needs a name", "name: email-index");
          const auto* asked = index.is_map() ? index.find("actions") : nullptr;
          if (asked == nullptr) add(*index_name, "dynamodb", "Query", expression_from(name->text), expression_from(index_name->text));
          else
            for (const auto& action : asked->items) add(*index_name, "dynamodb", action.text, expression_from(name->text), expression_from(index_name->text));
        }
    }
    return done();
  }

  Done actions(const yaml::Node& node) {
    for (const auto& item : node.items) {
      const auto* action = item.is_map() ? item.find("action") : &item;
      const auto colon = action == nullptr ? std::string::npos : action->text.find(':');
      if (colon == std::string::npos) return refusal(file_.path, item, "an action needs its service: s3:GetObject", "action: s3:GetObject");
      const auto* resource = item.is_map() ? item.find("resource") : nullptr;
      add(*action, action->text.substr(0, colon), action->text.substr(colon + 1), resource == nullptr ? std::nullopt : std::optional(expression_from(resource->text)));
    }
    return done();
  }

  Done routes(const yaml::Node& node) {
    for (const auto& route : node.items) {
      const auto space = route.text.find(' ');
      if (space == std::string::npos || !route.text.substr(space + 1).starts_with('/'))
        return refusal(file_.path, route, fmt::format("\"{}\" is no route", route.text), "write it as GET /people/{id}");
      needs_.routes.push_back({{upper(route.text.substr(0, space))}, route.text.substr(space + 1), place(route), Source::Manifest});
    }
    return done();
  }

  void add(const yaml::Node& node, std::string service, std::string action, std::optional<Expression> resource, std::optional<Expression> index = {}) {
    CallNeed call{.service = std::move(service), .operation = action, .actions = {action}, .resource = std::move(resource), .index = std::move(index),
                  .place = place(node), .source = Source::Manifest};
    if (call.index) call.index_place = call.place;
    needs_.calls.push_back(std::move(call));
  }

  const SourceFile& file_;
  Needs& needs_;
};

/// A text without its // and /* */ comments, every other character in its place.
std::string without_comments(std::string text) {
  enum class In { Code, Text, Character, Line, Block } in = In::Code;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (in == In::Code && c == '"') in = In::Text;
    else if (in == In::Code && c == '\'') in = In::Character;
    else if (in == In::Code && c == '/' && next == '/') in = In::Line;
    else if (in == In::Code && c == '/' && next == '*') in = In::Block;
    else if ((in == In::Text && c == '"') || (in == In::Character && c == '\'') || (in == In::Line && c == '\n')) in = In::Code;
    else if ((in == In::Text || in == In::Character) && c == '\\') ++at;
    else if (in == In::Block && c == '*' && next == '/') {
      text[at] = text[at + 1] = ' ';
      in = In::Code;
    }
    if ((in == In::Line || in == In::Block) && c != '\n') text[at] = ' ';
  }
  return text;
}

Place place_at(const SourceFile& file, size_t offset) {
  const auto before = std::string_view(file.text).substr(0, offset);
  const auto line_start = before.rfind('\n');
  return {file.path, static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(line_start == std::string_view::npos ? offset + 1 : offset - line_start)};
}

bool is_declared(const Needs& needs, std::string_view name) {
  return std::ranges::any_of(needs.variables, [&](const VariableNeed& need) { return need.name == name && need.source == Source::Manifest; });
}

/// getenv("X"): that it is read is certain, whether the code can do without it is not.
void scan_variables(const SourceFile& file, const std::string& code, Needs& needs) {
  static const RE2 read(R"re(\b(?:secure_)?getenv\s*\(\s*"([A-Za-z_][A-Za-z0-9_]*)"\s*\))re");
  re2::StringPiece rest(code), name;
  while (RE2::FindAndConsume(&rest, read, &name)) {
    const auto at = place_at(file, static_cast<size_t>(name.data() - code.data()));
    if (!is_declared(needs, std::string_view(name.data(), name.size()))) needs.variables.push_back({std::string(name), Level::Optional, false, "", at, at, Source::Scan});
  }
  static const RE2 computed(R"re(\b(?:secure_)?getenv\s*\(\s*[^"\s)])re");
  re2::StringPiece again(code);
  while (RE2::FindAndConsume(&again, computed))
    needs.unknowns.push_back({"the name of an environment variable that getenv reads", place_at(file, static_cast<size_t>(again.data() - code.data()) - 1)});
}

/// DynamoDB_20120810.Query: an operation by its wire name. Its table is not known from here.
void scan_operations(const SourceFile& file, const std::string& code, Needs& needs) {
  static const RE2 operation(R"re(DynamoDB_20120810\.([A-Z][A-Za-z]+))re");
  re2::StringPiece rest(code), name;
  while (RE2::FindAndConsume(&rest, operation, &name)) {
    const std::string action(name);
    const bool is_known = std::ranges::any_of(needs.calls, [&](const CallNeed& call) { return call.service == "dynamodb" && std::ranges::find(call.actions, action) != call.actions.end(); });
    if (is_known || action.starts_with("Transact")) continue;
    needs.calls.push_back({.service = "dynamodb", .operation = action, .actions = {action}, .place = place_at(file, static_cast<size_t>(name.data() - code.data())), .source = Source::Scan});
  }
}

void scan_requires_python(const SourceFile& file, Needs& needs) {
  static const RE2 wanted(R"re((?m)^\s*(?:requires-python|python_requires)\s*=\s*["']?([^"'\n]+))re");
  re2::StringPiece rest(file.text), text;
  if (!RE2::FindAndConsume(&rest, wanted, &text)) return;
  static const RE2 bound(R"re((>=|~=|==|>)\s*3\.(\d+))re");
  re2::StringPiece bounds(text), sign;
  int minor = 0;
  while (RE2::FindAndConsume(&bounds, bound, &sign, &minor))
    needs.versions.push_back({3, minor + (sign == ">" ? 1 : 0), fmt::format("requires-python {}", std::string(text)), place_at(file, static_cast<size_t>(text.data() - file.text.data()))});
}

}  // namespace

Done add_manifest_needs(const SourceFile& manifest, Needs& needs) { return Manifest(manifest, needs).read(); }

void add_scanned_needs(const SourceFile& file, Needs& needs) {
  if (file.path.ends_with(".toml") || file.path.ends_with(".cfg")) return scan_requires_python(file, needs);
  const auto code = without_comments(file.text);
  scan_variables(file, code, needs);
  scan_operations(file, code, needs);
}

Done add_openapi_routes(const SourceFile& openapi, Needs& needs) {
  static constexpr std::array<std::string_view, 5> methods{"get", "post", "put", "patch", "delete"};
  const auto root = TRY(read_declared(openapi), "reading {}", openapi.path);
  const auto* paths = root.find("paths");
  if (paths == nullptr) return done();
  for (const auto& path : paths->entries)
    for (const auto& method : path.value.entries)
      if (std::ranges::find(methods, method.key) != methods.end())
        needs.routes.push_back({{upper(method.key)}, path.key, {openapi.path, method.line, method.column}, Source::Manifest});
  return done();
}

}  // namespace tandem::check
