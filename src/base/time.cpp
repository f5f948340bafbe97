#include "base/time.hpp"

#include <cstdio>
#include <ctime>

namespace tandem {

std::string rfc3339(Instant instant) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(instant);
  const auto millis = (instant - whole).count();
  const std::time_t seconds = whole.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     millis);
}

Result<Instant> parse_rfc3339(std::string_view value) {
  const std::string copy(value);
  std::tm parts{};
  int millis = 0;
  int used = 0;
  const int read = std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year,
                               &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
                               &parts.tm_sec, &used);
  if (read != 6) return failure(Fault::Invalid, "not an RFC 3339 time: {}", value);
  std::string_view rest = std::string_view(copy).substr(static_cast<size_t>(used));
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    int scale = 100;
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      millis += (rest.front() - '0') * scale;
      scale /= 10;
      rest.remove_prefix(1);
    }
  }
  if (rest != "Z") return failure(Fault::Invalid, "not an RFC 3339 time in UTC: {}", value);
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return Instant{std::chrono::seconds{timegm(&parts)} + std::chrono::milliseconds{millis}};
}

std::string for_people(Duration duration) {
  const auto ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
  return fmt::format("{} min {} s", ms / 60'000, ms % 60'000 / 1000);
}

Instant SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace tandem
