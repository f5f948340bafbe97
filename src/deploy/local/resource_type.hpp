#pragma once
// The resource types that this target knows: what each honours, what makes it new, and how it is made.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "deploy/local/assembly.hpp"
#include "deploy/local/outside.hpp"
#include "deploy/local/world.hpp"

namespace tandem::deploy::local {

/// Run: it has an effect here. Noted: recorded with its names and attributes, and listed. Ignored: as if absent.
enum class Standing { Run, Noted, Ignored };

/// What a type is asked to make true. `old` is the record to be updated in place; nullptr makes a new thing.
struct Wanted {
  const std::string& stack;
  const Resource& resource;
  const json::object& properties;                  ///< resolved
  const ResourceRecord* old = nullptr;
  bool provider = false;                           ///< the function behind a custom resource that is built in here
};

/// What came of it.
struct Made {
  std::string physical_id;
  std::string ref;
  json::object attributes{};
  json::object details{};
};

/// Where resources are made.
struct Workbench {
  std::string deployment;                          ///< generated names derive from it: same deployment, same names
  std::string account;
  std::string region;
  const CloudAssembly& assembly;
  const World& world;                              ///< as far as it has been made, the stack under way included
  const World& live;                               ///< what is live; what leaves it is still there until the cleanup
  Outside& outside;
  std::vector<std::string>& notes;

  /// Letters and digits that differ per deployment and resource.
  std::string letters(const Wanted& wanted, size_t count) const;       ///< upper case
  std::string small_letters(const Wanted& wanted, size_t count) const;
  /// The name the template fixes, or that of `old`, or <Stack>-<LogicalId>-<letters> cut to `limit`.
  std::string name(const Wanted& wanted, std::string_view property, size_t limit) const;
  std::string arn(std::string_view service, std::string_view rest) const;   ///< arn:aws:<service>:<region>:<account>:<rest>
};

struct ResourceType {
  std::string_view name;
  Standing standing = Standing::Run;
  std::vector<std::string_view> replacing{};       ///< properties whose change makes it new; "*" = any
  std::vector<std::string_view> honoured{};        ///< paths ("Code.S3Key"); others are noted. "*" = all
  std::string_view name_property{};                ///< fixes the physical name; such a resource cannot be replaced
  bool keeps_data = false;
  Result<Made> (*make)(const Wanted&, Workbench&) = nullptr;
};

/// nullptr when the type is not known here.
const ResourceType* find_type(std::string_view name);
/// Names of the types that are run, sorted, for messages.
std::vector<std::string> run_types();
/// Paths of `properties` that `type` does not honour.
std::vector<std::string> not_honoured(const ResourceType& type, const json::object& properties);

/// The families, joined in resource_type.cpp.
const std::vector<ResourceType>& data_types();
const std::vector<ResourceType>& function_types();
const std::vector<ResourceType>& rest_types();
const std::vector<ResourceType>& http_types();
const std::vector<ResourceType>& site_types();
const std::vector<ResourceType>& noted_types();

}  // namespace tandem::deploy::local
