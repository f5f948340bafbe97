#pragma once
// What a synthesised template gives the code: values, each with the resource and the place in the template.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace tandem::check {

/// A resource of a template.
struct Resource {
  std::string stack;
  std::string logical_id;
  std::string type;
  std::string construct;                   ///< aws:cdk:path, if the template has it
  Place place;                             ///< of the logical id
  bool operator==(const Resource&) const = default;
};

/// A text of a template with its intrinsics worked out. Names that exist only after deployment are written
/// <Stack.LogicalId>, so that two references to one resource are equal texts.
struct Resolved {
  std::string text;
  bool is_known = true;                    ///< false: it hangs on a parameter, a condition or another account's export
};

struct VariableGift {
  Resolved value;
  Place place;
};

struct IndexGift {
  std::string name;
  std::vector<std::string> keys;
  Place place;
};

struct TableGift {
  Resource resource;
  Resolved name;
  std::vector<std::string> keys;           ///< HASH first
  std::vector<IndexGift> indexes;
};

struct Statement {
  bool allows = true;
  std::vector<std::string> actions;
  std::vector<Resolved> resources;
  bool is_inverted = false;                ///< NotAction or NotResource
  bool has_condition = false;
  Resource policy;
  Place place;
};

struct FunctionGift {
  Resource resource;
  std::string runtime;
  Place runtime_place;
  std::string handler;
  int memory_mb = 128;
  Place memory_place;
  int timeout_seconds = 3;
  Place timeout_place;
  std::map<std::string, VariableGift> variables;
  bool variables_known = true;
  Resource role;
  std::vector<Statement> statements;
  std::vector<std::string> policies_unknown;   ///< managed policies whose actions nobody here knows
};

struct RouteGift {
  std::string method;                      ///< "ANY" for all
  std::string path;                        ///< "/people/{id}", "/{proxy+}", "$default"
  Resource resource;
  std::optional<std::string> function;     ///< "<Stack.LogicalId>" of the function it leads to
};

enum class ApiKind { Rest, Http, FunctionUrl };
struct ApiGift {
  Resource resource;
  ApiKind kind = ApiKind::Rest;
  std::vector<RouteGift> routes;
  std::map<std::string, Resource> paths;   ///< Rest: resources by path, with or without a method
  bool is_known = true;                    ///< false: its definition lies elsewhere
};

struct Gifts {
  std::vector<FunctionGift> functions;
  std::vector<TableGift> tables;
  std::vector<ApiGift> apis;
  std::map<std::string, Resource> names;   ///< every resource by what Ref gives, "<Stack.LogicalId>" or its own name
  std::vector<std::string> notes;
};

struct TemplateText {
  std::string stack;
  std::string file;                        ///< as it is named in findings
  std::string text;
};

/// Errors: Invalid (TD0232) for a template that cannot be read, with its place.
Result<Gifts> read_gifts(const std::vector<TemplateText>& templates);

/// "<Stack.LogicalId>"
std::string symbol_of(const Resource& resource);

/// The ARN of a table of this name, in this deployment's own region and account.
std::string table_arn(std::string_view name);

}  // namespace tandem::check
