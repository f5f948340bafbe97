#pragma once
// `-r FILE` and `-c FILE` in the application's requirements: which file that is, and whether it may be followed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/git.hpp"
#include "base/result.hpp"
#include "sync/requirements.hpp"

namespace tandem::sync {

/// A file that a line names.
struct Inclusion {
  std::string file;
  bool constrains = false;   ///< -c: bounds what others ask for, asks for nothing
};
/// "-r base.txt", "-rbase.txt", "--requirement base.txt", "--requirement=base.txt"; the same with -c and --constraint.
std::optional<Inclusion> inclusion(std::string_view line);

/// The path in the repository of what `written` names in the last of `open`, the files that led there, outermost first.
/// Errors: Invalid (TD0320) for what is no plain relative path, lies outside the folder of the outermost file, includes itself, or
/// stands ten files deep.
Result<std::string> resolve_include(const std::vector<std::string>& open, const Inclusion& written, const Place& place);
Error missing_include(const Inclusion& written, const std::string& path, const Place& place);

/// "api:requirements/base.txt" -> "requirements/base.txt", and the other way for a neighbour of it.
std::string path_in_repository(const std::string& name);
std::string in_same_repository(const std::string& name, const std::string& path);

/// Reads what `file` includes, directly and on the way, from `commit` into file.included.
/// Errors: resolve_include's; Invalid (TD0320) for a file that is not there, is no regular file, is larger than 1 MiB, or is the 101st.
Done read_includes(const git::Repository& repository, const CommitId& commit, RequirementsFile& file);

}  // namespace tandem::sync
