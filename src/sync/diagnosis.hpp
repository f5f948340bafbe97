#pragma once
// Why a transfer was refused, in our words: git names an object, a person needs the path and the rule.

#include <stop_token>

#include "base/git.hpp"
#include "base/result.hpp"
#include "record/configuration.hpp"
#include "sync/tree_rules.hpp"

namespace tandem::sync {

/// Looks at what `repository` holds in a throw-away store, after a fetch from it has failed with `refusal`, and gives back
/// an error with TD0303, the path and the rule; git's own words stay when nothing more can be said.
Error diagnosed(const RepositoryConfiguration& repository, const Error& refusal, std::stop_token stop = {});

/// Everything in a stored tree that no transfer lets through, read byte by byte. Adds the rules mode.padded and
/// tree.broken. Errors: only for a repository that cannot be read.
Result<std::vector<Refusal>> check_stored_tree(const git::Repository& repository, const TreeId& tree);

}  // namespace tandem::sync
