#pragma once
// Which firings of a schedule are due, and which were missed while nobody looked.

#include <functional>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace tandem::event {

struct Ticks {
  std::vector<Instant> due;               ///< oldest first
  int missed = 0;                         ///< never fired, only counted
  std::optional<Instant> last_missed{};
};

/// The firings after `since` up to `now`. What is older than `patience` has been missed. A clock that was set back
/// fires nothing twice: nothing is due until it has passed `since` again.
Ticks ticks(Instant since, Instant now, Duration patience, const std::function<std::optional<Instant>(Instant)>& next_after);

}  // namespace tandem::event
