#pragma once
// Makes scenes reachable on 127.0.0.1: functions as processes, REST and HTTP APIs, sites, the Invoke API.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "deploy/local/scene.hpp"
#include "deploy/target.hpp"

namespace tandem::deploy::local {

/// Where things of a shown scene answer.
struct Addresses {
  std::map<std::string, std::string> apis{};        ///< api id -> "http://127.0.0.1:4711" (stage path not included)
  std::map<std::string, std::string> sites{};       ///< distribution id -> "http://127.0.0.1:4712"

  /// Puts this machine's addresses where AWS's host names of these APIs and sites stand in `text`.
  std::string localised(const std::string& text, const Scene& scene) const;
};

struct ServingOptions {
  std::filesystem::path folder;                     ///< for logs, sockets, remembered ports, function scratch space
  std::filesystem::path python_runtime;             ///< a virtual environment with awslambdaric and boto3; see runtime.hpp
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string dynamodb_endpoint;                    ///< AWS_ENDPOINT_URL_DYNAMODB for functions
  Duration idle_limit{std::chrono::minutes{5}};     ///< then an idle process ends
  int processes_max = 16;                           ///< per function version
};

/// RequestResponse, Event and DryRun of the Invoke API.
enum class InvokeMode { Wait, Later, Check };

/// Names a shown scene: "live" or a deployment id. Each view has listeners and processes of its own; the ports of
/// "live" are remembered across restarts.
class Serving {
 public:
  static Result<std::unique_ptr<Serving>> open(ServingOptions options, const Clock& clock);
  virtual ~Serving() = default;

  /// Shows `scene` under `view`, in one step: requests under way finish on what they started with.
  virtual Result<Addresses> show(const std::string& view, const Scene& scene) = 0;
  /// Makes `to` show what `from` shows and ends `from`; processes that are warm stay warm. The promotion's switch.
  virtual Result<Addresses> become(const std::string& from, const std::string& to, const Scene& scene) = 0;
  /// Takes the view away; an unknown one is no error.
  virtual void hide(const std::string& view) = 0;
  virtual Result<Addresses> addresses(const std::string& view) const = 0;
  /// `function`: name or ARN; empty `qualifier`: the one in the ARN, else $LATEST. Later: once, in the background, its
  /// outcome is only in the log. Errors: Missing; what the function does wrong is in the Invocation.
  virtual Result<Invocation> invoke(const std::string& view, const std::string& function, const std::string& qualifier,
                                    const std::string& payload, InvokeMode mode) = 0;
  Result<Invocation> invoke(const std::string& view, const std::string& function, const std::string& qualifier,
                            const std::string& payload) {
    return invoke(view, function, qualifier, payload, InvokeMode::Wait);
  }
  /// What really serves in `view`, asked from the serving side itself: the scene now in force.
  virtual Result<Scene> showing(const std::string& view) const = 0;
  /// {"views": {name: counts and latencies}, "functions": [counts by version], "notes": [what this machine cannot do]}
  virtual json::value metrics() const = 0;
  /// The last lines of a log group, each RFC 3339 time, a space, the text ("" = names of the groups).
  virtual std::vector<std::string> log_lines(const std::string& group, size_t count) const = 0;
};

}  // namespace tandem::deploy::local
