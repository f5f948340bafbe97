// The program: the only place where the real clock, disk, network and terminal are made. Reading it shows what Tandem touches.

#include <pwd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <sstream>

#include "base/digest.hpp"
#include "base/kill_point.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "report/progress.hpp"
#include "report/view.hpp"
#include "run/contract.hpp"
#include "run/client.hpp"
#include "run/command_line.hpp"
#include "run/configuration.hpp"
#include "run/daemon.hpp"
#include "run/initialise.hpp"
#include "run/local_environment.hpp"
#include "run/trigger_explanation.hpp"
#include "run/validation.hpp"

namespace tandem {
namespace {
namespace fs = std::filesystem;

constexpr int exit_again = 75;
constexpr int exit_interrupted = 130;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// How text is to look on a stream of ours. NO_COLOR wins, then CLICOLOR_FORCE, then what the terminal is.
report::Style style_for(int descriptor) {
  const bool is_terminal = ::isatty(descriptor) == 1 && environment("TERM") != "dumb";
  const auto forced = environment("CLICOLOR_FORCE");
  report::Style style;
  style.colour = environment("NO_COLOR").empty() && ((!forced.empty() && forced != "0") || (is_terminal && !environment("TERM").empty()));
  std::string locale;
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (locale.empty()) locale = lower(environment(name));
  style.unicode = locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  winsize size{};
  const auto columns = std::atoi(environment("COLUMNS").c_str());
  if (columns >= 20) style.width = columns;
  else if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) style.width = size.ws_col;
  else style.width = is_terminal ? 80 : 1000;   // a file has no edge: nothing is cut
  return style;
}

int rows_of(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row > 3 ? size.ws_row : 24;
}

std::string user_name() {
  const auto* entry = ::getpwuid(::getuid());
  return entry == nullptr ? fmt::format("uid-{}", ::getuid()) : entry->pw_name;
}

fs::path own_path() {
  std::error_code code;
  auto path = fs::read_symlink("/proc/self/exe", code);
  return code ? fs::path("tandem") : path;
}

/// The first Ctrl-C (or TERM) asks for a stop, the second ends the process. Made before any other thread: they inherit
/// the mask, so that the signal comes here.
class Interrupt {
 public:
  Interrupt() {
    ::sigemptyset(&signals_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals_, number);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    waiter_ = std::jthread([this](const std::stop_token& done) {
      const timespec patience{.tv_sec = 0, .tv_nsec = 200'000'000};
      while (!done.stop_requested()) {
        if (::sigtimedwait(&signals_, nullptr, &patience) < 0) continue;
        if (source_.stop_requested()) ::_exit(exit_interrupted);
        source_.request_stop();
      }
    });
  }
  std::stop_token token() const { return source_.get_token(); }
  /// Waits for the first signal.
  void wait() const {
    std::mutex mutex;
    std::condition_variable_any sleeper;
    std::unique_lock lock(mutex);
    sleeper.wait(lock, source_.get_token(), [] { return false; });
  }

 private:
  sigset_t signals_{};
  std::stop_source source_;
  std::jthread waiter_;   ///< last: it uses the others
};

/// A run that is followed, on a terminal as a picture, elsewhere as lines. Standard error, so that the answer stays alone.
class Onlooker {
 public:
  explicit Onlooker(bool is_quiet)
      : view_(style_for(STDERR_FILENO)), screen_(STDERR_FILENO, rows_of(STDERR_FILENO)), is_quiet_(is_quiet),
        is_live_(::isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb" && environment("CI").empty()) {}
  void see(const std::vector<json::value>& runs, Instant now) {
    if (is_quiet_) return;
    if (!is_live_) {
      fmt::print(stderr, "{}", view_.news(runs));
      return;
    }
    frame_ = view_.frame(runs, now);
    screen_.show(frame_, std::chrono::steady_clock::now());
  }
  /// Before anything else is written: the picture goes where the answer takes its place, elsewhere the last one stays.
  void end() {
    if (frame_.empty()) return;
    if (::isatty(STDOUT_FILENO) == 1) return screen_.clear();
    screen_.show(frame_, report::Screen::Steady::max());
    screen_.leave();
  }

 private:
  report::ProgressView view_;
  report::Screen screen_;
  std::string frame_;
  bool is_quiet_;
  bool is_live_;
};

class Program {
 public:
  explicit Program(run::CommandLine line) : line_(std::move(line)), out_(style_for(STDOUT_FILENO)) {}
  Result<int> perform();
  int show(const Error& error) const;

 private:
  Result<fs::path> find_configuration() const;
  Result<run::Surroundings> surroundings() const;
  Result<int> initialise();
  Result<int> validate();
  Result<int> explain_trigger();
  Result<int> contract();
  Result<int> serve();
  Result<int> notify();
  Result<int> ask();
  Result<int> start_and_follow(run::Client& client, const Interrupt& interrupt);
  Result<int> follow_run(run::Client& client, const std::string& id, run::Patience patience, const Interrupt& interrupt);
  Result<int> follow_logs(run::Client& client, const Interrupt& interrupt);
  int show(const run::Answer& answer) const;
  int show_artifact(const run::Answer& answer) const;
  bool has(std::string_view name) const { return line_.arguments.contains(name); }
  std::string option(std::string_view name, std::string other = "") const;
  std::vector<std::string> options(std::string_view name) const;

  run::CommandLine line_;
  report::Style out_;
  SystemClock clock_;
};

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

constexpr size_t piece_bytes = 64UL << 10;

/// The next `most` bytes of standard input; fewer at its end.
std::string piece_of_input(size_t most) {
  std::string piece(most, '\0');
  std::cin.read(piece.data(), static_cast<std::streamsize>(most));
  piece.resize(static_cast<size_t>(std::cin.gcount()));
  return piece;
}

std::string Program::option(std::string_view name, std::string other) const {
  const auto* value = line_.arguments.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::move(other);
}

std::vector<std::string> Program::options(std::string_view name) const {
  std::vector<std::string> out;
  if (const auto* value = line_.arguments.if_contains(name); value != nullptr && value->is_array())
    for (const auto& member : value->as_array()) out.emplace_back(member.as_string());
  return out;
}

int Program::show(const run::Answer& answer) const {
  const auto now = ::isatty(STDOUT_FILENO) == 1 ? std::optional(clock_.now()) : std::nullopt;
  print(line_.as_json ? to_pretty_text(answer.document) : report::render(answer.document, out_, now));
  return answer.exit;
}

int Program::show(const Error& error) const {
  const auto document = run::document_of(error);
  if (line_.as_json) print(to_pretty_text(document));
  else fmt::print(stderr, "{}", report::render_error(document, style_for(STDERR_FILENO)));
  return run::exit_code_of(error);
}

/// An artifact is bytes. A terminal gets them only as printable text.
int Program::show_artifact(const run::Answer& answer) const {
  if (line_.as_json || ::isatty(STDOUT_FILENO) == 1) return show(answer);
  Fields fields(answer.document, "the artifact");
  const auto bytes = from_base64(fields.string("base64"));
  if (!bytes) return show(bytes.error());
  print(*bytes);
  return answer.exit;
}

Result<fs::path> Program::find_configuration() const {
  const auto named = line_.configuration.empty() ? environment("TANDEM_CONFIG") : line_.configuration;
  if (!named.empty()) return fs::absolute(named).lexically_normal();
  std::error_code code;
  for (auto folder = fs::current_path(code); !folder.empty(); folder = folder.parent_path()) {
    if (fs::exists(folder / "tandem.yaml", code)) return folder / "tandem.yaml";
    if (folder == folder.parent_path()) break;
  }
  return failure(Fault::Missing, "no tandem.yaml here or in a folder above").with_code("TD0104")
      .with_next("tandem init APPLICATION INFRASTRUCTURE, or give --config FILE");
}

Result<run::Surroundings> Program::surroundings() const {
  const auto file = TRY(find_configuration());
  auto configuration = TRY(run::load_configuration(file));
  return run::Surroundings{std::move(configuration), file, clock_, run::open_environments(clock_)};
}

/// A test seam: only the two commands that write without asking a daemon die by it.
Done arm_for_tests() {
  if (const auto point = environment("TANDEM_KILL_AT"); !point.empty()) TRY(arm_kill_point(point), "reading TANDEM_KILL_AT");
  return done();
}

Result<int> Program::initialise() {
  TRY(arm_for_tests());
  run::InitialiseRequest request{.application = option("application"), .infrastructure = option("infrastructure"), .folder = option("folder", "."),
                                 .program = own_path()};
  request.admin_email = option("admin_email", request.admin_email);
  if (has("force")) request.existing = run::InitialiseRequest::Existing::Replace;
  if (const auto* port = line_.arguments.if_contains("port")) {
    if (port->as_int64() < 0 || port->as_int64() > 65535)
      return failure(Fault::Invalid, "{} is no port", port->as_int64()).with_code("TD0101").with_next("--port 8642, or leave it out");
    request.port = static_cast<std::uint16_t>(port->as_int64());
  }
  const auto made = TRY(run::initialise(request, clock_));
  json::array repositories;
  for (const auto& repository : made.configuration.repositories)
    repositories.push_back({{"name", repository.name}, {"role", word(repository.role)}, {"url", repository.url}, {"branch", repository.branch}});
  const auto option_needed = made.file.parent_path() == fs::current_path() ? "" : fmt::format(" --config {}", made.file.string());
  const std::vector<std::string> next{fmt::format("tandem serve{}: the daemon; leave it running", option_needed),
                                      "push to a repository: what its workflows say starts",
                                      fmt::format("tandem status{}: what is live", option_needed)};
  const auto& environments = made.configuration.environments;
  return show(run::Answer{json::object{
      {"schema", "tandem.initialised/1"}, {"file", made.file.string()}, {"repositories", std::move(repositories)},
      {"admin", json::object{{"email", request.admin_email}, {"password", made.admin_password},
                             {"secret", environments.empty() ? "" : environments.front().admin_password_secret}}},
      {"notes", json_of(made.notes)}, {"next", json_of(next)}}});
}

Result<int> Program::validate() {
  run::ValidationRequest request;
  for (const auto& path : options("path")) request.paths.emplace_back(path);
  if (has("strict")) request.strictness = workflow::Strictness::Strict;
  if (has("plan")) request.plans = run::ValidationRequest::Plans::Show;
  if (has("fix")) request.corrections = run::ValidationRequest::Corrections::Write;
  const auto file = find_configuration();
  if (!file && !line_.configuration.empty()) return file.error();
  if (file) {
    const auto configuration = TRY(run::load_configuration(*file));
    request.known = run::known_names(configuration);
    request.network_grants = configuration.network_grants;
    for (const auto& repository : configuration.repositories) {
      if (options("path").empty() && fs::is_directory(fs::path(repository.url) / ".codecatalyst" / "workflows")) request.paths.emplace_back(repository.url);
    }
    if (fs::exists(run::Folders{configuration.state_folder}.secrets())) {
      const auto secrets = TRY(store::Secrets::open(run::Folders{configuration.state_folder}.secrets()));
      request.known.secrets = TRY(secrets.names());
    }
  }
  if (options("path").empty() && (request.paths.empty() || fs::is_directory(".codecatalyst/workflows"))) request.paths.insert(request.paths.begin(), ".");
  request.known.check_known = bool(file);
  const bool reads_input = std::ranges::find(request.paths, "-") != request.paths.end();
  request.known.now = clock_.now();
  if (reads_input) request.standard_input = piece_of_input(workflow::definition_bytes_max + 1);
  const auto files = TRY(run::examine(request));
  const auto answer = run::answer_of(files, request);
  if (has("sarif")) {
    print(to_pretty_text(run::sarif_of(files, TANDEM_VERSION)));
  } else if (reads_input && has("fix") && !line_.as_json) {   // a filter: the corrected text goes on, what was found goes beside it
    for (const auto& each : files)
      if (each.file == "standard input") print(each.text);
    for (auto more = piece_of_input(piece_bytes); !more.empty(); more = piece_of_input(piece_bytes)) print(more);   // of what was too large
    fmt::print(stderr, "{}", report::render(answer.document, style_for(STDERR_FILENO)));
  } else {
    return show(answer);
  }
  return answer.exit;
}

/// A folder is looked into directly; a name of tandem.yaml, or none, is a question for the engine.
Result<int> Program::explain_trigger() {
  const auto file = find_configuration();
  if (!file && !line_.configuration.empty()) return file.error();
  const auto repository = option("repo");
  bool is_configured = bool(file);
  if (file && !repository.empty()) {
    const auto configuration = TRY(run::load_configuration(*file));
    is_configured = configuration.find_repository(repository) != nullptr || !fs::is_directory(repository);
  }
  if (is_configured) return ask();
  if (!repository.empty() && !fs::is_directory(repository))
    return failure(Fault::Missing, "no folder {}, and no tandem.yaml that could name a repository so", repository).with_code("TD0103")
        .with_next("give --repo the path of a repository");
  const auto question = TRY(run::question_from(line_.arguments, clock_.now()));
  const auto answer = TRY(run::explain_folder(repository.empty() ? "." : repository, question));
  return show(answer);
}

/// Two folders, or a folder and a template, are compared right here; a commit is one of the configured pair.
Result<int> Program::contract() {
  if (option("verb", "check") != "check")
    return failure(Fault::Invalid, "no such verb: {}", option("verb")).with_code("TD0101").with_next("tandem contract check");
  std::error_code code;
  const auto is_folder = [&](std::string_view name) { return has(name) && fs::is_directory(option(name), code); };
  for (const auto* name : {"application", "infrastructure"})
    if (is_folder(name)) line_.arguments[name] = fs::canonical(option(name), code).string();
  if (has("template")) line_.arguments["template"] = fs::absolute(option("template")).lexically_normal().string();
  if (!is_folder("application") || !(has("template") || is_folder("infrastructure"))) return ask();
  const auto answer = TRY(run::check_contract({.application = option("application"), .infrastructure = option("infrastructure"), .templates = option("template"),
                                       .function = option("function"), .is_strict = has("strict")}));
  return show(answer);
}

Result<int> Program::serve() {
  TRY(arm_for_tests());
  const Interrupt interrupt;
  auto around = TRY(surroundings());
  run::DaemonOptions options{.port = around.configuration.port};
  if (const std::chrono::seconds poll{around.configuration.poll_seconds}; poll.count() > 0) options.poll_local = options.poll_remote = poll;
  if (const auto* port = line_.arguments.if_contains("port")) options.port = static_cast<std::uint16_t>(port->as_int64());
  auto shop = TRY(run::Workshop::open(std::move(around.configuration), around.file, clock_, around.open_target));
  const auto daemon = TRY(run::Daemon::start(*shop, options));
  const auto& address = daemon->address();
  show(run::Answer{json::object{{"schema", "tandem.serving/1"}, {"url", address.url}, {"socket", address.socket}, {"pid", address.pid}}});
  interrupt.wait();
  log(Level::Info, "daemon.stopping");
  return 0;
}

/// What the hook of a repository calls: the lines that git gives it, handed on. It says one line when nobody listens.
Result<int> Program::notify() {
  const auto file = TRY(find_configuration());
  const auto configuration = TRY(run::load_configuration(file));
  json::array updates;
  for (std::string update; std::getline(std::cin, update);) updates.emplace_back(update);
  const auto answer = run::ask_daemon_at(run::Folders{configuration.state_folder}.socket(), "notify",
                                         {{"repository", option("repository")}, {"updates", updates}, {"actor", user_name()}});
  if (answer) return line_.as_json ? show(*answer) : 0;   // a push is not told what its hook thinks
  if (answer.error().fault != Fault::Unavailable || line_.as_json) return answer.error();
  fmt::print(stderr, "tandem: {}\n", answer.error().what);
  return exit_again;
}

/// The value of a secret: standard input, without the line end. A terminal shows nothing of it.
std::string read_secret(const std::string& name) {
  termios before{};
  const bool is_terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (!is_terminal) {
    std::string value(std::istreambuf_iterator<char>(std::cin), {});
    if (value.ends_with('\n')) value.pop_back();
    return value;
  }
  fmt::print(stderr, "value of {} (it is not shown): ", name);
  auto silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  std::string value;
  std::getline(std::cin, value);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
  fmt::print(stderr, "\n");
  return value;
}

Result<int> Program::ask() {
  const bool follows = (line_.command == "run" && !has("cancel")) || (line_.command == "deploy" && !has("dry_run")) ||
                       ((line_.command == "logs" || line_.command == "runs") && has("follow"));
  std::optional<Interrupt> interrupt;
  if (follows) interrupt.emplace();
  set_log_level(Level::Error);   // a command's reader wants the answer; `tandem serve` tells the rest
  auto around = TRY(surroundings());
  const auto client = run::Client::open(std::move(around));
  auto& arguments = line_.arguments;
  arguments["actor"] = user_name();
  if (line_.command == "logs" && has("follow")) return follow_logs(*client, *interrupt);
  if (line_.command == "runs" && has("follow")) return follow_run(*client, option("run"), run::Patience::ToTheEnd, *interrupt);
  if (follows) return start_and_follow(*client, *interrupt);
  if (line_.command == "secrets" && option("verb") == "set") {
    arguments["value"] = read_secret(option("name"));
    if (option("value").empty()) return failure(Fault::Invalid, "the secret is empty").with_code("TD0101").with_next("tandem secrets set NAME < FILE");
  }
  if (line_.command == "keys" && option("verb") == "trust") arguments["pem"] = std::string(std::istreambuf_iterator<char>(std::cin), {});
  const auto answer = TRY(client->ask(line_.command, arguments));
  return line_.command == "artifacts" && has("name") ? show_artifact(answer) : show(answer);
}

Result<int> Program::start_and_follow(run::Client& client, const Interrupt& interrupt) {
  const auto started = TRY(client.ask(line_.command, line_.arguments, interrupt.token()));
  const auto id = Fields(started.document, "the answer").string("run");
  if (has("no_wait")) {
    if (!client.has_daemon()) fmt::print(stderr, "no daemon runs: {} goes on when `tandem serve` starts\n", id);
    return show(started);
  }
  if (!client.has_daemon() && !line_.quiet)
    fmt::print(stderr, "no daemon runs: this process does the work; what it deploys is served while `tandem serve` runs\n");
  return follow_run(client, id, run::Patience::UntilHeld, interrupt);
}

Result<int> Program::follow_run(run::Client& client, const std::string& id, run::Patience patience, const Interrupt& interrupt) {
  Onlooker onlooker(line_.quiet);
  auto followed = run::follow(client, id, patience, [&](const auto& runs) { onlooker.see(runs, clock_.now()); }, interrupt.token());
  onlooker.end();
  const auto [answer, has_ended, held] = TRY(std::move(followed));
  if (has_ended) return show(answer);
  if (!held.empty()) {
    fmt::print(stderr, "held: {}. It goes on by itself after tandem environments --thaw. Watch it: tandem runs --follow {}\n", held, id);
    if (line_.as_json) show(answer);
    return answer.exit;
  }
  fmt::print(stderr, "{} goes on{}. Come back: tandem runs --follow {}. Stop it: tandem run --cancel {}\n", id.empty() ? "the run" : id,
             client.has_daemon() ? "" : " when `tandem serve` starts", id, id.empty() ? "RUN" : id);
  if (line_.as_json) show(answer);
  return exit_interrupted;
}

Result<int> Program::follow_logs(run::Client& client, const Interrupt& interrupt) {
  json::array lines;
  auto followed = TRY(run::follow_logs(client, line_.arguments, [&](const json::value& document) {
    if (!line_.as_json) return print(report::render(document, out_));
    for (const auto& line : document.at("lines").as_array()) lines.push_back(line);
  }, interrupt.token()));
  if (line_.as_json && followed.answer.document.is_object()) {
    followed.answer.document.as_object()["lines"] = std::move(lines);
    show(followed.answer);
  }
  return followed.has_ended ? 0 : exit_interrupted;
}

Result<int> Program::perform() {
  if (line_.command == "init") return initialise();
  if (line_.command == "validate") return validate();
  if (line_.command == "explain-trigger") return explain_trigger();
  if (line_.command == "contract") return contract();
  if (line_.command == "serve") return serve();
  if (line_.command == "notify") return notify();
  return ask();
}

int start(const std::vector<std::string>& words) {
  auto line = run::parse_command_line(words);
  if (!line) {
    run::CommandLine nothing;
    nothing.as_json = std::ranges::find(words, "--json") != words.end();
    return Program(std::move(nothing)).show(line.error());
  }
  if (line->version) {
    print(line->as_json ? to_pretty_text(json::object{{"schema", "tandem.version/1"}, {"version", TANDEM_VERSION}}) : "tandem " TANDEM_VERSION "\n");
    return 0;
  }
  if (line->help) {
    print(run::help_text(line->command));
    return 0;
  }
  Program program(std::move(*line));
  const auto code = program.perform();
  return code ? *code : program.show(code.error());
}

}  // namespace
}  // namespace tandem

int main(int count, char** words) {
  ::signal(SIGPIPE, SIG_IGN);   // a reader that went away is an error of one write, not our end
  try {
    return tandem::start({words + 1, words + count});
  } catch (const std::exception& bug) {
    fmt::print(stderr, "error[TD0001]: a mistake in tandem itself: {}\n  try: report it with the words of the command\n", bug.what());
    return 2;
  }
}
