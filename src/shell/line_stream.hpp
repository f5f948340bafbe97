#pragma once
// Bytes as they come from steps, cut into lines that can be shown and kept: masked, valid UTF-8, bounded.

#include <functional>
#include <string>
#include <string_view>

#include "shell/masker.hpp"

namespace tandem::shell {

/// Holds at most one line, and of that no more than the limit. A line end inside a secret, or a secret that arrives in
/// several pieces, changes nothing: a line is masked when it is whole.
class LineStream {
 public:
  static constexpr size_t line_bytes_max = 64UL << 10;
  using OnLine = std::function<void(std::string_view)>;
  /// What stands between the marker and the end of its line.
  using OnSignal = std::function<void(std::string_view)>;

  /// `marker` starts our own messages in the stream; they are handed to `on_signal` and never shown.
  LineStream(const Masker& masker, std::string marker, OnLine on_line, OnSignal on_signal);
  void add(std::string_view piece);
  /// Hands over a last line that has no end.
  void finish();

 private:
  void append(std::string_view part);
  void end_of_line();
  void show(std::string_view line);

  const Masker& masker_;
  std::string marker_;
  OnLine on_line_;
  OnSignal on_signal_;
  std::string line_;
  std::string tail_;      ///< the last bytes of what was left out, because a marker may follow there
  size_t left_out_ = 0;
};

/// `text` with every byte that is not valid UTF-8, and every NUL, written as \xNN.
std::string as_utf8(std::string_view text);

}  // namespace tandem::shell
