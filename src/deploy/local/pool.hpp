#pragma once
// The warm processes of one function version, and all such pools of this machine.

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/guarded.hpp"
#include "deploy/local/function_process.hpp"

namespace tandem::deploy::local {

/// What a function is asked to do.
struct InvokeOrder {
  std::string request_id;
  std::string payload;
  std::string function_arn;             ///< as invoked: with alias or version
  std::string trace_id{};
  std::string client_context{};
  Steady give_up = Steady::max();       ///< the caller stops waiting; the function goes on
};

/// No process may be started: the function's reserved concurrency, or this machine's limit for too long.
struct Throttled {
  std::string reason;
};
/// `give_up` came first.
struct GaveUp {};
using Invoked = std::variant<FunctionOutcome, Throttled, GaveUp>;

struct PoolCounts {
  std::uint64_t invocations = 0;
  std::uint64_t errors = 0;
  std::uint64_t throttles = 0;
  std::uint64_t cold_starts = 0;
  int processes = 0;
  int idle = 0;
};

/// Gives each invocation a process of its own: the newest idle one, else a new one, else a place in line.
class Pool final : public FunctionOwner, public std::enable_shared_from_this<Pool> {
 public:
  /// `function` with its environment as the processes get it.
  Pool(Function function, FunctionGround& ground) : function_(std::move(function)), ground_(ground) {}
  ~Pool() override;

  const Function& function() const { return function_; }
  /// Blocks until the function answered, failed or `give_up`. When `call` is given, the log tail can be asked of it.
  Invoked invoke(InvokeOrder order, const std::shared_ptr<FunctionCall>& call);
  Invoked invoke(InvokeOrder order);
  /// Makes sure, until `limit`, that the next request finds a process ready. One that cannot start fails then, too.
  void warm(Steady limit);
  /// Ends the processes that have been idle since before `before`. Returns how many processes are left.
  int end_idle(Steady before);
  /// Ends all processes and starts no more.
  void close();
  PoolCounts counts() const;

  void on_answered(const std::shared_ptr<FunctionProcess>& process) override;
  void on_idle(const std::shared_ptr<FunctionProcess>& process) override;
  void on_end(const std::shared_ptr<FunctionProcess>& process, const EnvironmentEnd& why) override;

 private:
  /// Somebody in line for a process.
  struct Waiter {
    std::condition_variable told;
    std::shared_ptr<FunctionProcess> process;
    const FunctionProcess* starting = nullptr;       ///< what it started and nobody has seen ready yet
    std::optional<EnvironmentEnd> own_start_failed;  ///< what it started will not come
  };
  using Acquired = std::variant<std::shared_ptr<FunctionProcess>, FunctionOutcome, Throttled, GaveUp>;
  Acquired acquire(const InvokeOrder& order);
  Acquired stand_in_line(std::unique_lock<std::mutex>& lock, Waiter& waiter, const InvokeOrder& order);
  std::optional<EnvironmentEnd> start_for(std::unique_lock<std::mutex>& lock, Waiter& waiter, Duration init_limit);
  void hand_over(const std::shared_ptr<FunctionProcess>& process);
  void tell_starter(const FunctionProcess* process, const EnvironmentEnd& why);
  void bury(std::shared_ptr<FunctionProcess> process);
  int cap() const;
  int live() const { return static_cast<int>(processes_.size()); }

  const Function function_;
  FunctionGround& ground_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::set<std::shared_ptr<FunctionProcess>> processes_;     ///< starting, idle and busy ones
  std::set<const FunctionProcess*> starting_;
  std::set<const FunctionProcess*> finishing_;              ///< answered, about to be idle
  std::vector<std::shared_ptr<FunctionProcess>> idle_;      ///< newest last
  std::list<Waiter*> line_;
  PoolCounts counts_;
};

/// All pools, shared by views that show the same function the same way.
class Pools {
 public:
  explicit Pools(FunctionGround& ground);
  ~Pools();

  /// The pool of exactly this code, configuration and environment.
  std::shared_ptr<Pool> pool(const Function& function);
  /// Closes those of `released` that nobody shows any more: the view they were for was taken away.
  void end(std::vector<std::shared_ptr<Pool>> released);
  json::array metrics() const;

 private:
  void schedule();
  void sweep();

  FunctionGround& ground_;
  Guarded<std::map<std::string, std::shared_ptr<Pool>>> pools_;
  struct Sweeping {
    Nursery::Timer timer = 0;
    bool ended = false;
  };
  Guarded<Sweeping> sweeping_;
};

/// Equal exactly when two functions may share processes.
std::string pool_key(const Function& function);

}  // namespace tandem::deploy::local
