#include "shell/environment.hpp"

#include <re2/re2.h>

#include <cctype>
#include <set>

#include "base/process.hpp"
#include "base/text.hpp"

namespace tandem::shell {
namespace fs = std::filesystem;

bool is_shell_name(std::string_view name) {
  static const RE2 pattern("[A-Za-z_][A-Za-z0-9_]*");
  return RE2::FullMatch(re2::StringPiece(name.data(), name.size()), pattern);
}

namespace {
/// Names that bash does not let anybody set.
bool is_readonly_in_bash(const std::string& name) {
  static const std::set<std::string> names{"BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"};
  return names.contains(name);
}

}  // namespace

std::string shell_name(std::string name) {
  for (auto& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

std::string secret_variable(const std::string& name) { return "CATALYST_SECRETS_" + shell_name(name); }

fs::path working_folder_of(const StepsRequest& request) {
  if (!request.working_folder.empty()) return request.working_folder;
  if (!request.source_folder.empty()) return request.source_folder;
  return request.artifact_folders.empty() ? request.folder : request.artifact_folders.begin()->second;
}

fs::path home_of(const StepsRequest& request) { return request.folder / "home"; }

namespace {

/// Everything the steps start with, least important first: a later name wins.
class Environment {
 public:
  void set(const std::string& name, std::string value) { values_.insert_or_assign(name, std::move(value)); }
  void suggest(const std::string& name, std::string value) { values_.emplace(name, std::move(value)); }
  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

/// Where pip and npm of this machine's user find their settings; HOME is another one inside.
void point_to_settings(Environment& environment, Isolation isolation, const fs::path& home) {
  const auto point = [&](const char* variable, const fs::path& file, const char* inside) {
    std::error_code code;
    if (fs::exists(file, code)) environment.suggest(variable, isolation == Isolation::Bubblewrap ? fmt::format("/run/tandem/{}", inside) : file.string());
  };
  if (home.empty()) return;
  point("NPM_CONFIG_USERCONFIG", home / ".npmrc", "npmrc");
  point("PIP_CONFIG_FILE", home / ".config/pip/pip.conf", "pip.conf");
  point("PIP_CONFIG_FILE", home / ".pip/pip.conf", "pip.conf");
  std::error_code code;
  if (fs::exists(home / ".rustup", code)) environment.suggest("RUSTUP_HOME", (home / ".rustup").string());
}

}  // namespace

std::map<std::string, std::string> environment_of(const StepsRequest& request, Isolation isolation, std::vector<std::string>& warnings) {
  const auto home = home_of(request);
  Environment environment;
  const auto tools = tool_environment();
  for (const auto& [name, value] : tools) environment.set(name, value);
  for (const auto& [name, value] : machine_environment())
    if (is_shell_name(name)) environment.set(name, value);
  point_to_settings(environment, isolation, tools.contains("HOME") ? tools.at("HOME") : "");
  environment.set("HOME", home.string());
  environment.set("PATH", fmt::format("{}/.local/bin:{}", home.string(), tools.contains("PATH") ? tools.at("PATH") : "/usr/local/bin:/usr/bin:/bin"));
  environment.suggest("LANG", "C.UTF-8");
  // The system's own folders cannot be written; what a step installs goes to its own HOME and is gone with it.
  environment.suggest("PIP_BREAK_SYSTEM_PACKAGES", "1");
  environment.suggest("NPM_CONFIG_PREFIX", (home / ".local").string());
  if (request.cache_folder) {
    environment.set("PIP_CACHE_DIR", (*request.cache_folder / "pip").string());
    environment.set("NPM_CONFIG_CACHE", (*request.cache_folder / "npm").string());
  }
  if (isolation == Isolation::None) environment.set("TMPDIR", (request.folder / "tmp").string());

  environment.set("CI", "true");
  environment.set("CATALYST_DEFAULT_DIR", working_folder_of(request).string());
  if (!request.source_folder.empty()) environment.set("CATALYST_SOURCE_DIR_WorkflowSource", request.source_folder.string());
  for (const auto& [name, folder] : request.artifact_folders)
    environment.set("CATALYST_SOURCE_DIR_" + shell_name(name.substr(name.rfind('/') + 1)), folder.string());
  for (const auto& [name, value] : request.variables) {
    const auto usable = replaced(name, "-", "_");
    if (!is_shell_name(usable) || is_readonly_in_bash(usable)) {
      warnings.push_back(fmt::format("the variable {} cannot be set in a shell and is left out", name));
      continue;
    }
    if (usable != name) warnings.push_back(fmt::format("the variable {} is ${} in the steps", name, usable));
    environment.set(usable, value);
  }
  return environment.values();
}

}  // namespace tandem::shell
