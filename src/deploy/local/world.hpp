#pragma once
// A world: all stacks as one deployment leaves them. Made once, then only read; `live` points to
// one of them.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "deploy/local/template.hpp"

namespace tandem::deploy::local {

/// A resource as last applied.
struct ResourceRecord {
  std::string logical_id;
  std::string type;
  std::string physical_id;
  std::string ref;            ///< what Ref gives
  json::object properties{};  ///< resolved; may hold secrets, so they are never shown
  json::object attributes{};  ///< what Fn::GetAtt gives
  json::object details{};     ///< what the type keeps for itself: code folder, route snapshot
  std::vector<std::string> needs{};  ///< logical ids, for the order of deletion
  Policy deletion = Policy::Delete;
  Policy replacement = Policy::Delete;
  bool operator==(const ResourceRecord&) const = default;
};

struct OutputRecord {
  std::string name;
  json::value value;
  std::string export_name{};  ///< empty = not exported
  bool operator==(const OutputRecord&) const = default;
};

struct StackRecord {
  std::string name;
  std::string id;                           ///< the stack's ARN
  std::vector<ResourceRecord> resources{};  ///< in the order they were made
  std::vector<OutputRecord> outputs{};
  std::set<std::string> imports{};     ///< names of exports it uses
  std::vector<std::string> secrets{};  ///< values that must be masked wherever text leaves
  std::map<std::string, std::string> tags{};
  bool termination_protection = false;
  bool operator==(const StackRecord&) const = default;

  const ResourceRecord* find(std::string_view logical_id) const;
};

/// A resource that is no longer in its stack.
struct Departed {
  std::string stack;
  ResourceRecord resource;
  Policy policy{};
  bool operator==(const Departed&) const = default;
};

struct World {
  DeploymentId id;
  std::vector<StackRecord> stacks{};
  std::vector<Departed> retained{};  ///< Lambda versions that Retain keeps invocable
  std::vector<Departed> leaving{};   ///< deleted, or skipped by policy, once this world is live
  std::map<std::string, std::string> buckets{};  ///< bucket name -> content folder
  std::vector<std::string> created{};            ///< stacks that this deployment made
  std::vector<std::string> updated{};            ///< stacks that it changed
  std::vector<std::string> notes{};
  bool operator==(const World&) const = default;

  const StackRecord* find(std::string_view stack) const;
  /// The resource of that type and physical id, in whatever stack; retained ones too.
  const ResourceRecord* find(std::string_view type, std::string_view physical_id) const;
  /// All records of a type, with their stack's name.
  std::vector<std::pair<std::string, const ResourceRecord*>> of_type(std::string_view type) const;
  /// Folders that must be kept while this world is.
  std::set<std::string> folders() const;
};

json::value to_json(const World& world);
Result<World> world_from_json(const json::value& value);

/// Replaces every secret in `text` by "****". Secrets under four characters only where they are the
/// whole text, because masking each "1" of a page would hide the page.
std::string masked(const std::string& text, const std::vector<std::string>& secrets);

}  // namespace tandem::deploy::local
