#pragma once
// The templates of one assembly as trees with places, and their intrinsics worked out across stacks.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/yaml.hpp"
#include "check/contract_gifts.hpp"

namespace tandem::check {

/// Resources and outputs of all stacks. Names that exist only after deployment become "<Stack.LogicalId>".
class Templates {
 public:
  static Result<Templates> read(const std::vector<TemplateText>& texts);

  struct Entry {
    Resource resource;
    const yaml::Node* properties;          ///< never null; an empty map when the resource has none
  };
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<const Entry*> of_type(std::string_view type) const;
  const Entry* find(std::string_view symbol) const;

  /// What a value of `stack` stands for.
  Resolved resolve(const std::string& stack, const yaml::Node& value) const;
  /// Symbols of all resources that a value refers to, through exports too.
  std::vector<std::string> references(const std::string& stack, const yaml::Node& value) const;
  /// The file a stack was read from.
  std::string file_of(const std::string& stack) const;

 private:
  struct Stack {
    std::string name;
    std::string file;
    yaml::Node root;
  };
  using Pair = std::pair<const Stack*, const yaml::Node*>;
  const Stack* stack(std::string_view name) const;
  std::optional<Pair> exported(std::string_view name) const;
  std::optional<Pair> output(std::string_view stack, std::string_view name) const;
  Resolved reference(const Stack& stack, const std::string& id) const;
  Resolved attribute(const Stack& stack, const std::string& id, const std::string& name) const;
  Resolved intrinsic(const Stack& stack, const std::string& name, const yaml::Node& argument, int depth) const;
  Resolved substituted(const Stack& stack, const yaml::Node& argument, int depth) const;
  Resolved resolve(const Stack& stack, const yaml::Node& value, int depth) const;
  void gather(const Stack& stack, const yaml::Node& value, int depth, std::vector<std::string>& out) const;

  std::vector<std::unique_ptr<Stack>> stacks_;   ///< behind pointers, because entries point into their trees
  std::vector<Entry> entries_;
  std::map<std::string, size_t, std::less<>> places_;   ///< symbol -> entry
};

/// The value under a path of keys, or nullptr.
const yaml::Node* find_below(const yaml::Node& node, std::initializer_list<std::string_view> keys);

/// A scalar or the members of a list.
std::vector<const yaml::Node*> members_of(const yaml::Node* node);

/// What a resource is called by itself: TableName and its like, or nullptr.
const yaml::Node* own_name(std::string_view type, const yaml::Node& properties);

}  // namespace tandem::check
