#include "compose/python.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/process.hpp"
#include "base/text.hpp"

namespace tandem::compose {
namespace {

constexpr std::string_view runtime_prefix = "python";

/// Prints four lines, or fails; with an argument it also wants pip.
constexpr auto probe = R"(import os, sys
if len(sys.argv) > 1:
    import pip
print(os.path.realpath(sys.executable))
print(sys.base_prefix)
print("%d.%d" % sys.version_info[:2])
print("%d.%d.%d" % sys.version_info[:3])
)";

std::optional<Python> ask(const std::string& name, Needs needs) {
  Command command{{name, "-c", probe}, tool_environment()};
  if (needs == Needs::Installer) command.argv.emplace_back("pip");
  command.time_limit = std::chrono::seconds{30};
  const auto output = run_program(command);
  if (!output || !output->exit.ok()) return std::nullopt;
  const auto lines = lines_of(output->out);
  if (lines.size() != 4) return std::nullopt;
  return Python{lines[0], lines[1], lines[2], lines[3]};
}

}  // namespace

Result<Python> find_python(const std::string& runtime, Needs needs) {
  if (!runtime.starts_with(runtime_prefix))
    return failure(Fault::Invalid, "runtime {} is no Python", runtime).with_code("TD0402").with_next("set compose.runtime to python3.11 or a newer one");
  const auto wanted = runtime.substr(runtime_prefix.size());
  std::vector<std::string> others;
  for (const auto& name : {runtime, std::string("python3"), "/usr/bin/" + runtime, std::string("/usr/bin/python3")}) {
    const auto found = ask(name, needs);
    if (!found) continue;
    if (found->version == wanted) return *found;
    others.push_back(fmt::format("{} is {}", name, found->version));
  }
  return failure(Fault::Missing, "no {}{} on this machine{}", runtime, needs == Needs::Installer ? " with pip" : "",
                 others.empty() ? "" : fmt::format(" ({})", join(others, ", ")))
      .with_code("TD0402")
      .with_next(fmt::format("install {} with pip, or set compose.runtime to a version that is there", runtime));
}

Result<Python> find_any_python() {
  for (const auto* name : {"python3", "/usr/bin/python3"})
    if (const auto found = ask(name, Needs::Interpreter)) return *found;
  return failure(Fault::Missing, "no python3 on this machine").with_code("TD0402").with_next("install python3: trials of handlers are driven by it");
}

std::map<std::string, std::string> installer_environment(const std::map<std::string, std::string>& all) {
  static constexpr std::array names{"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
                                    "CURL_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY",
                                    "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "NETRC"};
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : all)
    if (name.starts_with("PIP_") || std::ranges::find(names, name) != names.end()) out.emplace(name, value);
  return out;
}

}  // namespace tandem::compose
