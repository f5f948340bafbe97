#pragma once
// What the output of a step says of why it failed.

#include <string>
#include <string_view>

namespace tandem::shell {

/// The last line of a step, or where that is only the address of more to read (a log, a page) at the end of lines that all
/// begin with the same word for an error: the first of those that is a sentence.
class Cause {
 public:
  /// Another step begins.
  void begin();
  /// A line that has words, without colours.
  void hear(std::string_view line);
  /// Empty when nothing was said.
  const std::string& words() const;

 private:
  std::string last_;
  std::string mark_;       ///< what the lines of the errors begin with, when the last line is one
  std::string sentence_;   ///< the first of them that is one
};

}  // namespace tandem::shell
