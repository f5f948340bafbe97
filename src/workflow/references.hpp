#pragma once
// References in a definition: where they stand, whether what they name exists, and where none is read.

#include "workflow/draft.hpp"

namespace tandem::workflow {

/// The references in all texts below `node`, with their places.
std::vector<UsedReference> references_below(const yaml::Node& node, const std::string& path, const yaml::Lines& lines);

/// W310: references in places where nobody replaces them.
void warn_of_unread_references(const yaml::Node& root, const Reading& reading);

/// E160, E161, E163, N204 for the references of all actions.
void check_references(const Draft& draft, const Reading& reading);

/// W312: secrets between single quotes, where no shell expands them.
void warn_of_quoted_secrets(const yaml::Node& step, const std::string& path, const Reading& reading);

/// The index of the action that `owner` names for a reader in `group`.
std::optional<size_t> owner_of(const Draft& draft, std::string_view owner, std::string_view group);

}  // namespace tandem::workflow
