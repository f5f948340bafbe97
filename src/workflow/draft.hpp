#pragma once
// A definition as it was read, before names are resolved: the records to be, with the places of what they name.

#include <optional>
#include <string>
#include <vector>

#include "base/yaml_lines.hpp"
#include "workflow/catalogue.hpp"
#include "workflow/findings.hpp"
#include "workflow/parse.hpp"
#include "workflow/substitute.hpp"

namespace tandem::workflow {

struct Named {
  std::string name;
  Spot spot;
};

struct UsedReference {
  Reference reference;
  Spot spot;
};

struct Compute {
  bool given = false;
  bool lambda = false;
  bool shared_instance = false;
  std::optional<Named> foreign_fleet{};      ///< of machines that are not here
};

struct ActionDraft {
  Action action;
  std::string short_name;                    ///< without the group
  const ActionKind* kind = nullptr;          ///< nullptr: not available here
  bool gate = false;
  Spot spot;
  Compute compute;
  std::vector<Named> depends_on;
  std::vector<Named> input_artifacts;
  std::vector<Named> output_artifacts;
  std::vector<UsedReference> references;
};

/// What stands on the top level of Actions: an action, a gate or a group.
struct Block {
  std::string name;
  Spot spot;
  bool group = false;
  std::vector<Named> depends_on;             ///< of a group
  std::vector<size_t> members;               ///< indices of its actions; one unless it is a group
};

struct Draft {
  std::vector<ActionDraft> actions;          ///< in file order
  std::vector<Block> blocks;
  Compute compute;
};

/// What every reader needs.
struct Reading {
  const Known& known;
  const yaml::Lines& lines;
  Findings& findings;
};

}  // namespace tandem::workflow
