#pragma once
// Other programs: started with posix_spawn (never fork), in their own process group, given only what is named.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem {

/// What to start. `argv[0]` is looked up in PATH of `environment`; nothing of our own environment is inherited.
struct Command {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment{};
  std::filesystem::path folder{};                 ///< working directory; empty = ours
  std::string input{};                            ///< written to its standard input, which is then closed
  std::optional<Duration> time_limit{};           ///< then TERM to the whole group, `grace`, KILL
  Duration grace{std::chrono::seconds{10}};
  std::optional<std::uint64_t> memory_limit_bytes{};  ///< RLIMIT_AS, through prlimit on the child
  std::optional<std::uint64_t> file_limit_bytes{};    ///< RLIMIT_FSIZE, likewise: of each file that it and its children write
  size_t output_limit_bytes = 64UL << 20;         ///< what run_program() keeps of each stream; the rest is counted and dropped
};

enum class Stream { Out, Err };

/// How a process ended.
struct Exit {
  int code = 0;                 ///< exit status, or 128 + signal
  int signal = 0;               ///< the signal that ended it, or 0
  bool timed_out = false;
  bool stopped = false;         ///< ended by us because the stop token asked
  Duration took{};
  bool ok() const { return code == 0 && !timed_out && !stopped; }
};

struct Output {
  Exit exit;
  std::string out;
  std::string err;
  size_t dropped_bytes = 0;     ///< past output_limit_bytes
};

/// PATH, HOME, LANG, TZ of our own process, for tools that need to be found. Nothing else.
std::map<std::string, std::string> tool_environment();

/// How this machine reaches the network and package indexes (proxies, certificates, PIP_*, NPM_CONFIG_*) and where its
/// language tools live (PYENV_ROOT, JAVA_HOME, ...), as far as our own environment says so.
std::map<std::string, std::string> machine_environment();
/// Both: for package managers and language tools.
std::map<std::string, std::string> package_environment();

/// Runs to the end and keeps both streams. Failing to start is an Error (Missing, Unavailable); a non-zero exit is not.
/// The end is the end of the process itself: what it left behind in its group is killed, and has a quarter of a
/// second to hand over what it still had to say.
Result<Output> run_program(const Command& command, std::stop_token stop = {});

/// As run_program(), but hands each piece of output over as it comes (called on the calling thread).
Result<Exit> run_streaming(const Command& command, const std::function<void(Stream, std::string_view)>& on_output,
                           std::stop_token stop = {});

/// A process that lives beside us: a function's runtime. Its destructor kills the whole group and waits for it.
class Process {
 public:
  /// `on_output` is called on a thread of this object for every piece of output; both streams are always drained.
  static Result<Process> start(const Command& command, std::function<void(Stream, std::string_view)> on_output);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  int pid() const;
  /// The exit if it has ended and all its output was handed over, without waiting.
  std::optional<Exit> ended();
  /// Waits at most `limit`.
  std::optional<Exit> wait(Duration limit);
  /// Returns when all that it has written until now was handed over, or has ended, or `limit` is up. Not to be called from on_output.
  void catch_up(Duration limit);
  /// To the whole process group; a process that is gone is no error.
  void signal(int number);
  /// TERM, up to `grace`, KILL, wait.
  Exit stop(Duration grace);
  /// Largest resident size seen so far, in bytes (VmHWM); 0 once it has ended.
  std::uint64_t peak_memory_bytes() const;

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem
