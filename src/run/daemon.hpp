#pragma once
// `tandem serve`: one process that hears of events, runs what they start, and answers commands.

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/http.hpp"
#include "run/commands.hpp"
#include "run/pull_requests.hpp"
#include "run/scheduler.hpp"

namespace tandem::run {

struct DaemonOptions {
  std::uint16_t port = 0;
  Duration poll_local{std::chrono::seconds{2}};      ///< how often local repositories are looked at
  Duration poll_remote{std::chrono::seconds{60}};
};

/// What `tandem serve` prints and writes into daemon.json.
struct DaemonAddress {
  std::string url;
  std::string socket;
  int pid = 0;
};

class Daemon {
 public:
  /// Opens the environments, goes on with unfinished runs, then listens. Errors: Conflict when one runs already.
  static Result<std::unique_ptr<Daemon>> start(Workshop& shop, const DaemonOptions& options);
  ~Daemon();
  const DaemonAddress& address() const { return address_; }

 private:
  explicit Daemon(Workshop& shop);
  HttpResponse answer(const HttpRequest& request);
  HttpResponse hear_webhook(const HttpRequest& request);
  void watch_repositories(std::stop_token stop, DaemonOptions options);
  Done look_at(const RepositoryConfiguration& repository, const std::map<std::string, std::string>& actors);
  void prune_now_and_then();

  /// What webhooks have told of and nobody has looked at yet: who pushed to which branch, by repository.
  using Told = std::map<std::string, std::map<std::string, std::string>>;
  std::optional<std::chrono::steady_clock::time_point> pruned_;   ///< by the policy, last
  Office office_;
  Scheduler scheduler_;
  DaemonAddress address_;
  std::optional<HttpServer> socket_;
  std::optional<HttpServer> http_;
  std::mutex told_mutex_;
  std::condition_variable_any told_news_;
  Told told_;
  std::jthread watcher_;
};

}  // namespace tandem::run
