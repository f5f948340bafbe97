#pragma once
// One reading of a definition, with whoever else wants to look at the tree while it is there. Only for files of this room.

#include <functional>
#include <set>

#include "workflow/findings.hpp"
#include "workflow/parse.hpp"

namespace tandem::workflow {

/// Looks at the whole tree after the definition was read.
using Onlooker = std::function<void(const yaml::Node& root, const yaml::Lines& lines, Findings& findings)>;

/// parse_workflow() with an onlooker; `asked` collects the properties that the readers look for.
Parsed read_definition(std::string_view text, const std::string& file, const Known& known, const Onlooker& onlooker = {},
                       std::set<std::string>* asked = nullptr);

}  // namespace tandem::workflow
