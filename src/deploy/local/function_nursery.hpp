#pragma once
// The one long-lived thread that starts function processes, hears of their ends and keeps their time.

#include <chrono>
#include <functional>
#include <memory>

#include "base/process.hpp"
#include "base/result.hpp"

namespace tandem::deploy::local {

using Steady = std::chrono::steady_clock::time_point;

/// Processes must be started here: the kernel's "die with the parent" means the parent *thread*, and the threads
/// that serve connections come and go. Tasks run one after another and must not wait for long.
class Nursery {
 public:
  using Task = std::function<void()>;
  using Timer = std::uint64_t;

  static Result<std::unique_ptr<Nursery>> open();
  /// Runs what was posted before, then ends.
  ~Nursery();
  Nursery(const Nursery&) = delete;

  void post(Task task);
  /// Starts on the nursery's thread and waits for it.
  Result<Process> start(const Command& command, std::function<void(Stream, std::string_view)> on_output);
  /// Calls `on_exit` once when the process has ended, soon even if it has ended already.
  void watch(int pid, Task on_exit);
  Timer at(Steady time, Task task);
  void cancel(Timer timer);

 private:
  struct State;
  explicit Nursery(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::deploy::local
