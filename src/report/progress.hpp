#pragma once
// The live view of a run and of the runs it started.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "report/style.hpp"

namespace tandem::report {

/// Turns what is known of a run into text, again and again. The runs are those of "tandem.run/1" documents; the first
/// is the one that is followed.
class ProgressView {
 public:
  explicit ProgressView(const Style& style) : style_(style) {}
  /// For a terminal: the whole tree as it is now.
  std::string frame(const std::vector<json::value>& runs, Instant now) const;
  /// For everything else: a line for each thing that has happened since the last call, and never a line twice.
  std::string news(const std::vector<json::value>& runs);

 private:
  std::string news_of(const json::value& run);
  Style style_;
  std::map<std::string, std::string> told_;   ///< run or run/action -> the status that was told
};

/// A part of the terminal that is drawn again and again, at most ten times a second. Its destructor gives the cursor
/// back. Nothing else may write to the terminal meanwhile.
class Screen {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  /// Borrows the descriptor; `rows` is the height of the terminal.
  Screen(int descriptor, int rows) : descriptor_(descriptor), rows_(rows) {}
  ~Screen() { leave(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Draws the frame over the one before; too early for it, nothing happens.
  void show(const std::string& frame, Steady now);
  /// Takes away what was drawn.
  void clear();
  /// Shows the cursor again; what was drawn stays.
  void leave();

 private:
  void write(const std::string& text) const;
  int descriptor_;
  int rows_;
  int drawn_ = 0;                ///< lines of the last frame
  bool is_active_ = false;
  Steady last_{};
};

}  // namespace tandem::report
