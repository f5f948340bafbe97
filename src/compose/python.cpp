#include "compose/python.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"

namespace tandem::compose {
namespace {

constexpr std::string_view runtime_prefix = "python";

}  // namespace

Result<Interpreter> find_python(const std::string& runtime, Needs needs) {
  if (!runtime.starts_with(runtime_prefix))
    return failure(Fault::Invalid, "runtime {} is no Python", runtime).with_code("TD0402").with_next("set compose.runtime to python3.11 or a newer one");
  const auto wanted = runtime.substr(runtime_prefix.size());
  std::vector<std::string> others;
  for (const auto& name : {runtime, std::string("python3"), "/usr/bin/" + runtime, std::string("/usr/bin/python3")}) {
    const auto found = python::ask(name, needs);
    if (!found) continue;
    if (found->version == wanted) return *found;
    others.push_back(fmt::format("{} is {}", name, found->version));
  }
  return failure(Fault::Missing, "no {}{} on this machine{}", runtime, needs == Needs::Installer ? " with pip" : "",
                 others.empty() ? "" : fmt::format(" ({})", join(others, ", ")))
      .with_code("TD0402")
      .with_next(fmt::format("install {} with pip, or set compose.runtime to a version that is there", runtime));
}

Result<Interpreter> find_any_python() {
  if (auto found = python::find_any()) return std::move(*found);
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
