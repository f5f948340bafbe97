#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace tandem {
namespace {

using Steady = std::chrono::steady_clock;
using OnOutput = std::function<void(Stream, std::string_view)>;

/// How long what a process left behind may go on talking after its end.
constexpr std::chrono::milliseconds last_words{250};

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

/// A pipe whose ends are above 2, so that setting up a child's 0, 1 and 2 never runs over them.
struct Pipe {
  Descriptor read;
  Descriptor write;
};

Descriptor above_standard(int number) {
  if (number > 2) return Descriptor(number);
  Descriptor low(number);
  return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 3));
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return failure(Fault::Unavailable, "cannot make a pipe: {}", std::strerror(errno));
  return Pipe{above_standard(ends[0]), above_standard(ends[1])};
}

Result<std::string> find_program(const Command& command) {
  if (command.argv.empty() || command.argv[0].empty()) return failure(Fault::Invalid, "a command without a program");
  const auto& name = command.argv[0];
  if (name.find('/') != std::string::npos) return name;
  const auto path = command.environment.find("PATH");
  const std::string folders = path == command.environment.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second;
  for (const auto& folder : split(folders, ':')) {
    if (!folder.starts_with('/')) continue;  // a relative entry would run what lies in the working directory
    const auto candidate = folder + "/" + name;
    struct stat found {};
    if (::stat(candidate.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return failure(Fault::Missing, "no program {} in PATH", name);
}

struct Actions {
  posix_spawn_file_actions_t raw{};
  Actions() { posix_spawn_file_actions_init(&raw); }
  ~Actions() { posix_spawn_file_actions_destroy(&raw); }
};
struct Attributes {
  posix_spawnattr_t raw{};
  Attributes() { posix_spawnattr_init(&raw); }
  ~Attributes() { posix_spawnattr_destroy(&raw); }
};

/// A started program and our ends of its streams. Its whole group dies with this object.
class Child {
 public:
  static Result<std::unique_ptr<Child>> start(const Command& command) {
    const auto program = TRY(find_program(command));
    struct stat found {};
    if (!command.folder.empty() && (::stat(command.folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)))
      return failure(Fault::Missing, "no folder {} to run {} in", command.folder.string(), command.argv[0]);
    auto out = TRY(make_pipe());
    auto err = TRY(make_pipe());
    auto in = Pipe{};
    if (command.input.empty()) in.read = above_standard(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    else in = TRY(make_pipe());

    auto child = std::unique_ptr<Child>(new Child);
    TRY(child->spawn(program, command, in.read.number(), out.write.number(), err.write.number()));
    child->in = std::move(in.write);
    child->out = std::move(out.read);
    child->err = std::move(err.read);
    for (const auto* end : {&child->in, &child->out, &child->err})
      if (end->is_open()) ::fcntl(end->number(), F_SETFL, O_NONBLOCK);
    return child;
  }

  ~Child() {
    signal(SIGKILL);
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int pid() const { return pid_; }
  int pidfd() const { return pidfd_.number(); }

  /// The number of a group is ours as long as its leader is not reaped, so nobody else can be hit.
  void signal(int number) {
    const std::lock_guard lock(mutex_);
    if (!reaped_ && pid_ > 0) ::kill(-pid_, number);
  }

  /// Waits for the leader and returns how it went.
  siginfo_t reap() {
    const std::lock_guard lock(mutex_);
    if (reaped_ || pid_ <= 0) return ending_;
    // First only look: the group is signalled while its number cannot belong to anybody else.
    while (::waitid(P_PID, static_cast<id_t>(pid_), &ending_, WEXITED | WNOWAIT) != 0 && errno == EINTR) {}
    ::kill(-pid_, SIGKILL);
    while (::waitid(P_PID, static_cast<id_t>(pid_), &ending_, WEXITED) != 0 && errno == EINTR) {}
    reaped_ = true;
    return ending_;
  }

  Descriptor in;
  Descriptor out;
  Descriptor err;

 private:
  Child() = default;

  Done spawn(const std::string& program, const Command& command, int in_end, int out_end, int err_end) {
    std::vector<char*> argv;
    for (const auto& argument : command.argv) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::vector<std::string> settings;
    for (const auto& [name, value] : command.environment) settings.push_back(fmt::format("{}={}", name, value));
    std::vector<char*> environment;
    for (auto& setting : settings) environment.push_back(setting.data());
    environment.push_back(nullptr);

    Actions actions;
    posix_spawn_file_actions_adddup2(&actions.raw, in_end, 0);
    posix_spawn_file_actions_adddup2(&actions.raw, out_end, 1);
    posix_spawn_file_actions_adddup2(&actions.raw, err_end, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions.raw, 3);  // whatever a library forgot to mark
    if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions.raw, command.folder.c_str());

    Attributes attributes;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setflags(&attributes.raw, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes.raw, 0);
    posix_spawnattr_setsigmask(&attributes.raw, &none);
    posix_spawnattr_setsigdefault(&attributes.raw, &all);

    const int code = ::posix_spawn(&pid_, program.c_str(), &actions.raw, &attributes.raw, argv.data(), environment.data());
    if (code != 0) {
      pid_ = 0;
      const auto fault = code == ENOENT ? Fault::Missing : code == EACCES ? Fault::Denied
                         : code == ENOEXEC || code == E2BIG             ? Fault::Invalid
                                                                        : Fault::Unavailable;
      return failure(fault, "cannot start {}: {}", command.argv[0], std::strerror(code));
    }
    pidfd_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_.is_open()) return failure(Fault::Unavailable, "cannot watch {}: {}", command.argv[0], std::strerror(errno));
    TRY(limit(RLIMIT_AS, command.memory_limit_bytes, "memory", command.argv[0]));
    return limit(RLIMIT_FSIZE, command.file_limit_bytes, "files", command.argv[0]);
  }

  Done limit(int resource, const std::optional<std::uint64_t>& most, std::string_view what, const std::string& program) const {
    if (!most) return done();
    const rlimit bound{*most, *most};
    // a process that has ended already needs no limit
    if (::prlimit(pid_, static_cast<__rlimit_resource>(resource), &bound, nullptr) == 0 || errno == ESRCH) return done();
    return failure(Fault::Unavailable, "cannot limit the {} of {}: {}", what, program, std::strerror(errno));
  }

  std::mutex mutex_;
  int pid_ = 0;
  Descriptor pidfd_;
  bool reaped_ = false;
  siginfo_t ending_{};
};

/// Writing to a program that has stopped reading would otherwise end us with SIGPIPE.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() {
    const timespec at_once{};
    while (sigtimedwait(&pipe_, nullptr, &at_once) > 0) {}
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

/// Somebody wants to have heard all that the child has said so far.
struct CatchUp {
  int event = -1;                          ///< an eventfd, readable when asked
  std::function<std::uint64_t()> asked;    ///< the newest question, before reading on
  std::function<void(std::uint64_t)> done; ///< all that was said before that question is handed over
};

/// Brings one child to its end: feeds it, drains it, and ends it when its time is up or somebody says stop.
class Pump {
 public:
  Pump(Child& child, const Command& command, const OnOutput& on_output, std::stop_token stop, CatchUp catch_up = {})
      : child_(child), command_(command), on_output_(on_output), catch_up_(std::move(catch_up)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        on_stop_(std::move(stop), Wake{wake_.number()}) {}

  Exit to_the_end() {
    const auto began = Steady::now();
    if (command_.time_limit) act_at_ = began + *command_.time_limit;
    while (!ended_) turn();
    drain_last_words();
    const auto ending = child_.reap();
    Exit exit;
    exit.signal = ending.si_code == CLD_EXITED ? 0 : ending.si_status;
    exit.code = ending.si_code == CLD_EXITED ? ending.si_status : 128 + ending.si_status;
    exit.timed_out = timed_out_;
    exit.stopped = stopped_;
    exit.took = std::chrono::duration_cast<Duration>(Steady::now() - began);
    return exit;
  }

 private:
  struct Wake {
    int number;
    void operator()() const {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(number, &one, sizeof one);
    }
  };

  void turn() {
    std::array<pollfd, 6> watched{{{child_.out.number(), POLLIN, 0},
                                   {child_.err.number(), POLLIN, 0},
                                   {child_.in.number(), POLLOUT, 0},
                                   {child_.pidfd(), POLLIN, 0},
                                   {stopped_ ? -1 : wake_.number(), POLLIN, 0},
                                   {catch_up_.event, POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), patience());
    if (watched[0].revents != 0) drain(child_.out, Stream::Out);
    if (watched[1].revents != 0) drain(child_.err, Stream::Err);
    if (watched[2].revents != 0) feed();
    if (watched[5].revents != 0) hear_all();
    ended_ = watched[3].revents != 0;
    if (ended_) return;
    if (watched[4].revents != 0) {
      stopped_ = true;
      begin_to_end();
    } else if (act_at_ && Steady::now() >= *act_at_) {
      if (!ending_) timed_out_ = true;
      ending_ ? kill() : begin_to_end();
    }
  }

  void begin_to_end() {
    if (ending_) return;
    ending_ = true;
    child_.signal(SIGTERM);
    act_at_ = Steady::now() + command_.grace;
  }

  void kill() {
    child_.signal(SIGKILL);
    act_at_.reset();
  }

  int patience() const {
    if (!act_at_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*act_at_ - Steady::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  /// At most one buffer a turn, so that a program that never stops talking cannot keep us from its deadline.
  bool drain(Descriptor& from, Stream stream) {
    const auto got = ::read(from.number(), buffer_.data(), buffer_.size());
    if (got > 0) on_output_(stream, std::string_view(buffer_.data(), static_cast<size_t>(got)));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) from.close();
    return got > 0;
  }

  /// A pipe holds 64 KiB; a few buffers of each are more than was there when it was asked.
  void hear_all() {
    std::uint64_t times = 0;
    [[maybe_unused]] const auto got = ::read(catch_up_.event, &times, sizeof times);
    const auto question = catch_up_.asked();
    for (int look = 0; look < 4 && child_.out.is_open() && drain(child_.out, Stream::Out); ++look) {}
    for (int look = 0; look < 4 && child_.err.is_open() && drain(child_.err, Stream::Err); ++look) {}
    catch_up_.done(question);
  }

  void feed() {
    const NoSigpipe guard;
    const auto rest = std::string_view(command_.input).substr(fed_);
    const auto written = ::write(child_.in.number(), rest.data(), rest.size());
    if (written > 0) fed_ += static_cast<size_t>(written);
    const bool refused = written < 0 && errno != EAGAIN && errno != EINTR;
    if (refused || fed_ == command_.input.size()) child_.in.close();
  }

  /// The leader is gone. Its children may still hold the pipes: they are heard for a moment and not waited for.
  void drain_last_words() {
    child_.in.close();
    const auto until = Steady::now() + last_words;
    while (child_.out.is_open() || child_.err.is_open()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
      if (left <= 0) return;
      std::array<pollfd, 2> watched{{{child_.out.number(), POLLIN, 0}, {child_.err.number(), POLLIN, 0}}};
      if (::poll(watched.data(), watched.size(), static_cast<int>(left)) <= 0) return;
      if (watched[0].revents != 0) drain(child_.out, Stream::Out);
      if (watched[1].revents != 0) drain(child_.err, Stream::Err);
    }
  }

  Child& child_;
  const Command& command_;
  const OnOutput& on_output_;
  CatchUp catch_up_;
  Descriptor wake_;
  std::stop_callback<Wake> on_stop_;
  std::vector<char> buffer_ = std::vector<char>(64 << 10);
  std::optional<Steady::time_point> act_at_;
  size_t fed_ = 0;
  bool ended_ = false;
  bool ending_ = false;
  bool timed_out_ = false;
  bool stopped_ = false;
};

}  // namespace

std::map<std::string, std::string> tool_environment() {
  std::map<std::string, std::string> environment;
  for (const auto* name : {"PATH", "HOME", "LANG", "TZ"})
    if (const char* value = std::getenv(name)) environment.emplace(name, value);
  return environment;
}

std::map<std::string, std::string> machine_environment() {
  constexpr std::array<std::string_view, 20> names{
      "HTTP_PROXY",          "HTTPS_PROXY",    "NO_PROXY",       "ALL_PROXY",     "SSL_CERT_FILE", "SSL_CERT_DIR",
      "REQUESTS_CA_BUNDLE",  "CURL_CA_BUNDLE", "AWS_CA_BUNDLE",  "GIT_SSL_CAINFO", "NIX_SSL_CERT_FILE",
      "NODE_EXTRA_CA_CERTS", "PYENV_ROOT",     "NVM_DIR",        "RUSTUP_HOME",   "GOROOT",        "GOPROXY",
      "JAVA_HOME",           "VOLTA_HOME",     "ASDF_DATA_DIR"};
  std::map<std::string, std::string> environment;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view setting = *at;
    const auto equals = setting.find('=');
    const auto name = upper(setting.substr(0, equals));  // proxies and npm's settings are written in both cases
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (equals != setting.npos && (known || name.starts_with("PIP_") || name.starts_with("NPM_CONFIG_")))
      environment.emplace(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return environment;
}

std::map<std::string, std::string> package_environment() {
  auto out = tool_environment();
  out.merge(machine_environment());
  return out;
}

Result<Exit> run_streaming(const Command& command, const OnOutput& on_output, std::stop_token stop) {
  if (stop.stop_requested()) return Exit{.code = 128 + SIGTERM, .signal = SIGTERM, .stopped = true};
  const auto child = TRY(Child::start(command));
  return Pump(*child, command, on_output, std::move(stop)).to_the_end();
}

Result<Output> run_program(const Command& command, std::stop_token stop) {
  Output output;
  const auto keep = [&](Stream stream, std::string_view piece) {
    auto& kept = stream == Stream::Out ? output.out : output.err;
    const auto room = command.output_limit_bytes - std::min(command.output_limit_bytes, kept.size());
    kept += piece.substr(0, room);
    output.dropped_bytes += piece.size() - std::min(piece.size(), room);
  };
  output.exit = TRY(run_streaming(command, keep, std::move(stop)));
  return output;
}

struct Process::State {
  Command command;
  OnOutput on_output;
  std::unique_ptr<Child> child;
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Exit> exit;
  Descriptor catch_up{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::uint64_t asked = 0;    ///< questions of catch_up()
  std::uint64_t answered = 0;
  std::jthread thread;  ///< last, so that it is joined before the rest goes

  ~State() {
    if (child) child->signal(SIGKILL);
  }

  void follow() {
    bool listening = true;
    const OnOutput hand_over = [&](Stream stream, std::string_view piece) {
      if (!listening || !on_output) return;
      try {
        on_output(stream, piece);
      } catch (const std::exception& trouble) {
        listening = false;  // the program must go on being drained
        log(Level::Error, "process.output_failed", {{"program", command.argv[0]}, {"what", trouble.what()}});
      }
    };
    const CatchUp caught_up{catch_up.number(),
                            [this] {
                              const std::lock_guard lock(mutex);
                              return asked;
                            },
                            [this](std::uint64_t question) {
                              const std::lock_guard lock(mutex);
                              answered = question;
                              changed.notify_all();
                            }};
    const auto ended = Pump(*child, command, hand_over, {}, caught_up).to_the_end();
    const std::lock_guard lock(mutex);
    exit = ended;
    changed.notify_all();
  }
};

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;
Process::~Process() = default;

Result<Process> Process::start(const Command& command, OnOutput on_output) {
  auto state = std::make_unique<State>();
  state->child = TRY(Child::start(command));
  state->command = command;
  state->on_output = std::move(on_output);
  state->thread = std::jthread([owner = state.get()] { owner->follow(); });
  return Process(std::move(state));
}

int Process::pid() const { return state_->child->pid(); }
std::optional<Exit> Process::ended() { return wait(Duration{0}); }

std::optional<Exit> Process::wait(Duration limit) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, limit, [this] { return state_->exit.has_value(); });
  return state_->exit;
}

void Process::catch_up(Duration limit) {
  std::unique_lock lock(state_->mutex);
  const auto question = ++state_->asked;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(state_->catch_up.number(), &one, sizeof one);
  state_->changed.wait_for(lock, limit, [&] { return state_->exit.has_value() || state_->answered >= question; });
}

void Process::signal(int number) { state_->child->signal(number); }

Exit Process::stop(Duration grace) {
  signal(SIGTERM);
  if (const auto exit = wait(grace)) return *exit;
  signal(SIGKILL);
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->exit.has_value(); });
  return *state_->exit;
}

std::uint64_t Process::peak_memory_bytes() const {
  const auto status = read_file(fmt::format("/proc/{}/status", pid()));
  if (!status) return 0;
  for (const auto& line : lines_of(*status))
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) << 10;
  return 0;
}

}  // namespace tandem
