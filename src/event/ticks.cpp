#include "event/ticks.hpp"

namespace tandem::event {

Ticks ticks(Instant since, Instant now, Duration patience, const std::function<std::optional<Instant>(Instant)>& next_after) {
  constexpr int looked_at_max = 100'000;   // two firings are at least half an hour apart: more than five years
  Ticks out;
  auto next = next_after(since);
  for (int count = 0; next && *next <= now && count < looked_at_max; ++count, next = next_after(*next)) {
    if (now - *next <= patience) {
      out.due.push_back(*next);
    } else {
      ++out.missed;
      out.last_missed = *next;
    }
  }
  return out;
}

}  // namespace tandem::event
