#pragma once
// References ${A.B}: what a text refers to, and its one-pass replacement by values.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/workflow.hpp"

namespace tandem::workflow {

/// `${Build.TAG}`: owner "Build", name "TAG". The owner may be "Group.Action", "Secrets" or "WorkflowSource".
struct Reference {
  std::string owner;
  std::string name;
  size_t offset = 0;      ///< in the text, of the $
  size_t length = 0;
  bool operator==(const Reference&) const = default;

  bool is_secret() const { return owner == "Secrets"; }
  bool is_source() const { return owner == "WorkflowSource"; }
  std::string text() const { return "${" + owner + "." + name + "}"; }
};

/// In the order they stand. `${VAR}`, `${VAR:-x}`, `${ARR[@]}` belong to the shell and are none.
std::vector<Reference> references_in(std::string_view text);
/// Names of the secrets an action refers to, sorted: steps, variables and configuration.
std::vector<std::string> secrets_of(const Action& action);

/// What an action's references may stand for.
struct Values {
  std::string group{};                                                     ///< of the action that reads
  std::map<std::string, std::map<std::string, std::string>> outputs{};     ///< whole action name -> its variables
  std::map<std::string, std::string> source{};                             ///< CommitId, BranchName, ...
  std::map<std::string, std::string> secrets{};
};

/// Configuration strings and Inputs.Variables values: every reference becomes its value. What was put in is not
/// looked at again. Errors: E160, E161, E163 naming the reference.
Result<std::string> substituted(std::string_view text, const Values& values);
/// All strings in a JSON value, at any depth; keys stay.
Result<json::value> substituted(const json::value& value, const Values& values);

/// A step as the shell gets it.
struct Script {
  std::string text;
  std::map<std::string, std::string> environment{};   ///< to be set for this action only; secrets are among it
  std::vector<std::string> secrets{};                 ///< names of the secrets in use; their values must be masked
  bool operator==(const Script&) const = default;
};
/// A step: secrets, author, message and any branch name that a shell could misread become environment references
/// (${CATALYST_SECRETS_x}, ${CATALYST_SOURCE_x}); other references become their values.
Result<Script> script_of(std::string_view step, const Values& values);

}  // namespace tandem::workflow
