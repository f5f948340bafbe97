// The ends and the counts of pools, and the house of all of them.
#include <algorithm>
#include <future>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "deploy/local/pool.hpp"

namespace tandem::deploy::local {

void Pool::warm(Steady limit) {
  auto acquired = acquire({.request_id = "warming", .payload = {}, .function_arn = {}, .give_up = limit});
  const auto* process = std::get_if<std::shared_ptr<FunctionProcess>>(&acquired);
  if (process == nullptr) return;
  const std::lock_guard lock(mutex_);
  if (processes_.count(*process) > 0) hand_over(*process);
}

int Pool::end_idle(Steady before) {
  const std::lock_guard lock(mutex_);
  std::erase_if(idle_, [&](const auto& process) {
    if (process->idle_since() >= before) return false;
    processes_.erase(process);
    bury(process);
    return true;
  });
  return live();
}

void Pool::close() {
  std::set<std::shared_ptr<FunctionProcess>> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    all.swap(processes_);
    idle_.clear();
    starting_.clear();
    for (auto* waiter : line_) waiter->told.notify_one();
  }
  for (const auto& process : all) process->kill();
  for (const auto& process : all) process->end();
}

PoolCounts Pool::counts() const {
  const std::lock_guard lock(mutex_);
  auto counts = counts_;
  counts.processes = live();
  counts.idle = static_cast<int>(idle_.size());
  return counts;
}

std::string pool_key(const Function& function) {
  json::object environment;
  for (const auto& [name, value] : function.environment) environment[name] = value;
  return sha256_hex(to_canonical_text(json::object{
      {"arn", function.arn}, {"name", function.name}, {"version", function.version}, {"runtime", function.runtime},
      {"handler", function.handler}, {"code", function.code_digest}, {"folder", function.code_folder},
      {"memory", function.memory_mb}, {"timeout", function.timeout_seconds}, {"log_group", function.log_group},
      {"reserved", function.reserved_concurrency.value_or(-1)}, {"environment", std::move(environment)}}));
}

Pools::Pools(FunctionGround& ground) : ground_(ground) { schedule(); }

Pools::~Pools() {
  ground_.nursery.cancel(sweeping_.with([](auto& sweeping) {
    sweeping.ended = true;
    return sweeping.timer;
  }));
  std::promise<void> quiet;  // a sweep that runs right now uses us
  ground_.nursery.post([&quiet] { quiet.set_value(); });
  quiet.get_future().wait();
  const auto all = pools_.with([](auto& pools) { return std::exchange(pools, {}); });
  for (const auto& [key, pool] : all) pool->close();
}

std::shared_ptr<Pool> Pools::pool(const Function& function) {
  return pools_.with([&](auto& pools) {
    auto& found = pools[pool_key(function)];
    if (!found) found = std::make_shared<Pool>(function, ground_);
    return found;
  });
}

void Pools::end(std::vector<std::shared_ptr<Pool>> released) {
  std::vector<std::shared_ptr<Pool>> unused;
  for (auto& pool : released)
    pools_.with([&](auto& pools) {
      const auto found = pools.find(pool_key(pool->function()));
      if (found == pools.end() || found->second != pool || pool.use_count() > 2) return;
      pools.erase(found);
      unused.push_back(std::move(pool));
    });
  for (const auto& pool : unused) pool->close();
}

void Pools::schedule() {
  const auto interval = std::clamp<Duration>(ground_.idle_limit / 2, std::chrono::milliseconds(20), std::chrono::seconds(30));
  sweeping_.with([&](auto& sweeping) {
    if (sweeping.ended) return;
    sweeping.timer = ground_.nursery.at(std::chrono::steady_clock::now() + interval, [this] { sweep(); });
  });
}

/// Pools that no view shows any more stay until their processes have idled out: a rollback finds them warm.
void Pools::sweep() {
  const auto before = std::chrono::steady_clock::now() - ground_.idle_limit;
  const auto all = pools_.with([](auto& pools) { return pools; });
  std::vector<std::string> empty;
  for (const auto& [key, pool] : all)
    if (pool->end_idle(before) == 0) empty.push_back(key);
  pools_.with([&](auto& pools) {
    for (const auto& key : empty)
      if (const auto found = pools.find(key); found != pools.end() && found->second.use_count() == 2) pools.erase(found);
  });
  schedule();
}

json::array Pools::metrics() const {
  json::array out;
  for (const auto& [key, pool] : pools_.with([](auto& pools) { return pools; })) {
    const auto counts = pool->counts();
    out.push_back(json::object{{"function", pool->function().name}, {"version", pool->function().version},
                               {"invocations", counts.invocations}, {"errors", counts.errors}, {"throttles", counts.throttles},
                               {"cold_starts", counts.cold_starts}, {"processes", counts.processes}, {"idle", counts.idle}});
  }
  return out;
}

}  // namespace tandem::deploy::local
