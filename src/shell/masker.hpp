#pragma once
// Secrets taken out of text: the value itself and the disguises it usually comes in.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::shell {

/// Replaces by "***" every secret, plain, in base64 at any alignment, hexadecimal, URL-encoded, JSON-escaped or
/// shell-quoted, and each line of a secret of several lines. What is shorter than 4 characters is left alone: masking
/// it would take the log apart and give the secret away. A net, not the control.
class Masker {
 public:
  /// Secrets by name.
  explicit Masker(const std::map<std::string, std::string>& secrets);
  std::string masked(std::string_view text) const;
  bool finds(std::string_view text) const;
  /// Length of the longest text it looks for.
  size_t longest() const { return longest_; }
  /// Names of secrets that are too short to be masked.
  const std::vector<std::string>& too_short() const { return too_short_; }

 private:
  void add(std::string pattern);
  void add_disguises(const std::string& secret);
  std::vector<std::string> patterns_;
  std::vector<std::string> too_short_;
  size_t longest_ = 0;
};

}  // namespace tandem::shell
