#include "shell/control_group.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::shell {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view prefix = "tandem-";

/// Where a hierarchy is mounted, and our own group in it.
struct Hierarchy {
  fs::path folder;
  int version = 2;
  std::vector<std::string> controllers;    ///< version 1: of the mount; version 2: what children of ours may have
};

/// Our group in the hierarchy whose line of /proc/self/cgroup ends its middle field with `controllers`.
std::string own_group(const std::vector<std::string>& lines, const std::string& controllers) {
  for (const auto& line : lines) {
    const auto parts = split(line, ':');
    if (parts.size() >= 3 && parts[1] == controllers) return line.substr(parts[0].size() + parts[1].size() + 2);
  }
  return {};
}

/// A controller must be handed down before a child can have it. Where ours holds processes the kernel refuses that.
std::vector<std::string> handed_down(const fs::path& folder) {
  const auto mine = read_file(folder / "cgroup.controllers");
  for (const auto* controller : {"memory", "pids"})
    if (mine && mine->contains(controller)) std::ofstream(folder / "cgroup.subtree_control") << "+" << controller << std::flush;
  const auto now = read_file(folder / "cgroup.subtree_control");
  return now ? split(trimmed(*now), ' ') : std::vector<std::string>{};
}

std::vector<Hierarchy> hierarchies() {
  const auto mounts = read_file("/proc/self/mountinfo");
  const auto groups = read_file("/proc/self/cgroup");
  if (!mounts || !groups) return {};
  const auto own = lines_of(*groups);
  std::vector<Hierarchy> found;
  for (const auto& line : lines_of(*mounts)) {
    const auto half = line.find(" - ");
    if (half == line.npos) continue;
    const auto front = split(line.substr(0, half), ' ');
    const auto back = split(line.substr(half + 3), ' ');
    if (front.size() < 5 || back.size() < 3 || !back[0].starts_with("cgroup")) continue;
    const int version = back[0] == "cgroup2" ? 2 : 1;
    for (const auto& option : version == 2 ? std::vector<std::string>{""} : split(back[2], ',')) {
      if (version == 1 && option != "memory" && option != "pids") continue;
      // A mount may show a part of the hierarchy only; what it shows starts at `front[3]`.
      auto group = fs::path(own_group(own, option)).lexically_relative(front[3]);
      const auto folder = (fs::path(front[4]) / (group.empty() || *group.begin() == ".." ? fs::path() : group)).lexically_normal();
      if (::access(folder.c_str(), W_OK) != 0) continue;
      found.push_back({folder, version, version == 2 ? handed_down(folder) : std::vector<std::string>{option}});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.version > b.version; });
  return found;
}

bool has(const Hierarchy& hierarchy, std::string_view controller) {
  return std::ranges::find(hierarchy.controllers, controller) != hierarchy.controllers.end();
}

/// The kernel takes such a file's text in one write and says at once whether it likes it.
bool put(const fs::path& file, std::string_view text) {
  std::ofstream out(file);
  out << text << std::flush;
  return out.good();
}

std::vector<int> processes_of(const fs::path& folder) {
  const auto text = read_file(folder / "cgroup.procs");
  std::vector<int> out;
  if (text)
    for (const auto& line : lines_of(*text)) out.push_back(std::atoi(line.c_str()));
  return out;
}

void kill_in(const fs::path& folder) {
  // A version 1 group has no kill of its own, and what forks meanwhile is only seen at the next look.
  for (int look = 0; look < 500; ++look) {
    const auto processes = processes_of(folder);
    if (processes.empty()) return;
    if (!fs::exists(folder / "cgroup.kill") || !put(folder / "cgroup.kill", "1"))
      for (const int process : processes)
        if (process > 1) ::kill(process, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(look < 50 ? 1 : 10));
  }
}

void take_away(const fs::path& folder) {
  kill_in(folder);
  for (int look = 0; look < 100 && ::rmdir(folder.c_str()) != 0 && errno == EBUSY; ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

/// Process numbers mean something in one namespace only: a container's coordinator may use the same hierarchy.
std::string own_namespace() {
  std::error_code code;
  const auto name = fs::read_symlink("/proc/self/ns/pid", code).string();  // "pid:[4026531836]"
  const auto from = name.find('[');
  return from == name.npos ? "0" : name.substr(from + 1, name.find(']') - from - 1);
}

/// Groups of coordinators of this namespace that have died.
void sweep(const fs::path& folder) {
  std::error_code code;
  std::vector<fs::path> left;
  const auto ours = fmt::format("{}{}-", prefix, own_namespace());
  for (auto it = fs::directory_iterator(folder, code); !code && it != fs::directory_iterator(); it.increment(code)) {
    const auto name = it->path().filename().string();
    if (!name.starts_with(ours)) continue;
    const int owner = std::atoi(name.c_str() + ours.size());
    if (owner > 0 && owner != ::getpid() && ::kill(owner, 0) != 0 && errno == ESRCH) left.push_back(it->path());
  }
  for (const auto& each : left) take_away(each);
}

std::uint64_t counted(const fs::path& file, std::string_view name) {
  const auto text = read_file(file);
  if (text)
    for (const auto& line : lines_of(*text))
      if (line.starts_with(name) && line.size() > name.size()) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  return 0;
}

}  // namespace

Result<ControlGroup> ControlGroup::make(const Limits& limits) {
  static std::atomic<unsigned> count{0};
  const auto name = fmt::format("{}{}-{}-{}", prefix, own_namespace(), ::getpid(), ++count);
  ControlGroup group;
  for (const auto& hierarchy : hierarchies()) {
    const bool for_memory = limits.memory_bytes && !group.memory_ && has(hierarchy, "memory");
    const bool for_processes = limits.processes && !group.processes_ && has(hierarchy, "pids");
    if (!group.folders_.empty() && !for_memory && !for_processes) continue;
    sweep(hierarchy.folder);
    const Folder folder{hierarchy.folder / name, hierarchy.version};
    if (::mkdir(folder.path.c_str(), 0755) != 0) continue;
    group.folders_.push_back(folder);
    if (for_memory && put(folder.path / (folder.version == 2 ? "memory.max" : "memory.limit_in_bytes"), std::to_string(*limits.memory_bytes))) {
      group.memory_ = folder;
      // Without this the limit is only where swapping begins.
      (void)put(folder.path / (folder.version == 2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes"),
                folder.version == 2 ? "0" : std::to_string(*limits.memory_bytes));
    }
    if (for_processes && put(folder.path / "pids.max", std::to_string(*limits.processes))) group.processes_ = folder;
  }
  if (group.folders_.empty()) return failure(Fault::Unavailable, "no control group can be made here");
  return group;
}

ControlGroup::~ControlGroup() {
  for (const auto& folder : folders_) take_away(folder.path);
}

std::vector<fs::path> ControlGroup::joining_files() const {
  std::vector<fs::path> files;
  for (const auto& folder : folders_) files.push_back(folder.path / "cgroup.procs");
  return files;
}

bool ControlGroup::ran_out_of_memory() const {
  if (!memory_) return false;
  return counted(memory_->path / (memory_->version == 2 ? "memory.events" : "memory.oom_control"), "oom_kill ") > 0;
}

bool ControlGroup::ran_out_of_processes() const { return processes_ && counted(processes_->path / "pids.events", "max ") > 0; }

void ControlGroup::kill_all() const {
  for (const auto& folder : folders_) kill_in(folder.path);
}

std::string ControlGroup::described() const {
  const auto versions = [&](int version) { return std::ranges::any_of(folders_, [&](const Folder& folder) { return folder.version == version; }); };
  return versions(2) ? versions(1) ? "versions 2 and 1" : "version 2" : "version 1";
}

}  // namespace tandem::shell
