#include "shell/steps.hpp"

#include <re2/re2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <set>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "shell/bounds.hpp"
#include "shell/cause.hpp"
#include "shell/environment.hpp"
#include "shell/line_stream.hpp"
#include "shell/masker.hpp"
#include "shell/sandbox.hpp"
#include "shell/scripts.hpp"
#include "shell/syscall_filter.hpp"

namespace tandem::shell {
namespace fs = std::filesystem;
namespace {

using Steady = std::chrono::steady_clock;

constexpr size_t output_bytes_max = 32UL << 10;
constexpr size_t annotations_max = 100;

Done check(const StepsRequest& request) {
  std::error_code code;
  auto folders = std::vector<fs::path>{request.folder, working_folder_of(request)};
  for (const auto& [name, folder] : request.artifact_folders) {
    static const RE2 pattern("[A-Za-z0-9_@-]+(/[A-Za-z0-9_@-]+)*");
    if (!RE2::FullMatch(name, pattern)) return failure(Fault::Invalid, "'{}' cannot name an artifact", name);
    folders.push_back(folder);
  }
  if (request.cache_folder) folders.push_back(*request.cache_folder);
  for (const auto& folder : folders)
    if (!folder.is_absolute() || !fs::is_directory(folder, code)) return failure(Fault::Invalid, "no folder {} for the steps", folder.string());
  std::map<std::string, std::string> seen;
  for (const auto& [name, secret] : request.secrets) {
    const auto [other, fresh] = seen.emplace(secret_variable(name), name);
    if (!fresh) return failure(Fault::Invalid, "the secrets {} and {} would be the same variable {}", other->second, name, other->first);
    if (secret.find('\0') != secret.npos) return failure(Fault::Invalid, "the secret {} holds a NUL byte", name);
  }
  for (const auto& [name, value] : request.variables)
    if (value.find('\0') != value.npos) return failure(Fault::Invalid, "the variable {} holds a NUL byte", name);
  for (const auto& step : request.steps) {
    if (step.script.find('\0') != step.script.npos) return failure(Fault::Invalid, "a step holds a NUL byte");
    for (const auto& name : step.secrets)
      if (!request.secrets.contains(name)) return failure(Fault::Invalid, "the secret {} does not exist", name).with_code("E163");
  }
  return done();
}

/// What the driver reports while the steps run. Written by the thread that reads their output, read when it has ended.
struct Progress {
  size_t step = 0;
  bool has_begun = false;
  std::optional<int> failed_code;
  size_t finished = 0;
  Cause cause;
  std::atomic<Steady::rep> last_output{Steady::now().time_since_epoch().count()};
  std::exception_ptr thrown;

  /// A bug of the listener waits until everything has ended.
  void hear(const std::function<void()>& listener) {
    if (thrown) return;
    try {
      listener();
    } catch (...) {
      thrown = std::current_exception();
    }
  }

  void signal(std::string_view words) {
    const auto parts = split(words, ' ');
    if (parts.size() == 2 && parts[0] == "begin") {
      step = std::strtoul(parts[1].c_str(), nullptr, 10);
      has_begun = true;
      cause.begin();
    }
    if (parts.size() == 3 && parts[0] == "end") {
      const int code = std::atoi(parts[2].c_str());
      if (code == 0) ++finished;
      else failed_code = code;
    }
  }
};

/// How the driver came to its end.
struct Ending {
  Exit exit;
  bool timed_out = false;
  bool stopped = false;
};

/// Asks every step process to end. Inside a sandbox the two outermost are the sandbox program's own: they would take
/// everything along at once and leave no time to clean up.
void ask_to_end(Process& process, Isolation isolation) {
  if (isolation == Isolation::None) return process.signal(SIGTERM);
  const auto all = descendants_of(process.pid());
  for (size_t i = 1; i < all.size(); ++i) ::kill(all[i], SIGTERM);
}

Ending bring_to_end(Process& process, const StepsRequest& request, Isolation isolation, const std::stop_token& stop) {
  constexpr Duration glance{50};
  const auto deadline = Steady::now() + request.time_limit;
  Ending ending;
  while (true) {
    const auto left = std::chrono::ceil<Duration>(deadline - Steady::now());
    if (const auto exit = process.wait(std::clamp(left, Duration{0}, glance))) {
      ending.exit = *exit;
      return ending;
    }
    ending.stopped = stop.stop_requested();
    ending.timed_out = !ending.stopped && Steady::now() >= deadline;
    if (ending.stopped || ending.timed_out) break;
  }
  ask_to_end(process, isolation);
  const auto exit = process.wait(request.grace);
  ending.exit = exit ? *exit : process.stop(Duration{0});
  return ending;
}

/// NAME=value, each followed by NUL; the secrets come after an empty one.
std::string as_input(const std::map<std::string, std::string>& environment, const std::map<std::string, std::string>& secrets) {
  std::string out;
  for (const auto& [name, value] : environment) (out += name + '=' + value) += '\0';
  out += '\0';
  for (const auto& [name, value] : secrets) (out += secret_variable(name) + '=' + value) += '\0';
  return out;
}

/// A line without the colours of a terminal; empty when nothing else was in it.
std::string plain(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\x1b' || i + 1 >= line.size() || line[i + 1] != '[') {
      out += line[i];
      continue;
    }
    for (i += 2; i < line.size() && !std::isalpha(static_cast<unsigned char>(line[i]));) ++i;
  }
  return std::string(trimmed(out));
}

/// The first line that says what the step does: options of the shell and comments do not. A script that was made of something
/// else begins with "#: " and says itself what it does.
std::string first_line_of(const std::string& script) {
  std::string fallback = "an empty script";
  if (script.starts_with("#: ")) return script.substr(3, std::min<size_t>(script.find('\n') - 3, 120));
  for (const auto& line : lines_of(script)) {
    const auto text = trimmed(line);
    if (text.empty()) continue;
    if (!text.starts_with("#") && !text.starts_with("set -") && !text.starts_with("set +")) return std::string(text).substr(0, 120);
    if (fallback == "an empty script") fallback = std::string(text).substr(0, 120);
  }
  return fallback;
}

std::vector<std::string> fields_of(const fs::path& file) {
  const auto text = read_file(file);
  auto fields = text ? split(*text, '\0') : std::vector<std::string>{};
  if (!fields.empty()) fields.pop_back();
  return fields;
}

/// Commands that failed in the middle of a step. The one a step ended with is not among them: it made the step fail.
std::vector<std::string> annotations_of(const fs::path& notes, const Progress& progress, const Masker& masker) {
  const auto fields = fields_of(notes);
  std::vector<std::string> annotations;
  for (size_t i = 0; i + 4 <= fields.size(); i += 4) {
    const bool is_last = i + 8 > fields.size();
    if (is_last && progress.failed_code && fields[i] == std::to_string(progress.step) && fields[i + 2] == std::to_string(*progress.failed_code)) break;
    if (annotations.size() == annotations_max) {
      annotations.push_back(fmt::format("{} more commands failed and their steps continued", fields.size() / 4 - annotations_max));
      break;
    }
    annotations.push_back(fmt::format("step {}, line {}: '{}' exited {}, step continued", std::strtoul(fields[i].c_str(), nullptr, 10) + 1,
                                      fields[i + 1], as_utf8(masker.masked(first_line_of(fields[i + 3]))), fields[i + 2]));
  }
  return annotations;
}

/// Reads the output variables; one that holds a secret or is too long fails the action.
void read_outputs(const StepsRequest& request, const fs::path& file, const Masker& masker, StepsOutcome& outcome) {
  std::map<std::string, std::string> set;
  const auto fields = fields_of(file);
  for (size_t i = 0; i + 2 <= fields.size(); i += 2) set[fields[i]] = fields[i + 1];
  for (const auto& name : request.outputs) {
    const auto found = set.find(replaced(name, "-", "_"));
    if (found == set.end()) outcome.warnings.push_back(fmt::format("W311: the output {} was never set and is empty", name));
    const auto value = found == set.end() ? std::string() : found->second;
    if (masker.finds(value))
      outcome.error = failure(Fault::Denied, "the output {} holds a secret", name).with_code("E-RUN-15").with_next("hand secrets on by name, not by value");
    else if (value.size() > output_bytes_max)
      outcome.error = failure(Fault::Invalid, "the output {} is longer than {} bytes", name, output_bytes_max).with_code("E-RUN-17").with_next("hand long values on as an artifact");
    outcome.outputs[name] = value;
  }
  if (outcome.error) outcome.outputs.clear();
  outcome.succeeded = !outcome.error;
}

Error step_failed(const StepsRequest& request, const Progress& progress, int code, const Masker& masker, const std::string& met) {
  const auto said = progress.cause.words().empty() ? "" : ": " + progress.cause.words().substr(0, 300);
  return failure(Fault::Invalid, "step {} ({}) failed: exit {}{}{}", progress.step + 1,
                 as_utf8(masker.masked(first_line_of(request.steps[progress.step].script))), code, said, met)
      .with_code("E-RUN-10");
}

Error took_too_long(const StepsRequest& request, const Progress& progress, const std::string& met) {
  const auto silent = Steady::now() - Steady::time_point(Steady::duration(progress.last_output.load()));
  return failure(Fault::TimedOut, "step {} ended after {}; last output {} ago{}", progress.step + 1, for_people(request.time_limit),
                 for_people(std::chrono::duration_cast<Duration>(silent)), met)
      .with_code("E-RUN-11");
}

/// The scripts of the action and, where root must not be root inside, the users there are.
Done lay_out(const fs::path& control, const fs::path& home, const StepsRequest& request) {
  TRY(make_folders(control / "out"));
  TRY(write_file(control / "driver.sh", driver_script));
  const std::string options = request.errexit == Errexit::On ? "set -e\n" : "";
  TRY(write_file(control / "wrapper.sh", replaced(wrapper_script, "set -a\n", options + "set -a\n")));
  TRY(write_file(control / "outputs.sh", outputs_script));
  for (size_t i = 0; i < request.steps.size(); ++i) {
    TRY(write_file(control / fmt::format("step_{}.sh", i), request.steps[i].script));
    std::string names;
    for (const auto& name : request.steps[i].secrets) names += secret_variable(name) + "\n";
    TRY(write_file(control / fmt::format("secrets_{}", i), names));
  }
  TRY(write_file(control / "empty", ""));
  if (const auto filter = syscall_filter(); !filter.empty()) TRY(write_file(control / "filter", filter));
  TRY(write_file(control / "passwd", fmt::format("root:x:0:0:root:/:/bin/sh\nbuilder:x:1000:1000::{}:/bin/bash\nnobody:x:65534:65534::/:/bin/sh\n", home.string())));
  return write_file(control / "group", "root:x:0:\nbuilder:x:1000:\nnogroup:x:65534:\n");
}

}  // namespace

std::string_view word(Isolation isolation) { return isolation == Isolation::Bubblewrap ? "bubblewrap" : "none"; }

Result<StepsOutcome> run_steps(const StepsRequest& request, const LineSink& on_line, std::stop_token stop, const OnPause& on_pause) {
  TRY(check(request));
  StepsOutcome outcome;
  const auto sandbox = Sandbox::find(request.sandbox_program, request.network);
  if (!sandbox && request.isolation == IsolationPolicy::Required) return sandbox.error();
  outcome.isolation = sandbox ? Isolation::Bubblewrap : Isolation::None;
  if (!sandbox) outcome.warnings.push_back(fmt::format("not isolated: {}; /sources and /artifacts are not there, the network is open", sandbox.error().what));

  const Masker masker(request.secrets);
  for (const auto& name : masker.too_short()) outcome.warnings.push_back(fmt::format("the secret {} is too short to be masked in logs", name));
  const auto seen = sandbox ? as_shown(request) : request;
  TRY(make_folders(home_of(request)));
  if (outcome.isolation == Isolation::None) TRY(make_folders(request.folder / "tmp"));
  const auto control = TRY(TemporaryFolder::make_in(request.folder, ".tandem"));
  TRY(lay_out(control.path(), home_of(seen), request));

  const auto seen_control = sandbox ? as_shown(request, control.path()) : control.path();
  const auto marker = fmt::format("\x1e{} ", hex(random_bytes(8)));
  // Inside, the state between steps lies in memory: a step may have put a secret into its environment.
  const auto state = sandbox ? std::string("/run/tandem.state") : (control.path() / "state").string();
  const Bounds bounds(request.limits, outcome.isolation);
  Command command;
  command.environment = tool_environment();
  command.folder = request.folder;
  command.argv = bounds.launcher(sandbox ? control.path() / "filter" : fs::path());
  if (sandbox)
    for (auto& part : sandbox->arguments(request, control.path())) command.argv.push_back(std::move(part));
  for (const auto& part : {std::string("bash"), std::string("--norc"), std::string("--noprofile"), (seen_control / "driver.sh").string(),
                           seen_control.string(), state, marker, std::to_string(request.steps.size()), working_folder_of(seen).string(),
                           bounds.process_limit()})
    command.argv.push_back(part);
  for (const auto& name : request.outputs)
    if (const auto usable = replaced(name, "-", "_"); is_shell_name(usable)) command.argv.push_back(usable);
  auto environment = environment_of(seen, outcome.isolation, outcome.warnings);
  bounds.add_mark(environment);
  command.input = as_input(environment, request.secrets);

  Progress progress;
  LineStream lines(
      masker, marker,
      [&](std::string_view line) {
        if (line.starts_with('+') && line.find("__tandem_") != line.npos) return;  // `set -x` of a step sees our bash too
        if (const auto words = plain(line); !words.empty()) progress.cause.hear(words);
        progress.hear([&] {
          if (on_line) on_line(progress.step, line);
        });
      },
      [&](std::string_view words) { progress.signal(words); });
  Ending ending;
  {
    auto process = TRY(Process::start(command, [&](Stream, std::string_view piece) {
      progress.last_output = Steady::now().time_since_epoch().count();
      lines.add(piece);
      if (on_pause) progress.hear(on_pause);
    }));
    ending = bring_to_end(process, request, outcome.isolation, stop);
  }
  lines.finish();
  if (on_pause) progress.hear(on_pause);
  if (progress.thrown) std::rethrow_exception(progress.thrown);
  if (ending.stopped) return failure(Fault::Cancelled, "the steps were stopped in step {}", progress.step + 1);

  outcome.annotations = annotations_of(control.path() / "out" / "notes", progress, masker);
  outcome.timed_out = ending.timed_out;
  if (!ending.timed_out && ending.exit.ok() && progress.finished == request.steps.size()) {
    read_outputs(request, control.path() / "out" / "outputs", masker, outcome);
    return outcome;
  }
  if (!progress.has_begun && !ending.timed_out) {
    Sandbox::forget();  // it worked when it was tried: that may be long ago
    return failure(Fault::Unavailable, "no step began, their shell ended with {}: {}", ending.exit.code, progress.cause.words());
  }
  outcome.failed_step = progress.step;
  outcome.exit_code = progress.failed_code.value_or(ending.exit.code);
  outcome.error = ending.timed_out ? took_too_long(request, progress, bounds.met()) : step_failed(request, progress, outcome.exit_code, masker, bounds.met());
  return outcome;
}

}  // namespace tandem::shell
