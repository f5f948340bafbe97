#pragma once
// The cron dialect of SCHEDULE triggers: minutes hours day-of-month month day-of-week year, in UTC.

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem::workflow {

/// One way of naming days of a month that no fixed set of numbers can say.
struct DayRule {
  enum class Kind { LastDay, LastWeekday, NearestWeekday, LastOfWeekday, NthOfWeekday };
  Kind kind{};
  int day = 0;     ///< NearestWeekday: day of the month; LastOfWeekday, NthOfWeekday: 1 = Sunday
  int nth = 0;
};

/// A parsed expression. Seconds are always 0.
class Schedule {
 public:
  /// Errors (E124) name the field. `cron(...)` around the six fields is accepted.
  static Result<Schedule> parse(std::string_view expression);

  /// The first firing after `instant`; nothing when the years of the expression are over.
  std::optional<Instant> next_after(Instant instant) const;
  /// Whether it fires in the minute that holds `instant`.
  bool fires_at(Instant instant) const;
  /// The smallest time between two firings; nothing when it fires at most once.
  std::optional<std::chrono::minutes> shortest_gap() const;
  /// Why it fires in no year at all; nothing when it does in one.
  std::optional<std::string> why_it_never_fires() const;

 private:
  bool fires_on(std::chrono::year_month_day day) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<8> weekdays_;           ///< 1 = Sunday
  std::bitset<2200> years_;
  bool by_weekday_ = false;           ///< day-of-month is ?
  std::vector<DayRule> rules_;
  std::string days_as_written_;
  std::string months_as_written_;
  std::string years_as_written_;
};

}  // namespace tandem::workflow
