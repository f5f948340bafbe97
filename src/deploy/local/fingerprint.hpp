#pragma once
// What the outside sees, as comparable lines: taken from what serves, from the disk and from the table engine.

#include "base/result.hpp"
#include "deploy/local/scene.hpp"
#include "deploy/local/tables.hpp"
#include "deploy/local/world.hpp"
#include "record/release.hpp"

namespace tandem::deploy::local {

/// `shown` is what really serves; `names` gives things their names in stacks and says which tables count. Contents of
/// folders are read and hashed anew. Variables appear as digests only: they may hold secrets.
Result<Fingerprint> fingerprint_of(const Scene& shown, const World& names, Tables& tables);

}  // namespace tandem::deploy::local
