#pragma once
// Which files a list of patterns means: IncludePaths and ExcludePaths of a report, Files of an artifact.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tandem::check {

/// Patterns over paths relative to some folder, '/' separated. `*` and `?` stay within a name, `**` crosses folders,
/// a name of a folder (a pattern whose last part has no wildcard) means everything below it; all else is literal.
class Globs {
 public:
  /// Errors: Invalid for a pattern that is absolute or leaves the folder; names it.
  static Result<Globs> parse(const std::vector<std::string>& patterns);
  ~Globs();
  Globs(Globs&&) noexcept;
  Globs& operator=(Globs&&) noexcept;

  bool match(std::string_view path) const;   ///< any of them does
  bool empty() const;

 private:
  struct State;
  explicit Globs(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The regular files below `folder` that `include` names and `exclude` does not, relative and sorted. Links count when
/// they lead to a regular file inside the folder; links to folders are not followed; .git is left out.
Result<std::vector<std::string>> matching_files(const std::filesystem::path& folder, const std::vector<std::string>& include,
                                                const std::vector<std::string>& exclude);

/// What the patterns name and matching_files() leaves out: links that lead out or nowhere, or to a folder.
Result<std::vector<std::string>> left_out_of(const std::filesystem::path& folder, const std::vector<std::string>& include);

}  // namespace tandem::check
