#pragma once
// What the actions of runs print: one file per action, a line per line, each with its time.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem::run {

struct LogLine {
  std::string at;               ///< RFC 3339
  std::string action;
  std::string text;             ///< UTF-8, secrets masked, without its line end
};

/// A piece of a log and where the next piece starts.
struct LogPiece {
  std::vector<LogLine> lines;
  std::int64_t next = 0;        ///< byte offset to ask from next time
};

/// Files <folder>/<run>/<action>.log. Written by one thread per action, read by anybody.
class RunLog {
 public:
  RunLog(std::filesystem::path folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}
  /// Adds lines to an action's log. Losing one to a full disk does not fail the action: the first loss is logged.
  void add(const RunId& run, const std::string& action, std::string_view text) const;
  /// Whole lines from byte `from`, at most about 1 MiB. No log yet is an empty piece.
  Result<LogPiece> read(const RunId& run, const std::string& action, std::int64_t from) const;
  /// The last line of the most recently written log of a run; empty when there is none.
  std::string last_line(const RunId& run, const std::string& action) const;
  std::filesystem::path file(const RunId& run, const std::string& action) const;

 private:
  std::filesystem::path folder_;
  const Clock& clock_;
};

}  // namespace tandem::run
