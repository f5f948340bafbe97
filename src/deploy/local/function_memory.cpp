// What /proc tells of function processes: memory of a whole tree, and who is still who after a restart.
#include <csignal>
#include <cstdlib>

#include "base/files.hpp"
#include "base/text.hpp"
#include "deploy/local/function_process.hpp"

namespace tandem::deploy::local {
namespace {

std::uint64_t field_kib(const std::string& status, std::string_view name) {
  const auto at = status.find(name);
  return at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + name.size(), nullptr, 10);
}

}  // namespace

std::uint64_t peak_memory_below(int pid) {
  std::uint64_t total = 0;
  if (const auto status = read_file(fmt::format("/proc/{}/status", pid)); status && !status->starts_with("Name:\tbwrap\n"))
    total = field_kib(*status, "\nVmHWM:") << 10U;
  const auto children = read_file(fmt::format("/proc/{}/task/{}/children", pid, pid));
  if (!children) return total;
  for (const auto& child : split(*children, ' '))
    if (!child.empty()) total += peak_memory_below(std::atoi(child.c_str()));
  return total;
}

std::string start_time(int pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return {};
  // The second field is the program's name in brackets and may hold anything; the start time is the 20th after it.
  const auto fields = split(std::string_view(*stat).substr(stat->rfind(')') + 2), ' ');
  return fields.size() > 19 ? fields[19] : std::string();
}

int sweep_leftovers(const std::filesystem::path& folder) {
  int killed = 0;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "running", code)) {
    const int pid = std::atoi(entry.path().filename().c_str());
    const auto noted = read_file(entry.path());
    if (pid > 1 && noted && !noted->empty() && *noted == start_time(pid) && ::kill(-pid, SIGKILL) == 0) ++killed;
    std::filesystem::remove(entry.path(), code);
  }
  std::filesystem::remove_all(folder / "scratch", code);
  return killed;
}

}  // namespace tandem::deploy::local
