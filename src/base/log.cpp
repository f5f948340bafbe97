#include "base/log.hpp"

#include <unistd.h>

#include <atomic>
#include <mutex>

namespace tandem {
namespace {

std::atomic<Level> lowest{Level::Info};

std::string_view word(Level level) {
  switch (level) {
    case Level::Debug: return "debug";
    case Level::Info: return "info";
    case Level::Warning: return "warning";
    case Level::Error: return "error";
  }
  return "error";
}

void write_whole(std::string_view line) {
  while (!line.empty()) {
    const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads our standard error: there is nowhere left to say so
    line.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void log(Level level, std::string_view event, const json::object& fields) {
  if (level < lowest.load(std::memory_order_relaxed)) return;
  json::object line{{"at", rfc3339(SystemClock().now())}, {"level", word(level)}, {"event", event}};
  for (const auto& [name, value] : fields)
    if (!line.contains(name)) line.emplace(name, value);
  const auto text = to_text(line) + '\n';
  static std::mutex one_line_at_a_time;
  const std::lock_guard lock(one_line_at_a_time);
  write_whole(text);
}

void set_log_level(Level level) { lowest.store(level, std::memory_order_relaxed); }

}  // namespace tandem
