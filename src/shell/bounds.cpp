#include "shell/bounds.hpp"

#include <csignal>
#include <cstdlib>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "shell/scripts.hpp"

namespace tandem::shell {
namespace fs = std::filesystem;
namespace {

constexpr const char* mark_variable = "TANDEM_ACTION_MARK";

/// Without a sandbox and without a control group, a process that has left the group is known by what it was given.
void kill_marked(const std::string& mark) {
  const auto setting = fmt::format("{}={}", mark_variable, mark);
  for (int look = 0; look < 20; ++look) {
    bool found = false;
    std::error_code code;
    for (auto it = fs::directory_iterator("/proc", code); !code && it != fs::directory_iterator(); it.increment(code)) {
      const int pid = std::atoi(it->path().filename().c_str());
      const auto environment = pid > 1 ? read_file(it->path() / "environ") : Result<std::string>(std::string());
      if (!environment || !environment->contains(setting)) continue;
      found = true;
      ::kill(pid, SIGKILL);
    }
    if (!found) return;
  }
}

}  // namespace

Bounds::Bounds(const Limits& limits, Isolation isolation) : limits_(limits), mark_(isolation == Isolation::None ? hex(random_bytes(12)) : "") {
  auto group = ControlGroup::make(limits);
  if (group) group_.emplace(std::move(*group));
}

Bounds::~Bounds() {
  if (group_) group_->kill_all();
  if (!mark_.empty()) kill_marked(mark_);
}

std::vector<std::string> Bounds::launcher(const fs::path& filter) const {
  std::vector<std::string> argv{"/bin/sh", "-c", std::string(launcher_script), "launcher"};
  const auto add = [&argv](const char* what, std::string value) { argv.insert(argv.end(), {what, std::move(value)}); };
  if (group_)
    for (const auto& file : group_->joining_files()) add("join", file.string());
  if (limits_.file_bytes) add("file", std::to_string(*limits_.file_bytes >> 9));
  // Of each process, not of all together: better than nothing. Address space would be the wrong measure, node reserves
  // far more than it uses.
  if (limits_.memory_bytes && !holds_memory()) add("data", std::to_string(*limits_.memory_bytes >> 10));
  if (std::error_code code; fs::exists(filter, code)) add("filter", filter.string());
  argv.emplace_back("--");
  return argv;
}

std::string Bounds::process_limit() const {
  const bool by_user = limits_.processes && !(group_ && group_->limits_processes());
  return by_user ? std::to_string(*limits_.processes) : "0";
}

void Bounds::add_mark(std::map<std::string, std::string>& environment) const {
  if (!mark_.empty()) environment[mark_variable] = mark_;
}

std::string Bounds::met() const {
  if (group_ && group_->ran_out_of_memory()) return fmt::format("; the action's memory limit of {} MiB was reached", *limits_.memory_bytes >> 20);
  if (group_ && group_->ran_out_of_processes()) return fmt::format("; the action's limit of {} processes was reached", *limits_.processes);
  return {};
}

}  // namespace tandem::shell
