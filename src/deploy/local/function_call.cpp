#include "deploy/local/function_call.hpp"

#include "base/json.hpp"

namespace tandem::deploy::local {
namespace {
constexpr size_t tail_bytes = 4096;
}

FunctionOutcome sandbox_failure(const std::string& request_id, const std::string& type, const std::string& reason) {
  const auto message = fmt::format("RequestId: {} Error: {}", request_id, reason);
  return {.failed = true, .payload = to_text(json::object{{"errorType", type}, {"errorMessage", message}}), .error_type = type};
}

bool FunctionCall::complete(FunctionOutcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(completed_, true)) return false;
    outcome_ = std::move(outcome);
  }
  changed_.notify_all();
  return true;
}

std::optional<FunctionOutcome> FunctionCall::wait_until(Steady limit) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, limit, [&] { return outcome_.has_value(); })) return std::nullopt;
  return std::exchange(outcome_, std::nullopt);
}

void FunctionCall::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  tail_ += line + '\n';
  if (tail_.size() > 2 * tail_bytes) tail_.erase(0, tail_.size() - tail_bytes);
}

void FunctionCall::close_log() {
  {
    const std::lock_guard lock(mutex_);
    log_closed_ = true;
  }
  changed_.notify_all();
}

std::string FunctionCall::log_tail(Steady limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, limit, [&] { return log_closed_; });
  return tail_.size() > tail_bytes ? tail_.substr(tail_.size() - tail_bytes) : tail_;
}

}  // namespace tandem::deploy::local
