#include "check/contract_template.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tandem::check {
namespace {

constexpr int depth_max = 24;
constexpr yaml::Limits template_limits{.bytes_max = 8UL << 20, .depth_max = 64, .alias_nodes_max = 10'000};

const yaml::Node& empty_map() {
  static const yaml::Node node{.kind = yaml::Kind::Map};
  return node;
}

Resolved unknown(std::string text) { return {std::move(text), false}; }

/// Without colons, because they stand in ARNs, whose parts colons separate.
std::optional<std::string> pseudo_parameter(std::string_view id, const std::string& stack) {
  if (!id.starts_with("AWS::")) return std::nullopt;
  const auto name = id.substr(5);
  if (name == "StackName") return stack;
  if (name == "URLSuffix") return "amazonaws.com";
  if (name == "NoValue") return "";
  return fmt::format("{{{}}}", name);
}

/// "arn:...:table/NAME" for the types whose ARN follows from the name; everything else is a symbol of its own.
std::string arn_of(const Resource& resource, const std::string& name) {
  if (resource.type == "AWS::DynamoDB::Table" || resource.type == "AWS::DynamoDB::GlobalTable") return table_arn(name);
  if (resource.type == "AWS::S3::Bucket") return "arn:{Partition}:s3:::" + name;
  if (resource.type == "AWS::SQS::Queue") return "arn:{Partition}:sqs:{Region}:{AccountId}:" + name;
  if (resource.type == "AWS::Lambda::Function") return "arn:{Partition}:lambda:{Region}:{AccountId}:function:" + name;
  return symbol_of(resource) + ".Arn";
}

Error not_readable(const TemplateText& text, const yaml::Document& document) {
  const auto* issue = document.issues.empty() ? nullptr : &document.issues.front();
  return failure(Fault::Invalid, "the template cannot be read: {}", issue == nullptr ? "it has no resources" : issue->what)
      .with_code("TD0232")
      .at({text.file, issue == nullptr ? 1 : issue->line, issue == nullptr ? 1 : issue->column})
      .with_next("give a template that `cdk synth` wrote");
}

/// Short tags (!Ref) are lost in reading, so that a template with them would be misread.
Done refuse_short_tags(const TemplateText& text) {
  static const RE2 tag(R"((?m)(?:^|[\s:\-\[,])(!(?:Ref|GetAtt|Sub|Join|If|Select|Split|ImportValue|FindInMap|Base64|Equals|And|Or|Not|Condition))\b)");
  if (text.text.starts_with('{')) return done();
  std::string found;
  const re2::StringPiece whole(text.text.data(), text.text.size());
  if (!RE2::PartialMatch(whole, tag, &found)) return done();
  const auto at = text.text.find(found);
  return failure(Fault::Invalid, "the template uses the short form {}, which is not read here", found).with_code("TD0232")
      .at({text.file, static_cast<int>(std::count(text.text.begin(), text.text.begin() + static_cast<long>(at), '\n')) + 1, 1})
      .with_next("write the long form (Fn::GetAtt, Ref), or give the JSON that `cdk synth` wrote");
}

}  // namespace

const yaml::Node* find_below(const yaml::Node& node, std::initializer_list<std::string_view> keys) {
  const auto* at = &node;
  for (const auto key : keys)
    if (at = at->find(key); at == nullptr) return nullptr;
  return at;
}

std::vector<const yaml::Node*> members_of(const yaml::Node* node) {
  std::vector<const yaml::Node*> out;
  if (node == nullptr || node->is_null()) return out;
  if (!node->is_list()) return {node};
  for (const auto& item : node->items) out.push_back(&item);
  return out;
}

const yaml::Node* own_name(std::string_view type, const yaml::Node& properties) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> keys{
      {{"AWS::DynamoDB::Table", "TableName"}, {"AWS::DynamoDB::GlobalTable", "TableName"}, {"AWS::S3::Bucket", "BucketName"},
       {"AWS::SQS::Queue", "QueueName"}, {"AWS::Lambda::Function", "FunctionName"}, {"AWS::IAM::Role", "RoleName"},
       {"AWS::SecretsManager::Secret", "Name"}, {"AWS::SSM::Parameter", "Name"}}};
  const auto* const found = std::ranges::find(keys, type, &std::pair<std::string_view, std::string_view>::first);
  return found == keys.end() ? nullptr : properties.find(found->second);
}

std::string symbol_of(const Resource& resource) { return fmt::format("<{}.{}>", resource.stack, resource.logical_id); }

std::string table_arn(std::string_view name) { return fmt::format("arn:{{Partition}}:dynamodb:{{Region}}:{{AccountId}}:table/{}", name); }

Result<Templates> Templates::read(const std::vector<TemplateText>& texts) {
  Templates out;
  for (const auto& text : texts) {
    TRY(refuse_short_tags(text));
    auto document = yaml::read(text.text, template_limits);
    const auto* resources = document.readable ? document.root.find("Resources") : nullptr;
    if (resources == nullptr || !resources->is_map()) return not_readable(text, document);
    out.stacks_.push_back(std::make_unique<Stack>(Stack{text.stack, text.file, std::move(document.root)}));
  }
  for (const auto& stack : out.stacks_)
    for (const auto& entry : stack->root.find("Resources")->entries) {
      const auto* type = entry.value.find("Type");
      const auto* construct = find_below(entry.value, {"Metadata", "aws:cdk:path"});
      const auto* properties = entry.value.find("Properties");
      Resource resource{stack->name, entry.key, type == nullptr ? "" : type->text, construct == nullptr ? "" : construct->text,
                        {stack->file, entry.line, entry.column}};
      out.places_[symbol_of(resource)] = out.entries_.size();
      out.entries_.push_back({std::move(resource), properties != nullptr && properties->is_map() ? properties : &empty_map()});
    }
  return out;
}

std::vector<const Templates::Entry*> Templates::of_type(std::string_view type) const {
  std::vector<const Entry*> out;
  for (const auto& entry : entries_)
    if (entry.resource.type == type) out.push_back(&entry);
  return out;
}

const Templates::Entry* Templates::find(std::string_view symbol) const {
  const auto found = places_.find(symbol);
  return found == places_.end() ? nullptr : &entries_[found->second];
}

const Templates::Stack* Templates::stack(std::string_view name) const {
  const auto found = std::ranges::find_if(stacks_, [&](const auto& each) { return each->name == name; });
  return found == stacks_.end() ? nullptr : found->get();
}

std::string Templates::file_of(const std::string& name) const {
  const auto* found = stack(name);
  return found == nullptr ? "" : found->file;
}

std::optional<Templates::Pair> Templates::exported(std::string_view name) const {
  for (const auto& each : stacks_) {
    const auto* outputs = each->root.find("Outputs");
    if (outputs == nullptr) continue;
    for (const auto& output : outputs->entries) {
      const auto* given = find_below(output.value, {"Export", "Name"});
      if (given == nullptr || resolve(*each, *given, 1).text != name) continue;
      if (const auto* value = output.value.find("Value")) return Pair{each.get(), value};
    }
  }
  return std::nullopt;
}

std::optional<Templates::Pair> Templates::output(std::string_view name, std::string_view key) const {
  const auto* from = stack(name);
  const auto* value = from == nullptr ? nullptr : find_below(from->root, {"Outputs", key, "Value"});
  return value == nullptr ? std::nullopt : std::optional(Pair{from, value});
}

Resolved Templates::reference(const Stack& from, const std::string& id) const {
  if (const auto pseudo = pseudo_parameter(id, from.name)) return {*pseudo};
  if (const auto* entry = find(fmt::format("<{}.{}>", from.name, id))) {
    const auto* name = own_name(entry->resource.type, *entry->properties);
    if (name != nullptr)
      if (auto text = resolve(from, *name, 1); text.is_known) return text;
    return {symbol_of(entry->resource)};
  }
  return unknown(fmt::format("{{parameter {}}}", id));
}

Resolved Templates::attribute(const Stack& from, const std::string& id, const std::string& name) const {
  const auto* entry = find(fmt::format("<{}.{}>", from.name, id));
  if (entry == nullptr) return unknown(fmt::format("{{{}.{}}}", id, name));
  if (name == "Arn") return {arn_of(entry->resource, reference(from, id).text)};
  if (name == "QueueName" || name == "FunctionName") return reference(from, id);
  return {fmt::format("{}.{}", symbol_of(entry->resource), name)};
}

Resolved Templates::substituted(const Stack& from, const yaml::Node& argument, int depth) const {
  const bool has_values = argument.is_list() && argument.items.size() == 2;
  const auto& text = has_values ? argument.items[0].text : argument.text;
  Resolved out;
  size_t at = 0;
  while (at < text.size()) {
    const auto start = text.find("${", at);
    const auto end = start == std::string::npos ? std::string::npos : text.find('}', start);
    out.text += text.substr(at, start == std::string::npos ? std::string::npos : start - at);
    if (end == std::string::npos) break;
    const auto inner = text.substr(start + 2, end - start - 2);
    const auto* given = has_values ? argument.items[1].find(inner) : nullptr;
    const auto dot = inner.find('.');
    const auto value = inner.starts_with('!') ? Resolved{fmt::format("${{{}}}", inner.substr(1))}
                       : given != nullptr     ? resolve(from, *given, depth + 1)
                       : dot == std::string::npos ? reference(from, inner)
                                                  : attribute(from, inner.substr(0, dot), inner.substr(dot + 1));
    out.text += value.text;
    out.is_known = out.is_known && value.is_known;
    at = end + 1;
  }
  return out;
}

Resolved Templates::intrinsic(const Stack& from, const std::string& name, const yaml::Node& argument, int depth) const {
  if (name == "Ref") return reference(from, argument.text);
  if (name == "Fn::GetAtt") {
    if (argument.is_list() && argument.items.size() == 2) return attribute(from, argument.items[0].text, argument.items[1].text);
    const auto dot = argument.text.find('.');
    if (dot != std::string::npos) return attribute(from, argument.text.substr(0, dot), argument.text.substr(dot + 1));
  }
  if (name == "Fn::Sub") return substituted(from, argument, depth);
  if (name == "Fn::Join" && argument.is_list() && argument.items.size() == 2) {
    Resolved out;
    for (const auto* part : members_of(&argument.items[1])) {
      const auto value = resolve(from, *part, depth + 1);
      if (part != &argument.items[1].items.front()) out.text += argument.items[0].text;
      out.text += value.text;
      out.is_known = out.is_known && value.is_known;
    }
    return out;
  }
  if (name == "Fn::ImportValue") {
    const auto wanted = resolve(from, argument, depth + 1);
    if (const auto found = exported(wanted.text)) return resolve(*found->first, *found->second, depth + 1);
    return unknown(fmt::format("{{import {}}}", wanted.text));
  }
  if (name == "Fn::GetStackOutput") {
    const auto* stack_name = argument.find("StackName");
    const auto* key = argument.find("OutputName");
    if (stack_name != nullptr && key != nullptr)
      if (const auto found = output(resolve(from, *stack_name, depth + 1).text, key->text)) return resolve(*found->first, *found->second, depth + 1);
  }
  if (name == "Fn::Select" && argument.is_list() && argument.items.size() == 2 && argument.items[1].is_map()) {
    const auto* split_of = argument.items[1].find("Fn::Split");
    if (split_of != nullptr && split_of->is_list() && split_of->items.size() == 2 && split_of->items[0].text.size() == 1) {
      const auto whole = resolve(from, split_of->items[1], depth + 1);
      const auto parts = split(whole.text, split_of->items[0].text[0]);
      const auto index = static_cast<size_t>(std::strtoul(argument.items[0].text.c_str(), nullptr, 10));
      if (whole.is_known && index < parts.size()) return {parts[index]};
    }
  }
  if (name == "Fn::If" && argument.is_list() && argument.items.size() == 3) {
    const auto yes = resolve(from, argument.items[1], depth + 1);
    const auto no = resolve(from, argument.items[2], depth + 1);
    return yes.text == no.text ? yes : unknown(fmt::format("{{{} or {}}}", yes.text, no.text));
  }
  return unknown(fmt::format("{{{}}}", name));
}

Resolved Templates::resolve(const Stack& from, const yaml::Node& value, int depth) const {
  if (depth > depth_max) return unknown("{too deep}");
  if (value.is_scalar()) return {value.text, !value.text.starts_with("{{resolve:")};
  if (value.is_map() && value.entries.size() == 1) return intrinsic(from, value.entries.front().key, value.entries.front().value, depth);
  return unknown("{not a text}");
}

Resolved Templates::resolve(const std::string& name, const yaml::Node& value) const {
  const auto* from = stack(name);
  return from == nullptr ? unknown("{no such stack}") : resolve(*from, value, 0);
}

void Templates::gather(const Stack& from, const yaml::Node& value, int depth, std::vector<std::string>& out) const {
  if (depth > depth_max) return;
  const auto add = [&](const std::string& id) {
    if (auto symbol = fmt::format("<{}.{}>", from.name, id); find(symbol) != nullptr) out.push_back(std::move(symbol));
  };
  for (const auto& item : value.items) gather(from, item, depth + 1, out);
  for (const auto& [key, line, column, inner] : value.entries) {
    if (key == "Ref") add(inner.text);
    else if (key == "Fn::GetAtt") add(inner.is_list() && !inner.items.empty() ? inner.items[0].text : inner.text.substr(0, inner.text.find('.')));
    else if (key == "Fn::ImportValue") {
      if (const auto found = exported(resolve(from, inner, depth + 1).text)) gather(*found->first, *found->second, depth + 1, out);
    } else if (key == "Fn::Sub") {
      const auto& text = inner.is_list() && !inner.items.empty() ? inner.items[0].text : inner.text;
      for (size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2))
        add(text.substr(at + 2, text.find_first_of(".}", at) - at - 2));
      gather(from, inner, depth + 1, out);
    } else {
      gather(from, inner, depth + 1, out);
    }
  }
}

std::vector<std::string> Templates::references(const std::string& name, const yaml::Node& value) const {
  std::vector<std::string> out;
  if (const auto* from = stack(name)) gather(*from, value, 0, out);
  return out;
}

}  // namespace tandem::check
