#pragma once
// Two requirements files become one, or a conflict that names both lines. Pure: the same texts give the same bytes,
// so that anybody can recompute what a sync placed.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/configuration.hpp"
#include "sync/requirement.hpp"

namespace tandem::sync {

/// Whose a line of the merged file is.
enum class Origin { Application, Infrastructure, Both };
std::string_view word(Origin origin);       ///< "application", "infrastructure", "both": the `# tandem:` comments

/// One side of the merge.
struct RequirementsFile {
  std::string name;          ///< repository and path: "api:requirements.txt"
  std::string text;
  std::map<std::string, std::string> included{};   ///< path in the repository -> text of the files that `-r` and `-c` may name (included_requirements.hpp)
};

/// A package of the merged file.
struct MergedRequirement {
  Requirement requirement;
  Origin origin{};
  std::vector<Place> asked_by{};   ///< the lines behind it, the application's first
  std::string own{};         ///< what infrastructure itself asked for, where the line says something else
  std::string note{};        ///< why the line is what it is, when a policy or both sides made it
  bool operator==(const MergedRequirement&) const = default;
};

/// A line that does not ship, and why: test tools.
struct LeftOut {
  std::string package;
  Place place;
  bool operator==(const LeftOut&) const = default;
};

/// A bound on a package that neither side names: it holds when something else brings the package in.
struct Constraint {
  Requirement requirement;
  Place place;
  bool operator==(const Constraint&) const = default;
};

struct MergedRequirements {
  std::string text;                            ///< the file, sorted by name, each line marked with its origin
  std::vector<MergedRequirement> packages{};   ///< sorted by name and marker
  std::vector<Constraint> constraints{};       ///< sorted by name and marker: `# tandem: constraint: ` lines at the end
  std::vector<LeftOut> left_out{};
  std::vector<std::string> notes{};            ///< conflicts that the policy decided
  bool operator==(const MergedRequirements&) const = default;
};
json::value to_json(const MergedRequirements& merged);

/// Merges by normalised name and marker. A line `-r FILE` of the application stands for the lines of that file;
/// the lines of a `-c FILE` bound what either side asks for, and what is brought in by that. Lines of the infrastructure's file that an earlier merge marked as the
/// application's do not count as infrastructure's, so merging again with the result gives the result.
/// Lines with different markers count against each other where a function could meet both. When both sides pin a hash,
/// what is left is what both allow.
/// Errors: Conflict (TD0321) when both want what cannot be one version and `on_conflict` names no side; Invalid
/// (TD0320) for a line that does not cross repositories, and for bytes that hide a line end. All with place and line.
Result<MergedRequirements> merge_requirements(const RequirementsFile& application, const RequirementsFile& infrastructure,
                                              ConflictSide on_conflict);

/// The lines marked as the application's in a merged file: what nobody edits in the infrastructure repository.
std::vector<std::string> application_lines(std::string_view merged_text);

}  // namespace tandem::sync
