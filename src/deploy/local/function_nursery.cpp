#include "deploy/local/function_nursery.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <future>
#include <map>
#include <thread>

#include "base/guarded.hpp"
#include "base/log.hpp"

namespace tandem::deploy::local {
namespace {

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

struct Appointment {
  Steady time;
  Nursery::Task task;
};

struct Plans {
  std::deque<Nursery::Task> tasks;
  std::map<Nursery::Timer, Appointment> timers;
  std::map<int, Nursery::Task> watched;    ///< by pidfd
  Nursery::Timer last_timer = 0;
  Steady wakes_at = Steady::max();         ///< when the thread wakes by itself
  bool ending = false;
};

}  // namespace

struct Nursery::State {
  Descriptor epoll;
  Descriptor bell;
  Guarded<Plans> plans;
  std::jthread thread;

  void ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto rung = ::write(bell.number, &one, sizeof one);
  }

  void run();
  bool run_one_task();
  void run_due_timers();
  void wait();
  void hear(int descriptor);
};

namespace {

/// A task that throws must not take the others with it.
void run_guarded(const Nursery::Task& task) {
  try {
    task();
  } catch (const std::exception& trouble) {
    log(Level::Error, "function.nursery", {{"what", trouble.what()}});
  }
}

}  // namespace

bool Nursery::State::run_one_task() {
  const auto task = plans.with([](Plans& all) {
    if (all.tasks.empty()) return Task{};
    auto first = std::move(all.tasks.front());
    all.tasks.pop_front();
    return first;
  });
  if (task) run_guarded(task);
  return static_cast<bool>(task);
}

void Nursery::State::run_due_timers() {
  std::vector<Task> due;
  plans.with([&](Plans& all) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(all.timers, [&](auto& timer) {
      if (timer.second.time > now) return false;
      due.push_back(std::move(timer.second.task));
      return true;
    });
  });
  for (const auto& task : due) run_guarded(task);
}

void Nursery::State::hear(int descriptor) {
  if (descriptor == bell.number) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(bell.number, &count, sizeof count);
    return;
  }
  const auto task = plans.with([&](Plans& all) {
    auto found = all.watched.extract(descriptor);
    return found.empty() ? Task{} : std::move(found.mapped());
  });
  if (!task) return;
  // Taken out before it is closed: a child that another thread starts at this moment holds a copy until it executes its
  // program, and the number would be told of again when it is somebody else's already.
  ::epoll_ctl(epoll.number, EPOLL_CTL_DEL, descriptor, nullptr);
  ::close(descriptor);
  run_guarded(task);
}

void Nursery::State::wait() {
  const auto until = plans.with([](Plans& all) {
    all.wakes_at = Steady::max();
    if (!all.tasks.empty() || all.ending) all.wakes_at = Steady::min();
    else
      for (const auto& [id, timer] : all.timers) all.wakes_at = std::min(all.wakes_at, timer.time);
    return all.wakes_at;
  });
  int timeout_ms = until == Steady::max() ? -1 : 0;
  if (until != Steady::max() && until != Steady::min()) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>(rest, 0, 3'600'000));
  }
  epoll_event events[32];
  const int count = ::epoll_wait(epoll.number, events, 32, timeout_ms);
  for (int i = 0; i < count; ++i) hear(events[i].data.fd);
}

void Nursery::State::run() {
  while (true) {
    while (run_one_task()) {}
    if (plans.with([](Plans& all) { return all.ending && all.tasks.empty(); })) return;
    run_due_timers();
    wait();
  }
}

Result<std::unique_ptr<Nursery>> Nursery::open() {
  auto state = std::make_unique<State>();
  state->epoll.number = ::epoll_create1(EPOLL_CLOEXEC);
  state->bell.number = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.fd = state->bell.number}};
  if (state->epoll.number < 0 || state->bell.number < 0 ||
      ::epoll_ctl(state->epoll.number, EPOLL_CTL_ADD, state->bell.number, &event) != 0)
    return failure(Fault::Unavailable, "cannot watch processes: {}", std::strerror(errno));
  state->thread = std::jthread([of = state.get()] { of->run(); });
  return std::unique_ptr<Nursery>(new Nursery(std::move(state)));
}

Nursery::Nursery(std::unique_ptr<State> state) : state_(std::move(state)) {}

Nursery::~Nursery() {
  state_->plans.with([](Plans& all) { all.ending = true; });
  state_->ring();
  state_->thread.join();
  state_->plans.with([](Plans& all) {
    for (const auto& [descriptor, task] : all.watched) ::close(descriptor);
  });
}

void Nursery::post(Task task) {
  state_->plans.with([&](Plans& all) { all.tasks.push_back(std::move(task)); });
  state_->ring();
}

Result<Process> Nursery::start(const Command& command, std::function<void(Stream, std::string_view)> on_output) {
  std::promise<Result<Process>> promise;
  auto started = promise.get_future();
  post([&] { promise.set_value(Process::start(command, std::move(on_output))); });
  return started.get();
}

void Nursery::watch(int pid, Task on_exit) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return post(std::move(on_exit));  // ended and reaped already
  state_->plans.with([&](Plans& all) { all.watched[descriptor] = std::move(on_exit); });
  epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
  ::epoll_ctl(state_->epoll.number, EPOLL_CTL_ADD, descriptor, &event);
}

Nursery::Timer Nursery::at(Steady time, Task task) {
  bool sooner = false;
  const auto timer = state_->plans.with([&](Plans& all) {
    all.timers[++all.last_timer] = {time, std::move(task)};
    sooner = time < all.wakes_at;
    all.wakes_at = std::min(all.wakes_at, time);
    return all.last_timer;
  });
  if (sooner) state_->ring();
  return timer;
}

void Nursery::cancel(Timer timer) {
  // Destroyed outside the lock: a task may own something whose end comes back here.
  const auto gone = state_->plans.with([&](Plans& all) { return all.timers.extract(timer); });
}

}  // namespace tandem::deploy::local
