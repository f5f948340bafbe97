#pragma once
// How the program gets its answers: from the daemon of the state folder, or from the same engine in this process.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "run/commands.hpp"

namespace tandem::run {

/// What it takes to work in this process when no daemon answers.
struct Surroundings {
  Configuration configuration;
  std::filesystem::path file;              ///< tandem.yaml
  const Clock& clock;
  OpenTarget open_target;
};

/// Asks commands. It decides once, when it is opened, who answers.
class Client {
 public:
  static std::unique_ptr<Client> open(Surroundings surroundings);
  ~Client();
  bool has_daemon() const { return has_daemon_; }
  /// Errors: those of the command; Unavailable (TD0140) when the daemon went away; Conflict (TD0120) when another
  /// process that is no daemon works on the state folder; Cancelled when `stop` was asked.
  Result<Answer> ask(const std::string& command, const json::object& arguments, std::stop_token stop = {});

 private:
  explicit Client(Surroundings surroundings);
  Result<Answer> ask_daemon(const std::string& command, const json::object& arguments, std::stop_token stop);
  Result<Office*> office();
  Surroundings surroundings_;
  Folders folders_;
  bool has_daemon_ = false;
  std::unique_ptr<Workshop> shop_;
  std::unique_ptr<Office> office_;         ///< after the workshop it works in
};

/// Only the daemon may be asked: what a hook or a script needs. Errors: Unavailable (TD0140) when none answers.
Result<Answer> ask_daemon_at(const std::filesystem::path& socket, const std::string& command, const json::object& arguments,
                             std::stop_token stop = {});

/// How following ended: with the run, or because the reader had enough of it.
struct Followed {
  Answer answer;
  bool has_ended = true;
  std::string held{};             ///< why nothing goes on until a person acts; then the answer's exit code is 5
};
/// How long a run is watched: to its end, or until a frozen environment holds it.
enum class Patience { ToTheEnd, UntilHeld };
/// Told of the run (first) and of the runs it started, after each change and at least every half second.
using OnRuns = std::function<void(const std::vector<json::value>&)>;
/// Watches a run ("" = the newest) until it ends or `stop` is asked. A daemon that is started anew meanwhile is waited for.
Result<Followed> follow(Client& client, const std::string& run, Patience patience, const OnRuns& on_runs, std::stop_token stop);

/// Told of each piece of the logs, a "tandem.logs/1" document.
using OnLog = std::function<void(const json::value&)>;
Result<Followed> follow_logs(Client& client, json::object arguments, const OnLog& on_log, std::stop_token stop);

/// The error that a "tandem.error/1" document tells of.
Error error_of(const json::value& document);

}  // namespace tandem::run
