// The function against the code: environment, runtime, time and memory.

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "check/contract.hpp"

namespace tandem::check {
namespace {

/// What Lambda itself, the shell below it, or the composed handler puts into the environment.
bool is_given_by_the_runtime(std::string_view name) {
  static constexpr std::array<std::string_view, 22> names{
      "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_EXECUTION_ENV", "AWS_XRAY_DAEMON_ADDRESS",
      "_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "LANG", "PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "TZ", "HOME", "PWD",
      "NODE_PATH", "TANDEM_SERVING_HANDLER", "TMPDIR", "AWS_XRAY_CONTEXT_MISSING"};
  return name.starts_with("AWS_LAMBDA_") || std::ranges::find(names, name) != names.end();
}

/// Variables that libraries and runtimes read by themselves: nobody expects to find them in the code.
bool is_read_by_a_library(std::string_view name) {
  static constexpr std::array<std::string_view, 9> starts{"AWS_", "POWERTOOLS_", "OTEL_", "DD_", "PYTHON", "NODE_", "LD_", "LAMBDA_", "SENTRY_"};
  return std::ranges::any_of(starts, [&](auto start) { return name.starts_with(start); }) || name == "LOG_LEVEL" || name == "TZ" || name == "LOGLEVEL";
}

const VariableGift* find_variable(const FunctionGift& function, const VariableNeed& need) {
  const auto found = function.variables.find(need.name);
  if (found != function.variables.end()) return &found->second;
  if (!need.ignores_case) return nullptr;
  const auto alike = std::ranges::find_if(function.variables, [&](const auto& each) { return same_ignoring_case(each.first, need.name); });
  return alike == function.variables.end() ? nullptr : &alike->second;
}

bool is_read(const Needs& needs, std::string_view name) {
  return std::ranges::any_of(needs.variables, [&](const VariableNeed& need) {
    return need.name == name || (need.ignores_case && same_ignoring_case(need.name, name));
  });
}

/// Whether the code is whole enough for "nobody reads this" to mean anything.
bool is_whole(const Needs& needs) {
  return !needs.variables.empty() && std::ranges::none_of(needs.unknowns, [](const UnknownNeed& unknown) { return unknown.what.contains("environment variable"); });
}

/// A variable of the template that nobody reads and that looks like the one that is missing.
std::string likely_name(const Needs& needs, const FunctionGift& function, std::string_view missing) {
  std::vector<std::string> free;
  for (const auto& [name, gift] : function.variables)
    if (!is_read(needs, name)) free.push_back(name);
  if (const auto close = nearest(missing, free)) return *close;
  for (const auto& name : free)
    if (name.contains(missing) || missing.contains(name)) return name;
  return free.size() == 1 ? free.front() : "";
}

struct Version {
  int major = 0;
  int minor = 0;
  auto operator<=>(const Version&) const = default;
};

std::optional<Version> python_of(std::string_view text) {
  if (text.starts_with("python")) text.remove_prefix(6);
  Version out;
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::from_chars(text.data(), text.data() + dot, out.major);
  std::from_chars(text.data() + dot + 1, text.data() + text.size(), out.minor);
  return out.major == 0 ? std::nullopt : std::optional(out);
}

void compare_python(const Needs& needs, const FunctionGift& function, Version given, std::vector<Breach>& breaches) {
  std::vector<const VersionNeed*> too_new;
  for (const auto& need : needs.versions)
    if (Version{need.major, need.minor} > given) too_new.push_back(&need);
  // The place a reader sees is the same each time: the highest need first, then by file and line.
  std::ranges::sort(too_new, [](const VersionNeed* a, const VersionNeed* b) {
    return std::tuple(-a->major, -a->minor, a->place.file, a->place.line) < std::tuple(-b->major, -b->minor, b->place.file, b->place.line);
  });
  if (!too_new.empty()) {
    const auto& worst = *too_new.front();
    breaches.push_back({"contract.runtime", Weight::Error,
                        fmt::format("{} needs Python {}.{}, the function runs {}{}", worst.what, worst.major, worst.minor, function.runtime,
                                    too_new.size() == 1 ? "" : fmt::format(" ({} more places need a newer one too)", too_new.size() - 1)),
                        fmt::format("set the function's runtime to python{}.{} or newer", worst.major, worst.minor), worst.place, function.resource, function.runtime_place});
  }
  const auto reader = python_of(needs.python);
  for (const auto& problem : needs.unparsed) {
    const bool is_certain = reader && given <= *reader;
    breaches.push_back({"contract.runtime", is_certain ? Weight::Error : Weight::Unknown,
                        fmt::format("this is no Python {}: {}; the function runs {}", needs.python, problem.what, function.runtime),
                        is_certain ? "mend the syntax, or set the function's runtime to a Python that knows it"
                                   : "it may be right for the function's newer Python; nothing in this file was compared",
                        problem.place, function.resource, function.runtime_place});
  }
}

void compare_time(const Needs& needs, const FunctionGift& function, std::vector<Breach>& breaches) {
  for (const auto& time : needs.times) {
    const bool never = time.once_seconds > function.timeout_seconds;
    if (!never && time.all_seconds <= function.timeout_seconds) continue;
    breaches.push_back({"contract.timeout", never ? Weight::Error : Weight::Warning,
                        fmt::format("{} may take {:g} s{}, the function is ended after {} s", time.what, never ? time.once_seconds : time.all_seconds,
                                    never ? "" : " with its retries", function.timeout_seconds),
                        "raise the function's timeout, or lower what the code waits", time.place, function.resource, function.timeout_place});
  }
}

void compare_memory(const Needs& needs, const FunctionGift& function, std::vector<Breach>& breaches) {
  for (const auto& need : needs.memory) {
    const auto megabytes = (need.bytes + (1UL << 20) - 1) >> 20;
    if (megabytes <= static_cast<std::uint64_t>(function.memory_mb)) continue;
    breaches.push_back({"contract.memory", Weight::Error, fmt::format("{} takes {} MB, the function has {} MB", need.what, megabytes, function.memory_mb),
                        "raise the function's memory size", need.place, function.resource, function.memory_place});
  }
}

}  // namespace

void compare_variables(const Needs& needs, const FunctionGift& function, std::vector<Breach>& breaches) {
  for (const auto& need : needs.variables) {
    if (is_given_by_the_runtime(need.name) || find_variable(function, need) != nullptr) continue;
    if (std::ranges::find(needs.variables_set, need.name) != needs.variables_set.end()) continue;
    if (!function.variables_known) {
      breaches.push_back({"contract.environment", Weight::Unknown, fmt::format("whether {} is set: the template works the environment out while deploying", need.name), "",
                          need.place, function.resource, std::nullopt, need.source});
      continue;
    }
    const bool is_required = need.level == Level::Required;
    const auto like = likely_name(needs, function, need.name);
    auto what = fmt::format("the code {} {}, which the template does not set", is_required ? "needs the environment variable" : "may read the environment variable", need.name);
    if (is_required && !need.why.empty()) what += fmt::format(": {}", need.why);
    if (need.read_at != need.place && !need.read_at.file.empty()) what += fmt::format(" (read at {})", text(need.read_at));
    std::string next;
    if (is_required)
      next = like.empty() ? fmt::format("set {} in the function's environment", need.name)
                          : fmt::format("the template sets {}, which the code does not read: is that the one?", like);
    breaches.push_back({is_required ? "contract.environment" : "contract.environment-optional", is_required ? Weight::Error : Weight::Note, std::move(what),
                        std::move(next), need.place, function.resource, std::nullopt, need.source});
  }
  if (!is_whole(needs)) return;
  for (const auto& [name, gift] : function.variables)
    if (!is_read(needs, name) && !is_read_by_a_library(name))
      breaches.push_back({"contract.environment-unused", Weight::Note, fmt::format("the template sets {}, which the code does not read", name), "",
                          std::nullopt, function.resource, gift.place});
}

void compare_runtime(const Needs& needs, const FunctionGift& function, std::vector<Breach>& breaches) {
  const auto given = python_of(function.runtime);
  const bool is_python = !needs.files_read.empty();
  if (needs.runtime && *needs.runtime != function.runtime) {
    const auto wanted = python_of(*needs.runtime);
    if (!(wanted && given && *given >= *wanted))
      breaches.push_back({"contract.runtime", Weight::Error, fmt::format("the code declares {}, the function runs {}", *needs.runtime, function.runtime),
                          fmt::format("set the function's runtime to {}", *needs.runtime), needs.runtime_place, function.resource, function.runtime_place, Source::Manifest});
  }
  if (is_python && given) compare_python(needs, function, *given, breaches);
  else if (is_python && !function.runtime.empty() && !needs.runtime)
    breaches.push_back({"contract.runtime", function.runtime.starts_with("provided") ? Weight::Unknown : Weight::Error,
                        fmt::format("the code is Python, the function runs {}", function.runtime), "set the function's runtime to a Python",
                        Place{needs.files_read.front(), 1, 1}, function.resource, function.runtime_place});
  compare_time(needs, function, breaches);
  compare_memory(needs, function, breaches);
}

}  // namespace tandem::check
