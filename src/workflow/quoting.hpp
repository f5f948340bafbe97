#pragma once
// Where in a shell script a variable is expanded.

#include <string>
#include <string_view>

namespace tandem::workflow {

/// One way through a script, for questions asked from front to back. Borrows the script.
class ShellReading {
 public:
  explicit ShellReading(std::string_view script) : script_(script) {}
  /// Like shell_expands(); `offset` is not before that of the last question.
  bool expands_at(size_t offset);

 private:
  enum class In { Plain, Single, Double, Comment, Body };
  void step();
  std::string_view script_;
  size_t at_ = 0;
  In in_ = In::Plain;
  std::string waiting_for_{};      ///< end word of a here-document whose body starts on the next line
  size_t body_end_ = 0;
  bool body_expands_ = true;
};

/// Whether the shell expands a ${...} at `offset` of `script`: not in single quotes, comments or quoted here-documents.
bool shell_expands(std::string_view script, size_t offset);

}  // namespace tandem::workflow
