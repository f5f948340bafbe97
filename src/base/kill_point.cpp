#include "base/kill_point.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <mutex>

namespace tandem {
namespace {

/// What is armed. Written once, before other threads are.
struct Armed {
  std::atomic<bool> on = false;
  std::mutex mutex;
  std::string name;     ///< empty: any
  long left = 1;
};
Armed& armed() {
  static Armed one;
  return one;
}

}  // namespace

void kill_point(std::string_view name) {
  auto& trap = armed();
  if (!trap.on.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(trap.mutex);
  if (!trap.name.empty() && trap.name != name) return;
  if (--trap.left > 0) return;
  const auto last_words = fmt::format("{{\"level\":\"error\",\"event\":\"killed\",\"point\":\"{}\"}}\n", name);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, last_words.data(), last_words.size());
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

Done arm_kill_point(std::string_view text) {
  auto& trap = armed();
  const bool any = text.starts_with('#');
  const auto at = any ? 0 : text.find('@');
  if (!any) trap.name = text.substr(0, at);
  if (at != std::string_view::npos) {
    const auto digits = text.substr(at + 1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), trap.left);
    if (code != std::errc{} || end != digits.data() + digits.size() || trap.left < 1)
      return failure(Fault::Invalid, "{} is no kill point: write NAME, NAME@TIMES or #NUMBER", text).with_code("TD0101");
  }
  if (text.empty()) return failure(Fault::Invalid, "an empty kill point").with_code("TD0101");
  trap.on = true;
  return done();
}

}  // namespace tandem
