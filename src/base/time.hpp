#pragma once
// Time as it is written down: UTC, milliseconds. The clock is a seam; tests turn theirs by hand.

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tandem {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

/// RFC 3339 in UTC with milliseconds: 2026-11-23T22:17:30.125Z.
std::string rfc3339(Instant instant);
Result<Instant> parse_rfc3339(std::string_view text);

/// For people: "340 ms", "2.4 s", "3 min 12 s".
std::string for_people(Duration duration);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

/// The machine's clock. Made in tandem.cpp and in tests that need the real one.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

/// A clock that stands still until it is told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = Instant{std::chrono::milliseconds{1'790'000'000'000}}) : now_(start) {}
  Instant now() const override { return now_; }
  void advance(Duration by) { now_ += by; }

 private:
  Instant now_;
};

}  // namespace tandem
