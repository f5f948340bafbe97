#include "check/contract_gifts.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "check/contract_template.hpp"

namespace tandem::check {
namespace {

int whole_number(const yaml::Node* node, int otherwise) {
  int out = otherwise;
  if (node != nullptr) std::from_chars(node->text.data(), node->text.data() + node->text.size(), out);
  return out;
}

std::string text_of(const yaml::Node* node) { return node != nullptr && node->is_scalar() ? node->text : ""; }

/// Goes through the templates once for each noun.
class Reading {
 public:
  explicit Reading(const Templates& templates) : templates_(templates) {}

  Gifts gifts() {
    Gifts out;
    for (const auto& entry : templates_.entries()) {
      out.names[symbol_of(entry.resource)] = entry.resource;
      if (const auto* name = own_name(entry.resource.type, *entry.properties))
        if (const auto text = resolve(entry, *name); text.is_known) out.names.insert({text.text, entry.resource});
    }
    for (const auto* type : {"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"})
      for (const auto* entry : templates_.of_type(type)) out.tables.push_back(table(*entry));
    for (const auto* entry : templates_.of_type("AWS::Lambda::Function")) out.functions.push_back(function(*entry));
    for (const auto* entry : templates_.of_type("AWS::ApiGateway::RestApi")) out.apis.push_back(rest_api(*entry));
    for (const auto* entry : templates_.of_type("AWS::ApiGatewayV2::Api")) out.apis.push_back(http_api(*entry));
    for (const auto* entry : templates_.of_type("AWS::Lambda::Url")) out.apis.push_back(function_url(*entry));
    return out;
  }

 private:
  using Entry = Templates::Entry;

  Resolved resolve(const Entry& entry, const yaml::Node& value) const { return templates_.resolve(entry.resource.stack, value); }
  Place place(const Entry& entry, int line, int column) const { return {entry.resource.place.file, line, column}; }
  Place place(const Entry& entry, std::string_view key) const {
    const auto* found = entry.properties->entry(key);
    return found == nullptr ? entry.resource.place : place(entry, found->line, found->column);
  }

  static std::vector<std::string> keys_of(const yaml::Node* schema) {
    std::vector<std::string> out;
    for (const auto* kind : {"HASH", "RANGE"})
      for (const auto* key : members_of(schema))
        if (text_of(key->find("KeyType")) == kind) out.push_back(text_of(key->find("AttributeName")));
    return out;
  }

  TableGift table(const Entry& entry) const {
    const auto* name = own_name(entry.resource.type, *entry.properties);
    TableGift out{entry.resource, name == nullptr ? Resolved{symbol_of(entry.resource)} : resolve(entry, *name), keys_of(entry.properties->find("KeySchema"))};
    if (!out.name.is_known) out.name = {symbol_of(entry.resource)};
    for (const auto* list : {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"})
      for (const auto* index : members_of(entry.properties->find(list)))
        out.indexes.push_back({text_of(index->find("IndexName")), keys_of(index->find("KeySchema")), place(entry, index->line, index->column)});
    return out;
  }

  FunctionGift function(const Entry& entry) const {
    const auto& properties = *entry.properties;
    FunctionGift out{.resource = entry.resource, .runtime = text_of(properties.find("Runtime")), .runtime_place = place(entry, "Runtime"),
                     .handler = text_of(properties.find("Handler")), .memory_mb = whole_number(properties.find("MemorySize"), 128),
                     .memory_place = place(entry, "MemorySize"), .timeout_seconds = whole_number(properties.find("Timeout"), 3),
                     .timeout_place = place(entry, "Timeout")};
    const auto* variables = find_below(properties, {"Environment", "Variables"});
    if (variables != nullptr && variables->is_map() && variables->entries.size() == 1 && variables->entries[0].key.starts_with("Fn::")) out.variables_known = false;
    else if (variables != nullptr)
      for (const auto& variable : variables->entries)
        out.variables[variable.key] = {resolve(entry, variable.value), place(entry, variable.line, variable.column)};
    if (const auto* role = properties.find("Role"))
      for (const auto& symbol : templates_.references(entry.resource.stack, *role))
        if (const auto* found = templates_.find(symbol); found != nullptr && found->resource.type == "AWS::IAM::Role") {
          out.role = found->resource;
          add_role(*found, out);
        }
    if (out.role.logical_id.empty()) out.policies_unknown.emplace_back("those of a role outside of the template");
    return out;
  }

  void add_role(const Entry& role, FunctionGift& out) const {
    for (const auto* policy : members_of(role.properties->find("Policies"))) add_document(role, policy->find("PolicyDocument"), out);
    for (const auto* arn : members_of(role.properties->find("ManagedPolicyArns"))) add_managed(role, *arn, out);
    for (const auto* type : {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"})
      for (const auto* policy : templates_.of_type(type)) {
        const auto* roles = policy->properties->find(std::string_view(type) == "AWS::IAM::RolePolicy" ? "RoleName" : "Roles");
        if (roles == nullptr) continue;
        const auto symbols = templates_.references(policy->resource.stack, *roles);
        if (std::ranges::find(symbols, symbol_of(role.resource)) != symbols.end()) add_document(*policy, policy->properties->find("PolicyDocument"), out);
      }
  }

  void add_document(const Entry& owner, const yaml::Node* document, FunctionGift& out) const {
    if (document == nullptr) return;
    for (const auto* each : members_of(document->find("Statement"))) {
      Statement statement{.allows = text_of(each->find("Effect")) != "Deny", .has_condition = each->find("Condition") != nullptr,
                          .policy = owner.resource, .place = place(owner, each->line, each->column)};
      statement.is_inverted = each->find("NotAction") != nullptr || each->find("NotResource") != nullptr;
      for (const auto* action : members_of(each->find("Action"))) statement.actions.push_back(text_of(action));
      for (const auto* resource : members_of(each->find("Resource"))) statement.resources.push_back(resolve(owner, *resource));
      out.statements.push_back(std::move(statement));
    }
  }

  /// Policies that Amazon keeps and the CDK attaches; others are unknown, and said to be.
  void add_managed(const Entry& role, const yaml::Node& arn, FunctionGift& out) const {
    static const std::vector<std::pair<std::string_view, std::vector<std::string>>> known{
        {"AWSLambdaBasicExecutionRole", {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}},
        {"AWSLambdaVPCAccessExecutionRole", {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}},
        {"AWSXRayDaemonWriteAccess", {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}},
        {"AWSXrayWriteOnlyAccess", {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}},
        {"AmazonDynamoDBFullAccess", {"dynamodb:*"}},
        {"AmazonDynamoDBReadOnlyAccess", {"dynamodb:BatchGetItem", "dynamodb:Describe*", "dynamodb:List*", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}},
        {"AmazonS3FullAccess", {"s3:*"}},
        {"AmazonS3ReadOnlyAccess", {"s3:Get*", "s3:List*"}},
        {"AdministratorAccess", {"*"}}};
    const auto symbols = templates_.references(role.resource.stack, arn);
    for (const auto& symbol : symbols)
      if (const auto* policy = templates_.find(symbol); policy != nullptr && policy->resource.type == "AWS::IAM::ManagedPolicy")
        return add_document(*policy, policy->properties->find("PolicyDocument"), out);
    const auto text = resolve(role, arn).text;
    const auto name = text.substr(text.rfind('/') + 1);
    const auto found = std::ranges::find_if(known, [&](const auto& each) { return each.first == name; });
    if (found == known.end()) return out.policies_unknown.push_back(text);
    out.statements.push_back({.actions = found->second, .resources = {{"*"}}, .policy = role.resource, .place = place(role, arn.line, arn.column)});
  }

  /// The function a value leads to, through alias, version, integration and exports.
  std::optional<std::string> function_behind(const std::string& stack, const yaml::Node& value, int depth = 0) const {
    if (depth > 6) return std::nullopt;
    for (const auto& symbol : templates_.references(stack, value)) {
      const auto* entry = templates_.find(symbol);
      const auto& type = entry->resource.type;
      if (type == "AWS::Lambda::Function") return symbol;
      const auto* next = type == "AWS::Lambda::Alias" || type == "AWS::Lambda::Version" ? entry->properties->find("FunctionName")
                         : type == "AWS::ApiGatewayV2::Integration"                    ? entry->properties->find("IntegrationUri")
                                                                                       : nullptr;
      if (next == nullptr) continue;
      if (auto found = function_behind(entry->resource.stack, *next, depth + 1)) return found;
    }
    return std::nullopt;
  }

  bool refers_to(const Entry& entry, std::string_view key, const Entry& target) const {
    const auto* value = entry.properties->find(key);
    if (value == nullptr) return false;
    const auto symbols = templates_.references(entry.resource.stack, *value);
    return std::ranges::find(symbols, symbol_of(target.resource)) != symbols.end();
  }

  std::string path_of(const Entry& resource, int depth = 0) const {
    const auto own = "/" + text_of(resource.properties->find("PathPart"));
    const auto* parent = resource.properties->find("ParentId");
    if (parent == nullptr || depth > 40) return own;
    for (const auto& symbol : templates_.references(resource.resource.stack, *parent))
      if (const auto* found = templates_.find(symbol); found->resource.type == "AWS::ApiGateway::Resource") return path_of(*found, depth + 1) + own;
    return own;
  }

  ApiGift rest_api(const Entry& api) const {
    ApiGift out{.resource = api.resource, .kind = ApiKind::Rest};
    if (api.properties->find("BodyS3Location") != nullptr) out.is_known = false;
    if (const auto* paths = find_below(*api.properties, {"Body", "paths"})) add_body(api, *paths, out);
    std::map<std::string, std::string> by_symbol;
    for (const auto* resource : templates_.of_type("AWS::ApiGateway::Resource"))
      if (refers_to(*resource, "RestApiId", api)) {
        const auto path = path_of(*resource);
        by_symbol[symbol_of(resource->resource)] = path;
        out.paths[path] = resource->resource;
      }
    for (const auto* method : templates_.of_type("AWS::ApiGateway::Method")) {
      if (!refers_to(*method, "RestApiId", api)) continue;
      std::string path = "/";
      if (const auto* resource = method->properties->find("ResourceId"))
        for (const auto& symbol : templates_.references(method->resource.stack, *resource))
          if (by_symbol.contains(symbol)) path = by_symbol[symbol];
      RouteGift route{text_of(method->properties->find("HttpMethod")), path, method->resource, std::nullopt};
      if (const auto* integration = method->properties->find("Integration")) route.function = function_behind(method->resource.stack, *integration);
      out.routes.push_back(std::move(route));
    }
    return out;
  }

  void add_body(const Entry& api, const yaml::Node& paths, ApiGift& out) const {
    for (const auto& path : paths.entries) {
      auto resource = api.resource;
      resource.place = place(api, path.line, path.column);
      out.paths[path.key] = resource;
      for (const auto& method : path.value.entries) {
        if (method.key == "parameters") continue;
        auto at = api.resource;
        at.place = place(api, method.line, method.column);
        out.routes.push_back({method.key == "x-amazon-apigateway-any-method" ? "ANY" : upper(method.key), path.key, at,
                              function_behind(api.resource.stack, method.value)});
      }
    }
  }

  ApiGift http_api(const Entry& api) const {
    ApiGift out{.resource = api.resource, .kind = ApiKind::Http};
    if (api.properties->find("BodyS3Location") != nullptr) out.is_known = false;
    if (const auto* paths = find_below(*api.properties, {"Body", "paths"})) add_body(api, *paths, out);
    if (const auto* target = api.properties->find("Target"))   // quick create: one $default route
      out.routes.push_back({"ANY", "$default", api.resource, function_behind(api.resource.stack, *target)});
    for (const auto* route : templates_.of_type("AWS::ApiGatewayV2::Route")) {
      if (!refers_to(*route, "ApiId", api)) continue;
      const auto key = text_of(route->properties->find("RouteKey"));
      const auto space = key.find(' ');
      RouteGift gift{space == std::string::npos ? "ANY" : key.substr(0, space), space == std::string::npos ? key : key.substr(space + 1), route->resource, std::nullopt};
      if (const auto* target = route->properties->find("Target")) gift.function = function_behind(route->resource.stack, *target);
      out.routes.push_back(std::move(gift));
    }
    return out;
  }

  ApiGift function_url(const Entry& url) const {
    ApiGift out{.resource = url.resource, .kind = ApiKind::FunctionUrl};
    RouteGift route{"ANY", "$default", url.resource, std::nullopt};
    if (const auto* target = url.properties->find("TargetFunctionArn")) route.function = function_behind(url.resource.stack, *target);
    out.routes.push_back(std::move(route));
    return out;
  }

  const Templates& templates_;
};

}  // namespace

Result<Gifts> read_gifts(const std::vector<TemplateText>& texts) {
  const auto templates = TRY(Templates::read(texts));
  return Reading(templates).gifts();
}

}  // namespace tandem::check
