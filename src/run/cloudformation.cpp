#include "run/cloudformation.hpp"

#include <algorithm>
#include <charconv>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"

namespace tandem::run {
namespace {

/// Plain scalars of YAML that CloudFormation takes for something else than text.
json::value scalar(const yaml::Node& node) {
  if (node.was_quoted()) return json::value(node.text);
  if (node.text == "true" || node.text == "false") return json::value(node.text == "true");
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), number);
  // An account number or a version must stay as it is written.
  const bool is_number = code == std::errc{} && end == node.text.data() + node.text.size() && std::to_string(number) == node.text && node.text.size() < 10;
  return is_number ? json::value(number) : json::value(node.text);
}

json::value json_of_node(const yaml::Node& node) {
  if (node.is_scalar()) return scalar(node);
  if (node.is_list()) {
    json::array out;
    for (const auto& item : node.items) out.push_back(json_of_node(item));
    return out;
  }
  if (!node.is_map()) return nullptr;
  json::object out;
  for (const auto& entry : node.entries) out[entry.key] = json_of_node(entry.value);
  return out;
}

/// The line of the first short form, for example of "Value: !Ref Table"; 0 when there is none.
int line_of_short_form(std::string_view text) {
  int line = 0;
  for (const auto& each : lines_of(text)) {
    ++line;
    for (const auto* form : {"!Ref", "!Sub", "!GetAtt", "!Join", "!If", "!Select", "!Split", "!ImportValue", "!FindInMap", "!Equals", "!Not", "!And", "!Or", "!Base64", "!Cidr", "!GetAZs", "!Condition"})
      if (const auto at = each.find(form); at != each.npos && (at == 0 || each[at - 1] == ' ' || each[at - 1] == '[' || each[at - 1] == ',')) return line;
  }
  return 0;
}

}  // namespace

Result<json::value> parse_template(std::string_view text, const std::string& name) {
  if (trimmed(text).starts_with('{')) return parse_json(text, name);
  if (const int line = line_of_short_form(text); line > 0)
    return failure(Fault::Invalid, "short forms of YAML templates (!Ref, !Sub, !GetAtt) are not read here").at({name, line}).with_code("E-RUN-16")
        .with_next("write the long form (Ref:, Fn::Sub:, Fn::GetAtt:), or hand over the template as JSON");
  const auto document = yaml::read(text, {.bytes_max = 1 << 20});
  if (!document.readable || !document.root.is_map()) {
    const auto place = document.issues.empty() ? Place{name} : Place{name, document.issues[0].line, document.issues[0].column};
    return failure(Fault::Invalid, "not a template: {}", document.issues.empty() ? "it is no map" : document.issues[0].what).at(place).with_code("E-RUN-16");
  }
  return json_of_node(document.root);
}

Result<std::map<std::string, std::string>> parameter_overrides(std::string_view text) {
  std::map<std::string, std::string> out;
  std::string part;
  const auto take = [&]() -> Done {
    const auto given = trimmed(part);
    if (given.empty()) return done();
    const auto equals = given.find('=');
    if (equals == given.npos || equals == 0)
      return failure(Fault::Invalid, "parameter-overrides: \"{}\" is not KEY=VALUE", given).with_code("E113").with_next("write KEY=VALUE,KEY=VALUE");
    auto value = given.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (value != "undefined") out[std::string(trimmed(given.substr(0, equals)))] = value;
    return done();
  };
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if ((c == ',' || c == '\n') && !quoted) {
      TRY(take());
      part.clear();
    } else {
      part += c;
    }
  }
  TRY(take());
  return out;
}

Result<std::map<std::string, std::string>> parameter_file(std::string_view text, const std::string& name) {
  const auto value = TRY(parse_json(text, name));
  std::map<std::string, std::string> out;
  if (const auto* list = value.if_array()) {
    for (const auto& each : *list) {
      Fields fields(each, fmt::format("{}: a parameter", name));
      const auto key = fields.string("ParameterKey");
      const auto text_of_value = fields.string("ParameterValue");
      TRY(fields.finish());
      out[key] = text_of_value;
    }
    return out;
  }
  Fields fields(value, name);
  for (const auto& [key, parameter] : fields.object("Parameters")) out[std::string(key)] = parameter.is_string() ? std::string(parameter.get_string()) : to_text(parameter);
  TRY(fields.finish());
  return out;
}

Done write_assembly(const TemplateStack& stack, const std::filesystem::path& folder) {
  json::object tags;
  if (!stack.tags.empty()) {
    const auto list = TRY(parse_json(stack.tags, "tags"), "reading tags");
    if (!list.is_array()) return failure(Fault::Invalid, "tags must be a JSON list of Key and Value").with_code("E113");
    for (const auto& each : list.get_array()) {
      Fields tag(each, "a tag");
      const auto key = tag.string("Key");
      tags[key] = tag.string("Value");
      TRY(tag.finish());
    }
  }
  const auto file = "stack.template.json";
  TRY(write_file(folder / file, to_pretty_text(stack.body)));
  json::object properties{{"templateFile", file}, {"stackName", stack.name}, {"parameters", json_of(stack.parameters)}, {"tags", tags},
                          {"terminationProtection", stack.termination_protection}};
  json::object artifacts;
  artifacts[stack.name] = json::object{{"type", "aws:cloudformation:stack"}, {"environment", "aws://unknown-account/unknown-region"}, {"properties", properties}};
  return write_file(folder / "manifest.json", to_pretty_text(json::object{{"version", "36.0.0"}, {"artifacts", artifacts}}));
}

const json::value* at_path(const json::value& value, std::string_view path) {
  const auto* here = &value;
  while (!path.empty() && here != nullptr) {
    if (path.front() == '.') {
      path.remove_prefix(1);
      if (path.empty()) return here;
      const auto end = std::min(path.find_first_of(".["), path.size());
      const auto* object = here->if_object();
      here = object == nullptr ? nullptr : object->if_contains(path.substr(0, end));
      path.remove_prefix(end);
    } else if (path.front() == '[') {
      const auto end = path.find(']');
      size_t index = 0;
      const auto digits = path.substr(1, end == path.npos ? 0 : end - 1);
      if (digits.empty() || std::from_chars(digits.data(), digits.data() + digits.size(), index).ptr != digits.data() + digits.size()) return nullptr;
      const auto* list = here->if_array();
      here = list == nullptr || index >= list->size() ? nullptr : &(*list)[index];
      path.remove_prefix(end + 1);
    } else {
      return nullptr;
    }
  }
  return here;
}

}  // namespace tandem::run
