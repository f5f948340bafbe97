#pragma once
// Document paths: where in an item a value lies, such as address.lines[2].

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "deploy/local/table/value.hpp"

namespace tandem::deploy::local::table {

/// A map member's name or a list index.
using Step = std::variant<std::string, size_t>;
/// Never empty; the first step is always a name.
using Path = std::vector<Step>;

/// "[a, [0], b]", as messages show a path.
std::string text(const Path& path);
/// The name the path starts with.
const std::string& root(const Path& path);

/// The value at the path, or nullptr.
const Value* find(const Item& item, const Path& path);

/// How two paths of one expression stand to each other.
enum class Meeting { Apart, Overlap, Conflict };
/// Overlap: one contains the other. Conflict: they take the same value for a map and for a list.
Meeting meeting(const Path& a, const Path& b);

/// Only what lies at the paths; picked list members close ranks in index order.
Item project(const Item& item, const std::vector<Path>& paths);

}  // namespace tandem::deploy::local::table
