#pragma once
// A lock: every package of a bundle with its version and the hash of the file it comes from. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tandem::compose {

struct LockedPackage {
  std::string name;                ///< normalised
  std::string version;
  std::string sha256;              ///< hexadecimal
  std::string requires_python{};   ///< what the package says; not part of the lock's text
  bool operator==(const LockedPackage&) const = default;
};

/// From pip's installation report, sorted by name. Errors: Invalid (TD0403) for a package without a sha256.
Result<std::vector<LockedPackage>> locked_packages(std::string_view report);

/// `name==version --hash=sha256:...`, one a line: what `pip install --require-hashes` reads.
std::string text(const std::vector<LockedPackage>& lock);
/// The text back. Errors: Broken.
Result<std::vector<LockedPackage>> parse_lock(std::string_view text);

/// A line of the merged requirements, as far as a lock must be held against it.
struct AskedFor {
  std::string name;                      ///< normalised
  std::vector<std::string> hashes{};     ///< "sha256:...": the files it allows; empty = any
  std::string origin{};                  ///< "application", "infrastructure", "both": its mark, if it has one
  std::string line{};                    ///< without hashes and comment
  int number = 0;
};
std::vector<AskedFor> asked_for(std::string_view requirements);

/// The bounds that a merged file holds on packages no line names: `# tandem: constraint: urllib3<2`.
std::vector<AskedFor> constraints_in(std::string_view requirements);

/// Whether the requirements are a lock themselves: each line pins one version and the hashes of its files.
bool is_lock(const std::vector<AskedFor>& asked);

/// What was locked must be a file that the requirements' hashes allow. Errors: Invalid (TD0409) with the line.
Done check_hashes(const std::vector<LockedPackage>& lock, const std::vector<AskedFor>& asked);

/// Each package must run on this Python ("3.11.7"). Errors: Invalid (TD0408) naming the package and both versions.
Done check_python(const std::vector<LockedPackage>& lock, std::string_view python);

}  // namespace tandem::compose
