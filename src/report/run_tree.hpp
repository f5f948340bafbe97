#pragma once
// A run and the runs it started, as a tree of lines.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "report/look.hpp"

namespace tandem::report {

/// Live: each action one line that fits, running ones with the last line they printed. Final: errors, reasons and notes in full.
enum class Telling { Live, Final };

/// Draws runs ("run" of tandem.run/1 documents) under each other. Borrows what it is given.
class RunTree {
 public:
  /// `others` are runs that may have been started by the one that is drawn, or by one of those.
  RunTree(const std::vector<Look>& others, Telling telling, std::optional<Instant> now) : others_(others), telling_(telling), now_(now) {}
  /// The run's own line, who started it, its actions.
  std::vector<std::string> lines(const Look& run) const;

 private:
  std::vector<std::string> branches(const Look& run, const std::string& prefix, int depth) const;
  std::string action_line(const Look& action, size_t name_width, const std::string& prefix) const;
  std::vector<std::string> reasons(const Look& action, const std::string& prefix) const;
  const Look* child_of(const Look& run, const Look& action) const;
  const std::vector<Look>& others_;
  Telling telling_;
  std::optional<Instant> now_;
};

/// "run-3 api-deployment  succeeded  1 min 4 s", with its symbol.
std::string run_line(const Look& run, const std::optional<Instant>& now);

}  // namespace tandem::report
