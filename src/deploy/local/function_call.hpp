#pragma once
// One invocation on its way: what came out, who waits for it, what was printed meanwhile.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "deploy/local/function_nursery.hpp"
#include "deploy/local/runtime_api.hpp"

namespace tandem::deploy::local {

using Microseconds = std::chrono::microseconds;

/// How an invocation ended. `payload` is the function's answer or the error document.
struct FunctionOutcome {
  bool failed = false;
  std::string payload;
  std::string error_type{};
  Microseconds took{};
  bool cold = false;
};

/// {"errorType": ..., "errorMessage": "RequestId: <id> Error: <reason>"}
FunctionOutcome sandbox_failure(const std::string& request_id, const std::string& type, const std::string& reason);

/// Shared by the caller, who may stop waiting, and the process that works on it.
class FunctionCall {
 public:
  explicit FunctionCall(std::string request_id) : request_id_(std::move(request_id)) {}

  const std::string& request_id() const { return request_id_; }
  /// The first end counts; false when it had ended already.
  bool complete(FunctionOutcome outcome);
  std::optional<FunctionOutcome> wait_until(Steady limit);

  /// Lines of the log, of which the last 4 KiB are kept.
  void note(const std::string& line);
  /// The log is complete: the REPORT line is noted.
  void close_log();
  /// The last 4 KiB, after waiting for the log to be complete at most until `limit`.
  std::string log_tail(Steady limit);

 private:
  const std::string request_id_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<FunctionOutcome> outcome_;
  bool completed_ = false;
  bool log_closed_ = false;
  std::string tail_;
};

}  // namespace tandem::deploy::local
