#pragma once
// Folding of file names: what two names become on a file system that ignores case and Unicode composition.

#include <string>
#include <string_view>
#include <vector>

namespace tandem::sync {

/// The code points of `name`; bytes that are no UTF-8 become U+FFFD.
std::vector<char32_t> code_points(std::string_view name);
std::string utf8(const std::vector<char32_t>& points);

/// Equal for names that a case-insensitive, normalising file system cannot tell apart. Marks on one letter are put
/// in one order, which joins a few names that Unicode keeps apart; for refusing clashes that is the safe side.
std::string folded_name(std::string_view name);

/// True for `.git` and every spelling of it that HFS+ or NTFS take for it: `.GIT`, `git~1`, `.git.`, `.git::$DATA`,
/// invisible characters inside.
bool is_alias_of_git(std::string_view name);
bool is_alias_of_gitmodules(std::string_view name);

}  // namespace tandem::sync
