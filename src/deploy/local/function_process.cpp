#include "deploy/local/function_process.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"

namespace tandem::deploy::local {
namespace {

/// How often the memory of a busy process is looked at.
constexpr std::chrono::milliseconds memory_interval{200};

std::string log_stream(const Function& function, Instant now) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
  return fmt::format("{:04}/{:02}/{:02}/[{}]{}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()), function.version, hex(random_bytes(16)));
}

std::string exit_reason(const std::optional<Exit>& exit) {
  if (!exit || (exit->code == 0 && exit->signal == 0)) return "Runtime exited without providing a reason";
  // Behind bwrap a signal arrives as 128 + number.
  const int signal = exit->signal != 0 ? exit->signal : exit->code > 128 ? exit->code - 128 : 0;
  if (signal == 0) return fmt::format("Runtime exited with error: exit status {}", exit->code);
  std::string name = signal == SIGKILL ? "killed" : ::sigdescr_np(signal) == nullptr ? std::to_string(signal) : ::sigdescr_np(signal);
  name[0] = static_cast<char>(std::tolower(name[0]));
  return fmt::format("Runtime exited with error: signal: {}", name);
}

double milliseconds(Microseconds duration) { return static_cast<double>(duration.count()) / 1000.0; }

}  // namespace

FunctionOutcome EnvironmentEnd::outcome(const std::string& request_id) const {
  if (payload) return {.failed = true, .payload = *payload, .error_type = error_type};
  return sandbox_failure(request_id, error_type, reason);
}

std::shared_ptr<FunctionProcess> FunctionProcess::make(const Function& function, FunctionGround& ground, std::weak_ptr<FunctionOwner> owner) {
  return std::shared_ptr<FunctionProcess>(new FunctionProcess(function, ground, std::move(owner)));
}

FunctionProcess::FunctionProcess(const Function& function, FunctionGround& ground, std::weak_ptr<FunctionOwner> owner)
    : function_(function), ground_(ground), owner_(std::move(owner)),
      group_(function.log_group.empty() ? "/aws/lambda/" + function.name : function.log_group),
      scratch_(ground.folder / "scratch" / hex(random_bytes(8))) {}

Done FunctionProcess::launch(Duration init_limit) {
  TRY(make_folders(scratch_));
  auto api = TRY(RuntimeApi::listen(*this));
  auto function = function_;
  function.log_group = group_;
  const auto command = TRY(function_command(function, ground_.house,
                                            {.runtime_api = api->address(), .scratch = scratch_, .log_stream = log_stream(function_, ground_.clock.now())}));
  log_line(fmt::format("INIT_START Runtime Version: {}", function_.runtime));
  // The process may be ready before we know it: what it causes waits for this lock.
  const std::lock_guard lock(mutex_);
  if (abandoned_) {
    std::error_code ignored;  // a scratch folder that stays is swept at the next start
    std::filesystem::remove_all(scratch_, ignored);
    return failure(Fault::Cancelled, "function {} is gone", function_.name);
  }
  api_ = std::move(api);
  return launch_locked(command, init_limit);
}

Done FunctionProcess::launch_locked(const Command& command, Duration init_limit) {
  started_ = std::chrono::steady_clock::now();
  deadline_ = started_ + init_limit;
  process_ = TRY(ground_.nursery.start(command, [this](Stream stream, std::string_view piece) { on_output(stream, piece); }));
  // Not durable and not needed to be: a machine that lost power has no leftovers.
  TRY(write_file(running_file(), start_time(process_->pid())));
  timer_ = check_at(deadline_);
  ground_.nursery.watch(process_->pid(), [self = weak_from_this()] {
    if (const auto living = self.lock()) living->on_exit();
  });
  return done();
}

FunctionProcess::~FunctionProcess() {
  end();
  process_.reset();  // its output thread uses what is destroyed next
}

Nursery::Timer FunctionProcess::check_at(Steady time) {
  return ground_.nursery.at(time, [self = weak_from_this()] {
    if (const auto living = self.lock()) living->check_time_and_memory();
  });
}

void FunctionProcess::end() {
  const std::lock_guard once(ending_);
  if (std::exchange(ended_, true)) return;
  Nursery::Timer timer = 0;
  std::shared_ptr<FunctionCall> unfinished;
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    timer = std::exchange(timer_, 0);
    if (work_) unfinished = work_->call;
  }
  ground_.nursery.cancel(timer);
  if (process_) {
    std::error_code ignored;
    process_->signal(SIGKILL);
    std::filesystem::remove(running_file(), ignored);
  }
  if (api_) api_->close();
  if (process_) process_->wait(std::chrono::seconds(5));
  if (unfinished) unfinished->complete(sandbox_failure(unfinished->request_id(), "Runtime.ExitError", "the environment was ended"));
  std::error_code ignored;  // as in launch
  std::filesystem::remove_all(scratch_, ignored);
}

std::filesystem::path FunctionProcess::running_file() const {
  return ground_.folder / "running" / std::to_string(process_->pid());
}

int FunctionProcess::pid() const { return process_->pid(); }

void FunctionProcess::freeze() { process_->signal(SIGSTOP); }
void FunctionProcess::thaw() { process_->signal(SIGCONT); }
void FunctionProcess::kill() {
  const std::lock_guard lock(mutex_);
  if (process_) process_->signal(SIGKILL);
}

Steady FunctionProcess::idle_since() const {
  const std::lock_guard lock(mutex_);
  return idle_since_;
}

bool FunctionProcess::begin(std::shared_ptr<FunctionCall> call, RuntimeEvent event) {
  const auto now = std::chrono::steady_clock::now();
  const auto deadline = now + std::chrono::seconds(function_.timeout_seconds);
  event.request_id = call->request_id();
  event.deadline = ground_.clock.now() + std::chrono::seconds(function_.timeout_seconds);
  {
    const std::lock_guard lock(mutex_);
    if (exited_ || abandoned_) return false;
    work_ = Work{call, now, deadline};
    deadline_ = deadline;
    timer_ = check_at(std::min<Steady>(deadline, now + memory_interval));
  }
  log_line(fmt::format("START RequestId: {} Version: {}", call->request_id(), function_.version));
  api_->give(std::move(event));
  return true;
}

void FunctionProcess::on_ready() {
  const auto self = weak_from_this().lock();
  if (!self) return;
  std::shared_ptr<FunctionCall> finished;
  Nursery::Timer timer = 0;
  {
    const std::lock_guard lock(mutex_);
    timer = std::exchange(timer_, 0);
    const auto now = std::chrono::steady_clock::now();
    idle_since_ = now;
    if (!std::exchange(initialised_, true)) init_took_ = std::chrono::duration_cast<Microseconds>(now - started_);
    if (work_) finished = work_->call;
  }
  ground_.nursery.cancel(timer);
  if (finished && !report(finished))
    return kill_because({"Runtime.ExitError", "Runtime exited with error: signal: killed"});
  if (const auto owner = owner_.lock()) owner->on_idle(self);
}

void FunctionProcess::on_answer(const std::string&, RuntimeAnswer answer) {
  std::shared_ptr<FunctionCall> call;
  FunctionOutcome outcome{.failed = answer.failed, .payload = std::move(answer.payload), .error_type = std::move(answer.error_type)};
  {
    const std::lock_guard lock(mutex_);
    if (!work_) return;
    work_->answered = std::chrono::steady_clock::now();
    outcome.took = std::chrono::duration_cast<Microseconds>(*work_->answered - work_->began);
    outcome.cold = init_took_.has_value();
    call = work_->call;
  }
  const auto self = weak_from_this().lock();
  const auto owner = owner_.lock();
  if (self && owner) owner->on_answered(self);
  call->complete(std::move(outcome));
}

void FunctionProcess::on_init_error(RuntimeAnswer answer) {
  const std::lock_guard lock(mutex_);
  why_ = EnvironmentEnd{answer.error_type, "Runtime failed to initialise", std::move(answer.payload)};
}

void FunctionProcess::kill_because(EnvironmentEnd why) {
  {
    const std::lock_guard lock(mutex_);
    if (!why_) why_ = std::move(why);
  }
  kill();
}

void FunctionProcess::check_time_and_memory() {
  const auto now = std::chrono::steady_clock::now();
  const auto peak = peak_memory_below(process_->pid());
  std::optional<EnvironmentEnd> end;
  {
    const std::lock_guard lock(mutex_);
    if (timer_ == 0 || exited_) return;
    peak_bytes_ = std::max(peak_bytes_, peak);
    if (now >= deadline_) {
      const auto limit = work_ ? std::chrono::duration<double>(work_->deadline - work_->began) : std::chrono::duration<double>(deadline_ - started_);
      end = EnvironmentEnd{"Sandbox.Timedout", fmt::format("Task timed out after {:.2f} seconds", limit.count())};
    } else if (peak_bytes_ > memory_bytes()) {
      end = EnvironmentEnd{"Runtime.ExitError", "Runtime exited with error: signal: killed"};
    } else {
      timer_ = check_at(std::min<Steady>(deadline_, now + memory_interval));
    }
  }
  if (end) kill_because(std::move(*end));
}

void FunctionProcess::on_exit() {
  const auto exit = process_->wait(std::chrono::milliseconds(500));
  EnvironmentEnd why;
  std::shared_ptr<FunctionCall> call;
  bool initialised = false;
  {
    const std::lock_guard lock(mutex_);
    initialised = initialised_;
    exited_ = true;
    why = why_.value_or(EnvironmentEnd{"Runtime.ExitError", exit_reason(exit)});
    if (work_) call = work_->call;
  }
  if (call) {
    const auto reason = why.payload ? std::string("error ") + why.error_type : why.reason;
    log_line(fmt::format("RequestId: {} Error: {}", call->request_id(), reason));
    report(call);
    call->complete(why.outcome(call->request_id()));
  } else if (!initialised) {
    log_line(fmt::format("INIT_REPORT Status: error Error Type: {}", why.error_type));
  }
  const auto self = weak_from_this().lock();
  const auto owner = owner_.lock();
  if (self && owner) owner->on_end(self, why);
}

bool FunctionProcess::report(const std::shared_ptr<FunctionCall>& call) {
  process_->catch_up(std::chrono::seconds{1});  // what it printed before it answered belongs before END
  const auto measured = peak_memory_below(process_->pid());
  Microseconds took{};
  std::optional<Microseconds> init;
  std::uint64_t peak = 0;
  {
    const std::lock_guard lock(mutex_);
    peak = peak_bytes_ = std::max(peak_bytes_, measured);
    took = std::chrono::duration_cast<Microseconds>(work_->answered.value_or(std::chrono::steady_clock::now()) - work_->began);
    init = std::exchange(init_took_, std::nullopt);
  }
  log_line(fmt::format("END RequestId: {}", call->request_id()));
  auto line = fmt::format("REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB",
                          call->request_id(), milliseconds(took), (took.count() + 999) / 1000, function_.memory_mb, peak >> 20U);
  if (init) line += fmt::format("\tInit Duration: {:.2f} ms", milliseconds(*init));
  log_line(line);
  const std::lock_guard lock(mutex_);
  work_.reset();
  call->close_log();
  return peak <= memory_bytes();
}

void FunctionProcess::on_output(Stream stream, std::string_view piece) {
  for (const auto& line : (stream == Stream::Out ? out_ : err_).add(piece)) log_line(line);
}

void FunctionProcess::log_line(const std::string& line) {
  ground_.logs.write(group_, line);
  const auto call = [&] {
    const std::lock_guard lock(mutex_);
    return work_ ? work_->call : nullptr;
  }();
  if (call) call->note(line);
}

}  // namespace tandem::deploy::local
