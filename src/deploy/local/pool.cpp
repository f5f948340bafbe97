#include "deploy/local/pool.hpp"

#include <algorithm>


namespace tandem::deploy::local {
namespace {

/// A process that has just answered asks for its next event in well under this; a new one takes longer to start.
constexpr std::chrono::milliseconds finishing_patience{100};

}  // namespace

Pool::~Pool() { close(); }

int Pool::cap() const {
  return std::min(ground_.processes_max, function_.reserved_concurrency.value_or(ground_.processes_max));
}

Invoked Pool::invoke(InvokeOrder order) {
  const auto call = std::make_shared<FunctionCall>(order.request_id);
  return invoke(std::move(order), call);
}

Invoked Pool::invoke(InvokeOrder order, const std::shared_ptr<FunctionCall>& call) {
  const auto give_up = order.give_up;
  while (true) {
    auto acquired = acquire(order);
    if (auto* outcome = std::get_if<FunctionOutcome>(&acquired)) return std::move(*outcome);
    if (auto* throttled = std::get_if<Throttled>(&acquired)) return std::move(*throttled);
    if (std::holds_alternative<GaveUp>(acquired)) return GaveUp{};
    const auto& process = std::get<std::shared_ptr<FunctionProcess>>(acquired);
    RuntimeEvent event{.request_id = order.request_id, .payload = order.payload, .deadline = {}, .function_arn = order.function_arn,
                       .trace_id = order.trace_id, .client_context = order.client_context};
    if (!process->begin(call, std::move(event))) continue;  // it died idle; nobody has seen the event
    auto outcome = call->wait_until(give_up);
    const std::lock_guard lock(mutex_);
    ++counts_.invocations;
    if (!outcome) return GaveUp{};
    if (outcome->failed) ++counts_.errors;
    return std::move(*outcome);
  }
}

Pool::Acquired Pool::acquire(const InvokeOrder& order) {
  std::unique_lock lock(mutex_);
  if (closed_) return Throttled{"FunctionIsGone"};
  if (!idle_.empty()) {
    auto process = std::move(idle_.back());
    idle_.pop_back();
    process->thaw();
    return process;
  }
  if (function_.reserved_concurrency && live() >= *function_.reserved_concurrency) {
    ++counts_.throttles;
    return Throttled{"ReservedFunctionConcurrentInvocationLimitExceeded"};
  }
  Waiter waiter;
  line_.push_back(&waiter);
  auto acquired = stand_in_line(lock, waiter, order);
  line_.remove(&waiter);
  // Told and out of patience at the same moment: the process must not be lost.
  if (waiter.process && !std::holds_alternative<std::shared_ptr<FunctionProcess>>(acquired) && processes_.count(waiter.process) > 0)
    hand_over(waiter.process);
  return acquired;
}

Pool::Acquired Pool::stand_in_line(std::unique_lock<std::mutex>& lock, Waiter& waiter, const InvokeOrder& order) {
  const Steady in_line_since = std::chrono::steady_clock::now();
  const Steady in_line_until = in_line_since + ground_.queue_limit;
  bool again = false;  // the second initialisation is part of the invocation, under the function's own timeout
  while (!waiter.process && !closed_) {
    if (waiter.own_start_failed && again) {
      ++counts_.invocations;
      ++counts_.errors;
      auto outcome = waiter.own_start_failed->outcome(order.request_id);
      outcome.cold = true;
      return outcome;
    }
    if (std::exchange(waiter.own_start_failed, std::nullopt)) again = true;
    const auto soon = in_line_since + finishing_patience;
    const bool patient = line_.size() <= finishing_.size() && std::chrono::steady_clock::now() < soon;
    const bool starts = waiter.starting == nullptr && live() < cap() && !patient;
    if (starts) {
      const auto limit = again ? Duration(std::chrono::seconds(function_.timeout_seconds)) : ground_.init_limit;
      if (auto failed = start_for(lock, waiter, limit)) {
        // Not even a process: trying again would end the same way.
        waiter.own_start_failed = std::move(failed);
        again = true;
      }
      continue;
    }
    const bool full = waiter.starting == nullptr;
    const auto limit = std::min(order.give_up, patient ? soon : full ? in_line_until : Steady::max());
    waiter.told.wait_until(lock, limit);
    if (waiter.process || waiter.own_start_failed || closed_) continue;
    const auto now = std::chrono::steady_clock::now();
    if (now >= order.give_up) return GaveUp{};
    if (full && now >= in_line_until) {
      ++counts_.throttles;
      return Throttled{"ConcurrentInvocationLimitExceeded"};
    }
  }
  if (!waiter.process) return Throttled{"FunctionIsGone"};
  waiter.process->thaw();
  return std::exchange(waiter.process, nullptr);
}

/// Launches a process outside the lock. What went wrong at once, if anything did.
std::optional<EnvironmentEnd> Pool::start_for(std::unique_lock<std::mutex>& lock, Waiter& waiter, Duration init_limit) {
  const auto process = FunctionProcess::make(function_, ground_, weak_from_this());
  processes_.insert(process);
  starting_.insert(process.get());
  waiter.starting = process.get();
  ++counts_.cold_starts;
  lock.unlock();
  const auto launched = process->launch(init_limit);
  lock.lock();
  if (launched) return std::nullopt;
  waiter.starting = nullptr;
  starting_.erase(process.get());
  if (processes_.erase(process) > 0) bury(process);
  const auto& error = launched.error();
  return EnvironmentEnd{error.code.empty() ? "Runtime.StartError" : error.code, error.what};
}

/// To the first in line, or to the idle ones, frozen. Its caller holds the lock.
void Pool::hand_over(const std::shared_ptr<FunctionProcess>& process) {
  for (auto* waiter : line_) {
    if (waiter->process) continue;
    waiter->process = process;
    waiter->told.notify_one();
    return;
  }
  process->freeze();
  idle_.push_back(process);
}

/// Ends it where that may take a moment: neither under our lock nor on a thread that it waits for.
void Pool::bury(std::shared_ptr<FunctionProcess> process) {
  process->kill();
  ground_.nursery.post([gone = std::move(process)] { gone->end(); });
}

void Pool::on_answered(const std::shared_ptr<FunctionProcess>& process) {
  const std::lock_guard lock(mutex_);
  finishing_.insert(process.get());
}

void Pool::on_idle(const std::shared_ptr<FunctionProcess>& process) {
  const std::lock_guard lock(mutex_);
  finishing_.erase(process.get());
  if (processes_.count(process) == 0) return;
  if (starting_.erase(process.get()) > 0)
    for (auto* waiter : line_)
      if (waiter->starting == process.get()) waiter->starting = nullptr;
  hand_over(process);
}

void Pool::on_end(const std::shared_ptr<FunctionProcess>& process, const EnvironmentEnd& why) {
  const std::lock_guard lock(mutex_);
  finishing_.erase(process.get());
  if (processes_.erase(process) == 0) return;
  std::erase(idle_, process);
  const bool was_starting = starting_.erase(process.get()) > 0;
  bury(process);
  if (was_starting) tell_starter(process.get(), why);
  else if (!line_.empty()) line_.front()->told.notify_one();  // there is room for a start now
}

/// Who started it hears of it. When that one was served otherwise, somebody lives on a start that was not his own.
void Pool::tell_starter(const FunctionProcess* process, const EnvironmentEnd& why) {
  Waiter* heir = nullptr;
  for (auto* waiter : line_) {
    if (waiter->process) continue;
    if (waiter->starting == process) {
      waiter->starting = nullptr;
      waiter->own_start_failed = why;
      waiter->told.notify_one();
      return;
    }
    if (waiter->starting == nullptr && heir == nullptr) heir = waiter;
  }
  if (heir == nullptr) return;
  heir->own_start_failed = why;
  heir->told.notify_one();
}

}  // namespace tandem::deploy::local
