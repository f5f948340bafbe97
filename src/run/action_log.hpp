#pragma once
// The log of one action as it is written: in pieces, and never longer than its limit.

#include <deque>
#include <string>
#include <string_view>

#include "run/station.hpp"

namespace tandem::run {

/// Keeps the beginning and, because that is where the failure stands, the last lines of what did not fit; what lies
/// between is counted. For one thread at a time.
class ActionLog {
 public:
  static constexpr std::uint64_t bytes_max = 64UL << 20;
  static constexpr size_t last_bytes_max = 64UL << 10;

  /// `write` gets one or more whole lines.
  explicit ActionLog(std::function<void(std::string_view)> write, std::uint64_t limit = bytes_max) : write_(std::move(write)), limit_(limit) {}
  void add(std::string_view line);
  /// Everything that was added can be read when it returns.
  void flush();
  /// Writes the end of a log that was cut.
  void finish();

 private:
  std::function<void(std::string_view)> write_;
  std::uint64_t limit_;
  std::uint64_t written_ = 0;
  std::string waiting_;
  std::deque<std::string> last_;
  size_t last_bytes_ = 0;
  std::uint64_t left_out_lines_ = 0;
  std::uint64_t left_out_bytes_ = 0;
};

}  // namespace tandem::run
