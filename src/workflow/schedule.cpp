#include "workflow/schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace tandem::workflow {
namespace {
using namespace std::chrono;

struct Field {
  std::string_view name;
  int low = 0;
  int high = 0;
  std::vector<std::string_view> words{};   ///< the word at index 0 stands for `low`
};

const std::array<Field, 6>& fields() {
  static const std::array<Field, 6> all{{
      {"minutes", 0, 59},
      {"hours", 0, 23},
      {"day-of-month", 1, 31},
      {"month", 1, 12, {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
      {"day-of-week", 1, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
      {"year", 1970, 2199},
  }};
  return all;
}

Error refusal(const Field& field, std::string why) {
  return failure(Fault::Invalid, "field {}: {}", field.name, why).with_code("E124");
}

Result<int> number_in(const Field& field, std::string_view text) {
  for (size_t i = 0; i < field.words.size(); ++i)
    if (same_ignoring_case(field.words[i], text)) return field.low + static_cast<int>(i);
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc{} || end != text.data() + text.size())
    return refusal(field, fmt::format("\"{}\" is not a number", text));
  if (value < field.low || value > field.high)
    return refusal(field, fmt::format("{} is not between {} and {}", value, field.low, field.high));
  return value;
}

/// `*`, `5`, `1-5`, `*/15`, `10/5`, `1-30/5` as values.
Result<std::vector<int>> values_of(const Field& field, std::string_view part) {
  const auto slash = part.find('/');
  const auto range = part.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto text = part.substr(slash + 1);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (text.empty() || code != std::errc{} || end != text.data() + text.size() || step < 1)
      return refusal(field, fmt::format("\"{}\" is not a step", text));
  }
  int low = field.low;
  int high = field.high;
  if (range != "*") {
    const auto dash = range.find('-');
    low = TRY(number_in(field, range.substr(0, dash)));
    if (dash != std::string_view::npos) {
      high = TRY(number_in(field, range.substr(dash + 1)));
      if (high < low) return refusal(field, fmt::format("\"{}\" goes backwards", range));
    } else if (slash == std::string_view::npos) {
      high = low;
    }
  }
  std::vector<int> out;
  for (int value = low; value <= high; value += step) out.push_back(value);
  return out;
}

template <size_t Size>
Result<std::bitset<Size>> set_of(const Field& field, std::string_view text) {
  std::bitset<Size> out;
  for (const auto& part : split(text, ',')) {
    const auto values = TRY(values_of(field, part));
    for (const int value : values) out.set(static_cast<size_t>(value));
  }
  return out;
}

/// L, LW, 15W, 6L, 2#1: nothing when the part is an ordinary one.
Result<std::optional<DayRule>> rule_of(const Field& field, std::string_view part) {
  const bool weekday = field.name == "day-of-week";
  const auto word = upper(part);
  if (!weekday && word == "L") return std::optional(DayRule{DayRule::Kind::LastDay});
  if (!weekday && word == "LW") return std::optional(DayRule{DayRule::Kind::LastWeekday});
  if (!weekday && word.ends_with('W')) {
    const int day = TRY(number_in(field, part.substr(0, part.size() - 1)));
    return std::optional(DayRule{DayRule::Kind::NearestWeekday, day});
  }
  if (weekday && word.size() > 1 && word.ends_with('L')) {
    const int day = TRY(number_in(field, part.substr(0, part.size() - 1)));
    return std::optional(DayRule{DayRule::Kind::LastOfWeekday, day});
  }
  const auto hash = part.find('#');
  if (weekday && hash != std::string_view::npos) {
    const int day = TRY(number_in(field, part.substr(0, hash)));
    const int nth = TRY(number_in({field.name, 1, 5}, part.substr(hash + 1)));
    return std::optional(DayRule{DayRule::Kind::NthOfWeekday, day, nth});
  }
  return std::optional<DayRule>{};
}

int weekday_number(sys_days day) { return static_cast<int>(weekday{day}.c_encoding()) + 1; }

bool is_working_day(sys_days day) { return weekday_number(day) != 1 && weekday_number(day) != 7; }

sys_days last_day_of(year_month_day day) { return sys_days{day.year() / day.month() / last}; }

/// The working day nearest to `wanted` that lies in the same month.
sys_days nearest_working_day(sys_days wanted) {
  const auto month = year_month_day{wanted}.month();
  for (const int shift : {0, -1, 1, -2, 2}) {
    const auto candidate = wanted + days{shift};
    if (is_working_day(candidate) && year_month_day{candidate}.month() == month) return candidate;
  }
  return wanted;
}

bool applies(const DayRule& rule, year_month_day date) {
  const sys_days day{date};
  const auto last_day = last_day_of(date);
  switch (rule.kind) {
    case DayRule::Kind::LastDay: return day == last_day;
    case DayRule::Kind::LastWeekday: return day == nearest_working_day(last_day);
    case DayRule::Kind::NearestWeekday: {
      const auto wanted = date.year() / date.month() / std::chrono::day{static_cast<unsigned>(rule.day)};
      return wanted.ok() && day == nearest_working_day(sys_days{wanted});
    }
    case DayRule::Kind::LastOfWeekday: return weekday_number(day) == rule.day && day + days{7} > last_day;
    case DayRule::Kind::NthOfWeekday:
      return weekday_number(day) == rule.day && (static_cast<int>(unsigned{date.day()}) - 1) / 7 + 1 == rule.nth;
  }
  return false;
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view expression) {
  auto text = trimmed(expression);
  if (text.starts_with("cron(") && text.ends_with(')')) text = text.substr(5, text.size() - 6);
  std::vector<std::string> parts;
  for (auto& part : split(text, ' '))
    if (!part.empty()) parts.push_back(std::move(part));
  if (parts.size() != 6)
    return failure(Fault::Invalid, "a schedule has six fields (minutes hours day-of-month month day-of-week year), not {}",
                   parts.size()).with_code("E124").with_next("For example: 0 3 ? * MON-FRI *");
  if ((parts[2] == "?") == (parts[4] == "?"))
    return failure(Fault::Invalid, "write ? in exactly one of day-of-month and day-of-week").with_code("E124");
  Schedule schedule;
  schedule.minutes_ = TRY(set_of<60>(fields()[0], parts[0]));
  schedule.hours_ = TRY(set_of<24>(fields()[1], parts[1]));
  schedule.months_ = TRY(set_of<13>(fields()[3], parts[3]));
  schedule.years_ = TRY(set_of<2200>(fields()[5], parts[5]));
  schedule.by_weekday_ = parts[2] == "?";
  schedule.days_as_written_ = parts[schedule.by_weekday_ ? 4 : 2];
  schedule.months_as_written_ = parts[3];
  schedule.years_as_written_ = parts[5];
  const auto& field = fields()[schedule.by_weekday_ ? 4 : 2];
  for (const auto& part : split(schedule.days_as_written_, ',')) {
    const auto rule = TRY(rule_of(field, part));
    if (rule) {
      schedule.rules_.push_back(*rule);
    } else {
      const auto values = TRY(values_of(field, schedule.by_weekday_ && upper(part) == "L" ? "7" : part));
      for (const int value : values) {
        if (schedule.by_weekday_) schedule.weekdays_.set(static_cast<size_t>(value));
        else schedule.days_.set(static_cast<size_t>(value));
      }
    }
  }
  return schedule;
}

bool Schedule::fires_on(year_month_day date) const {
  const int year = static_cast<int>(date.year());
  if (year < 1970 || year > 2199 || !years_.test(static_cast<size_t>(year))) return false;
  if (!months_.test(unsigned{date.month()})) return false;
  if (by_weekday_ ? weekdays_.test(static_cast<size_t>(weekday_number(sys_days{date}))) : days_.test(unsigned{date.day()}))
    return true;
  return std::ranges::any_of(rules_, [&](const DayRule& rule) { return applies(rule, date); });
}

std::optional<Instant> Schedule::next_after(Instant instant) const {
  const auto from = floor<minutes>(instant) + minutes{1};
  const auto first = floor<days>(from);
  for (auto day = first; year_month_day{day}.year() <= year{2199}; day += days{1}) {
    const year_month_day date{day};
    if (!years_.test(static_cast<size_t>(std::max(0, static_cast<int>(date.year()))))) {
      day = sys_days{(date.year() + years{1}) / January / 1} - days{1};
      continue;
    }
    if (!months_.test(unsigned{date.month()})) {
      day = last_day_of(date);
      continue;
    }
    if (!fires_on(date)) continue;
    for (int at = day == first ? static_cast<int>((from - day).count()) : 0; at < 24 * 60; ++at)
      if (hours_.test(static_cast<size_t>(at / 60)) && minutes_.test(static_cast<size_t>(at % 60)))
        return Instant{day + minutes{at}};
  }
  return std::nullopt;
}

bool Schedule::fires_at(Instant instant) const {
  const auto day = floor<days>(instant);
  const auto at = static_cast<size_t>(floor<minutes>(instant - day).count());
  return hours_.test(at / 60) && minutes_.test(at % 60) && fires_on(year_month_day{day});
}

std::optional<std::string> Schedule::why_it_never_fires() const {
  if (next_after(sys_days{year{1970} / January / 1} - minutes{1})) return std::nullopt;
  return fmt::format("month {} has no {} {} in {}", months_as_written_, by_weekday_ ? "day-of-week" : "day-of-month", days_as_written_,
                     years_as_written_ == "*" ? "any year" : "year " + years_as_written_);
}

std::optional<minutes> Schedule::shortest_gap() const {
  std::vector<int> times;
  for (int at = 0; at < 24 * 60; ++at)
    if (hours_.test(static_cast<size_t>(at / 60)) && minutes_.test(static_cast<size_t>(at % 60))) times.push_back(at);
  std::optional<minutes> gap;
  for (size_t i = 1; i < times.size(); ++i) gap = std::min(gap.value_or(days{1}), minutes{times[i] - times[i - 1]});
  const minutes over_midnight{24 * 60 - times.back() + times.front()};
  if (gap && *gap <= over_midnight) return gap;
  // 28 years hold every combination of date and weekday.
  const auto start = Instant{sys_days{year{2024} / January / 1}};
  bool yesterday = false;
  for (auto day = floor<days>(start); day < floor<days>(start) + years{28}; day += days{1}) {
    const bool today = fires_on(year_month_day{day});
    if (today && yesterday) return over_midnight;
    yesterday = today;
  }
  return gap;
}

}  // namespace tandem::workflow
