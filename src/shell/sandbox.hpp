#pragma once
// What a step may see of this machine, as arguments for bubblewrap.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "shell/steps.hpp"

namespace tandem::shell {

/// Something put into the sandbox's empty file system.
struct Mount {
  enum class Kind { ReadOnly, Writable, EmptyFolder };
  Kind kind{};
  std::filesystem::path source;
  std::filesystem::path target;
  bool operator==(const Mount&) const = default;
};

/// The folders outside the system's own in which programs of `path` live, with what they need beside them.
/// Of the user's own folder only the tool's part is taken, never keys or settings.
std::vector<std::filesystem::path> tool_folders(std::string_view path, const std::filesystem::path& home);

/// A path below the action's root as it is inside; every other path is the same there.
std::filesystem::path as_shown(const StepsRequest& request, const std::filesystem::path& path);
/// The request with all its folders as they are inside.
StepsRequest as_shown(StepsRequest request);

/// A working sandbox program on this machine.
class Sandbox {
 public:
  /// Tries it out, once in this process for each program and network: what worked is remembered. Errors: Unavailable with
  /// the reason and what would help; a failure is not remembered.
  static Result<Sandbox> find(const std::string& program, Network network);
  /// The machine has changed: the next `find` tries anew.
  static void forget();
  /// The command line up to and with "--"; what follows runs inside, in the request's working folder, as process group and session
  /// of its own. `control` holds our scripts, a folder `out` for what they write, a file `empty`, `passwd` and `group` for where we are root, and `filter` where
  /// system calls are filtered: the launcher opens that as 9.
  std::vector<std::string> arguments(const StepsRequest& request, const std::filesystem::path& control) const;

 private:
  static Result<Sandbox> try_out(const std::string& program, Network network);

  std::string program_;
  Network network_ = Network::Denied;
  bool maps_users_ = false;     ///< root outside is an ordinary user inside
  bool is_last_ = false;        ///< no user namespace can be made inside
};

/// Every process that descends from `pid`, itself not included.
std::vector<int> descendants_of(int pid);

}  // namespace tandem::shell
