#pragma once
// The shell steps of one action, run in an isolated workspace: scripts in, outcome, output variables and lines out.

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "record/workflow.hpp"

namespace tandem::shell {

enum class Network { Allowed, Denied };
/// What to do where no sandbox can be had: refuse, or run as a plain process and say so.
enum class IsolationPolicy { Required, AllowUnsandboxed };
/// Whether a failing command in the middle of a step ends the step (`set -e`) or is only annotated.
enum class Errexit { Off, On };

/// One bash script, ready to run: nothing in it is replaced any more.
struct Step {
  std::string script;
  std::vector<std::string> secrets{};           ///< names of those it may see, each as CATALYST_SECRETS_<name>
};

/// What the processes of one action may take together; empty = no limit. Which of them can be held on this machine
/// shows `try_walls`.
struct Limits {
  std::optional<std::uint64_t> memory_bytes{};
  std::optional<std::uint64_t> processes{};     ///< threads count
  std::optional<std::uint64_t> file_bytes{};    ///< of one file
};

/// Where a sandbox shows an action's root: where the service has it, and the same for every action, so that paths which tools
/// write down (virtual environments, caches, reports) stay true in the next one.
inline const std::filesystem::path shown_root = sources_root;

/// What to run and what it may see. The caller has laid the folders out and removes them.
struct StepsRequest {
  std::filesystem::path folder;                 ///< the action's root, writable; inside it is `shown_root`, its `home` also /root
  std::filesystem::path source_folder{};        ///< also /sources/WorkflowSource; empty = the action takes no source
  std::map<std::string, std::filesystem::path> artifact_folders{};  ///< by name or "action/name"; also /artifacts/<key>
  std::filesystem::path working_folder{};       ///< CATALYST_DEFAULT_DIR; empty = source, else first artifact, else `folder`
  std::vector<Step> steps;
  std::map<std::string, std::string> variables{};   ///< '-' in a name becomes '_'
  std::map<std::string, std::string> secrets{};     ///< all of the action: masked in everything it says
  std::vector<std::string> outputs{};           ///< variables to read after the last step
  Duration time_limit{std::chrono::hours{8}};
  Duration grace{std::chrono::seconds{8}};      ///< between TERM and KILL, on time-out and stop
  Network network = Network::Denied;
  IsolationPolicy isolation = IsolationPolicy::Required;
  Errexit errexit = Errexit::Off;
  Limits limits{};
  std::optional<std::filesystem::path> cache_folder{};        ///< what pip and npm downloaded, kept between actions; writable
  std::vector<std::filesystem::path> hidden_folders{};        ///< never visible: the coordinator's state
  std::string sandbox_program = "bwrap";
};

enum class Isolation { Bubblewrap, None };
std::string_view word(Isolation isolation);     ///< "bubblewrap", "none"

/// How the steps went. A step that fails is an outcome, not an Error.
struct StepsOutcome {
  bool succeeded = false;
  std::optional<size_t> failed_step{};          ///< index into `steps`
  int exit_code = 0;                            ///< of the failed step
  bool timed_out = false;
  std::optional<Error> error{};                 ///< why it did not succeed: E-RUN-10, E-RUN-11, E-RUN-15
  std::map<std::string, std::string> outputs{}; ///< all that were asked for; empty after a failure
  std::vector<std::string> annotations{};       ///< "step 2, line 14: 'pip install x' exited 1, step continued"
  Isolation isolation = Isolation::None;
  std::vector<std::string> warnings{};
};

/// One line of output of the step with this index, masked, valid UTF-8, at most 64 KB. Called by one thread at a time,
/// not the caller's, and never after run_steps returned.
using LineSink = std::function<void(size_t step, std::string_view line)>;

/// After each burst of lines: what was handed over can be written now. On the thread of the LineSink.
using OnPause = std::function<void()>;

/// Runs the steps in order until one fails. Environment and working folder carry over from step to step; processes left
/// in the background live until the action ends, and no longer, whatever they did to get away. Errors: Invalid (the request; unknown secret E163), Unavailable (no
/// sandbox), Cancelled (the token asked; everything it started is gone).
Result<StepsOutcome> run_steps(const StepsRequest& request, const LineSink& on_line, std::stop_token stop = {},
                               const OnPause& on_pause = {});

}  // namespace tandem::shell
