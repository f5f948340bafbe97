#pragma once
// What the processes of an action may take, and their certain end.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shell/control_group.hpp"
#include "shell/steps.hpp"

namespace tandem::shell {

/// Held by whatever this machine has: a control group, else limits of each process. Its destructor ends everything the
/// action started that is still there.
class Bounds {
 public:
  Bounds(const Limits& limits, Isolation isolation);
  ~Bounds();
  Bounds(const Bounds&) = delete;
  Bounds& operator=(const Bounds&) = delete;

  /// What comes before the command so that it starts within its bounds. `filter`: the system calls it may not make; a
  /// file that is not there filters nothing.
  std::vector<std::string> launcher(const std::filesystem::path& filter) const;
  /// For the driver, "0" = none: the kernel counts these per user, and root is not counted.
  std::string process_limit() const;
  /// Without a sandbox, processes are found by this variable, wherever they went.
  void add_mark(std::map<std::string, std::string>& environment) const;
  /// Which limit was met, as an explanation of a failure; empty when none was.
  std::string met() const;

 private:
  bool holds_memory() const { return group_ && group_->limits_memory(); }
  Limits limits_;
  std::string mark_;
  std::optional<ControlGroup> group_;
};

}  // namespace tandem::shell
