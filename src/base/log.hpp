#pragma once
// One JSON object a line on standard error: what happened, for whoever runs the daemon.

#include <string_view>

#include "base/json.hpp"

namespace tandem {

enum class Level { Debug, Info, Warning, Error };

/// `event` is a stable word ("run.started"); `fields` say the rest. Thread safe.
void log(Level level, std::string_view event, const json::object& fields = {});
/// Lines below this level are dropped. Default Info.
void set_log_level(Level level);

}  // namespace tandem
