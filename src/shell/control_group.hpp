#pragma once
// Control groups of the kernel: what an action's processes take together is bounded, and none of them gets away.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "shell/steps.hpp"

namespace tandem::shell {

/// One group per action, below ours, in as many of the kernel's hierarchies as it needs: version 2 where it has the
/// controller, else version 1. Its destructor kills what is left in it and takes it away.
class ControlGroup {
 public:
  /// Also takes away the groups of coordinators that have died, with everything that still runs in them.
  /// Errors: Unavailable when no hierarchy can be written.
  static Result<ControlGroup> make(const Limits& limits);
  ~ControlGroup();
  ControlGroup(ControlGroup&&) noexcept = default;
  ControlGroup& operator=(ControlGroup&&) noexcept = delete;

  /// Files that a process writes its id to to belong to the group.
  std::vector<std::filesystem::path> joining_files() const;
  bool limits_memory() const { return memory_.has_value(); }
  bool limits_processes() const { return processes_.has_value(); }
  /// Whether the kernel has killed one of its processes because the memory limit was reached.
  bool ran_out_of_memory() const;
  bool ran_out_of_processes() const;
  /// Kills everything in it and waits until nothing is left.
  void kill_all() const;
  /// "version 2 and 1": for people.
  std::string described() const;

 private:
  struct Folder {
    std::filesystem::path path;
    int version = 2;
  };
  ControlGroup() = default;
  std::vector<Folder> folders_;
  std::optional<Folder> memory_;
  std::optional<Folder> processes_;
};

}  // namespace tandem::shell
