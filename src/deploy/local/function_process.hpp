#pragma once
// One execution environment of a function: its process, its Runtime API, its scratch folder, its log stream.

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/process.hpp"
#include "deploy/local/function_call.hpp"
#include "deploy/local/function_command.hpp"
#include "deploy/local/function_log.hpp"

namespace tandem::deploy::local {

/// What function processes need around them; outlives them all and the nursery's last task.
struct FunctionGround {
  FunctionHouse house;
  std::filesystem::path folder;     ///< scratch/ and running/ are made below it
  Nursery& nursery;
  LogGroups& logs;
  const Clock& clock;
  Duration init_limit{std::chrono::seconds{10}};
  Duration idle_limit{std::chrono::minutes{5}};
  Duration queue_limit{std::chrono::seconds{10}};   ///< how long a request waits in line for a process of a full pool
  int processes_max = 16;
};

/// Why an environment came to its end. `payload` is there when the runtime itself reported it.
struct EnvironmentEnd {
  std::string error_type;           ///< Runtime.ExitError, Sandbox.Timedout, or what init/error said
  std::string reason;
  std::optional<std::string> payload{};

  FunctionOutcome outcome(const std::string& request_id) const;
};

class FunctionProcess;

/// Hears what becomes of processes; called without locks held, from several threads.
class FunctionOwner {
 public:
  virtual ~FunctionOwner() = default;
  /// The caller has its answer; `on_idle` or `on_end` follows shortly.
  virtual void on_answered(const std::shared_ptr<FunctionProcess>& process) = 0;
  /// It waits for work: initialised, or done with the invocation before.
  virtual void on_idle(const std::shared_ptr<FunctionProcess>& process) = 0;
  virtual void on_end(const std::shared_ptr<FunctionProcess>& process, const EnvironmentEnd& why) = 0;
};

/// starting -> idle (frozen) -> busy -> idle ... -> ended. Its owner calls `end` before letting go of it.
class FunctionProcess final : public RuntimeFollower, public std::enable_shared_from_this<FunctionProcess> {
 public:
  /// Nothing runs yet, so that its owner can know it before it is heard of.
  static std::shared_ptr<FunctionProcess> make(const Function& function, FunctionGround& ground, std::weak_ptr<FunctionOwner> owner);
  /// Starts it; `on_idle` or `on_end` follows. When it is not ready after `init_limit` it is killed.
  /// Errors: those of function_command, Unavailable, Cancelled (ended before).
  Done launch(Duration init_limit);
  ~FunctionProcess() override;

  /// Works on `event` until the function's timeout. Only while it is idle. False when it ended meanwhile: the event
  /// was not given to anybody.
  bool begin(std::shared_ptr<FunctionCall> call, RuntimeEvent event);
  void freeze();                    ///< SIGSTOP to the whole group
  void thaw();
  void kill();                      ///< SIGKILL to the whole group; `on_end` follows
  /// Ends it if it lives, waits for its threads and removes what it left. Not from its own Runtime API's threads.
  void end();
  Steady idle_since() const;
  int pid() const;

  void on_ready() override;
  void on_answer(const std::string& request_id, RuntimeAnswer answer) override;
  void on_init_error(RuntimeAnswer answer) override;

 private:
  FunctionProcess(const Function& function, FunctionGround& ground, std::weak_ptr<FunctionOwner> owner);
  Done launch_locked(const Command& command, Duration init_limit);
  void check_time_and_memory();
  void on_exit();
  void kill_because(EnvironmentEnd why);
  void on_output(Stream stream, std::string_view piece);
  void log_line(const std::string& line);
  /// Writes END and REPORT and takes the work away. False when the function used more memory than it may.
  bool report(const std::shared_ptr<FunctionCall>& call);
  std::uint64_t memory_bytes() const { return static_cast<std::uint64_t>(function_.memory_mb) << 20U; }
  Nursery::Timer check_at(Steady time);
  std::filesystem::path running_file() const;

  /// The invocation under way; guarded by `mutex_`.
  struct Work {
    std::shared_ptr<FunctionCall> call;
    Steady began{};
    Steady deadline{};
    std::optional<Steady> answered{};
  };

  const Function function_;
  FunctionGround& ground_;
  const std::weak_ptr<FunctionOwner> owner_;
  const std::string group_;
  const std::filesystem::path scratch_;
  std::unique_ptr<RuntimeApi> api_;     ///< it and `process_` are set by `launch`, before anybody can hear of them,
  std::optional<Process> process_;      ///< and stay to our end: whoever holds us may still ask them for something
  LineCutter out_{256UL << 10};     ///< used on the output thread only
  LineCutter err_{256UL << 10};

  mutable std::mutex mutex_;
  bool abandoned_ = false;
  bool initialised_ = false;
  bool exited_ = false;
  Steady started_{};
  Steady deadline_{};               ///< of the initialisation or the invocation
  Steady idle_since_{};
  std::optional<Microseconds> init_took_{};   ///< until the first invocation has reported it
  std::uint64_t peak_bytes_ = 0;
  std::optional<Work> work_;
  std::optional<EnvironmentEnd> why_;
  Nursery::Timer timer_ = 0;

  std::mutex ending_;
  bool ended_ = false;
};

/// The kernel's start time of a process in clock ticks since boot, which with its number says who it is; empty
/// when there is none.
std::string start_time(int pid);

/// Largest resident sizes of a process and all below it, the walls themselves not counted.
std::uint64_t peak_memory_below(int pid);

/// Kills what an earlier coordinator left running, by pid and start time. Returns how many.
int sweep_leftovers(const std::filesystem::path& folder);

}  // namespace tandem::deploy::local
