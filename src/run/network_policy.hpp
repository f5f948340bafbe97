#pragma once
// Whose steps may reach the network (tandem.yaml, steps: network:), and what people are told about it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/configuration.hpp"
#include "record/workflow.hpp"
#include "run/trigger_explanation.hpp"

namespace tandem::run {

/// Whether the action has a step that fetches something: pip, npm, apt, curl and the like.
bool fetches(const Action& action);

/// Whether a line of output is what a program says that found no network.
bool tells_of_no_network(std::string_view line);

/// What the reader of tandem.yaml writes to let this action through: 'write "- a/b/C" below steps: network: in FILE ...'.
std::string how_to_grant(const NetworkGrant& grant, const std::string& file);

/// N208 for every action of the definition that fetches something and is granted nothing in any repository.
std::vector<Diagnostic> network_notes(const Workflow& workflow, const std::vector<NetworkGrant>& grants);

/// What is wrong with a grant, held against the definitions of its repository's branch: an unknown workflow, an action that
/// it does not have or that runs no steps, each with the nearest name. Nothing when all is well.
std::optional<std::string> trouble_with(const NetworkGrant& grant, const Definitions& definitions);

/// The grants that the shipped pair needs: actions that install packages before they test.
std::vector<NetworkGrant> grants_of_the_shipped_pair();

/// What `definitions` of a repository fetch without a grant yet, in the order of the files.
std::vector<NetworkGrant> ungranted(const std::string& repository, const Definitions& definitions, const std::vector<NetworkGrant>& grants);

}  // namespace tandem::run
