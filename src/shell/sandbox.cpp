#include "shell/sandbox.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "base/files.hpp"
#include "base/guarded.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "shell/environment.hpp"

namespace tandem::shell {
namespace fs = std::filesystem;
namespace {

/// Where settings of the user of this machine are seen inside.
const fs::path settings_folder = "/run/tandem";

bool is_there(const fs::path& path) {
  std::error_code code;
  return fs::exists(path, code);
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return !relative.empty() && *relative.begin() != "..";
}

bool lies_in_any(const fs::path& path, const std::vector<fs::path>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const auto& folder) { return lies_in(path, folder); });
}

const std::vector<fs::path>& system_folders() {
  static const std::vector<fs::path> folders{"/usr", "/etc", "/opt", "/nix", "/snap", "/home/linuxbrew/.linuxbrew"};
  return folders;
}

/// Kept by programs in the user's folder, but no tools.
bool holds_secrets(const std::string& name) {
  static const std::set<std::string> names{".ssh", ".aws", ".gnupg", ".config", ".kube", ".docker", ".azure", ".password-store"};
  return names.contains(name);
}

std::vector<fs::path> tools_of_user(const fs::path& folder, const fs::path& home) {
  const auto relative = folder.lexically_relative(home);
  const auto first = relative.begin()->string();
  if (first == "." || first.empty()) return {};
  if (first == ".local") return {home / ".local/bin", home / ".local/lib", home / ".local/share/pipx"};
  if (first == ".cargo" || holds_secrets(first)) return {folder};
  return {home / first};
}

}  // namespace

std::vector<fs::path> tool_folders(std::string_view path, const fs::path& home) {
  std::set<fs::path> found;
  const auto add = [&](const fs::path& folder) {
    if (is_there(folder)) found.insert(folder);
  };
  for (const auto& part : split(path, ':')) {
    const auto folder = fs::path(part).lexically_normal();
    const bool is_system = lies_in_any(folder, system_folders()) || lies_in(folder, "/bin") || lies_in(folder, "/sbin");
    if (!folder.is_absolute() || folder == "/" || is_system) continue;
    if (!home.empty() && lies_in(folder, home)) {
      for (const auto& tool : tools_of_user(folder, home)) add(tool);
      continue;
    }
    const auto name = folder.filename();
    const bool has_neighbours = (name == "bin" || name == "sbin" || name == "shims") && folder.parent_path() != "/";
    add(has_neighbours ? folder.parent_path() : folder);
  }
  return {found.begin(), found.end()};
}

namespace {

/// `maps_users`: root outside is an ordinary user inside. `is_last`: nobody inside can make user namespaces of his own,
/// which would open a large part of the kernel to him.
std::vector<std::string> namespaces(Network network, bool maps_users, bool is_last) {
  std::vector<std::string> arguments{"--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
                                     "--die-with-parent", "--new-session", "--hostname", "tandem"};
  if (network == Network::Denied) arguments.push_back("--unshare-net");
  if (maps_users) arguments.insert(arguments.end(), {"--unshare-user", "--uid", "1000", "--gid", "1000"});
  if (is_last) {
    if (!maps_users) arguments.push_back("--unshare-user");
    arguments.push_back("--disable-userns");
  }
  else if (::geteuid() == 0) arguments.insert(arguments.end(), {"--cap-drop", "ALL"});
  return arguments;
}

/// The system's programs and libraries, read-only; /bin and the like stay links where they are links.
std::vector<std::string> system_arguments() {
  std::vector<std::string> arguments;
  for (const auto& folder : system_folders())
    if (is_there(folder)) arguments.insert(arguments.end(), {"--ro-bind", folder.string(), folder.string()});
  for (const fs::path folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code code;
    if (fs::is_symlink(folder, code)) arguments.insert(arguments.end(), {"--symlink", fs::read_symlink(folder).string(), folder.string()});
    else if (is_there(folder)) arguments.insert(arguments.end(), {"--ro-bind", folder.string(), folder.string()});
  }
  arguments.insert(arguments.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", "/var/tmp"});
  return arguments;
}

/// What of /etc its owner may read and a step may not. Root outside is the owner inside, whatever its name there.
void hide_system_secrets(std::vector<Mount>& mounts, const fs::path& empty) {
  for (const auto* file : {"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/krb5.keytab"})
    if (is_there(file)) mounts.push_back({Mount::Kind::ReadOnly, empty, file});
  for (const auto* folder : {"/etc/ssh", "/etc/ssl/private", "/etc/sudoers.d"})
    if (is_there(folder)) mounts.push_back({Mount::Kind::EmptyFolder, {}, folder});
}

/// The name service's file is often a link out of /etc.
void show_resolver(std::vector<Mount>& mounts) {
  std::error_code code;
  const auto real = fs::canonical("/etc/resolv.conf", code);
  if (!code && !lies_in(real, "/etc")) mounts.push_back({Mount::Kind::ReadOnly, real, real});
}

/// Certificates, package folders and tool roots that the machine's settings point at, and where its user keeps theirs.
void show_machine(std::vector<Mount>& mounts, const std::map<std::string, std::string>& tools, const fs::path& empty) {
  const auto at = [&](const char* name) { return tools.contains(name) ? tools.at(name) : std::string(); };
  const fs::path home = at("HOME");
  for (const auto& folder : tool_folders(at("PATH"), home)) {
    mounts.push_back({Mount::Kind::ReadOnly, folder, folder});
    // pyenv's pip fails after it has installed, because it then writes into pyenv's own folder.
    const auto rehash = folder / "pyenv.d/exec/pip-rehash.bash";
    if (is_there(rehash)) mounts.push_back({Mount::Kind::ReadOnly, empty, rehash});
  }
  for (const auto& [name, value] : machine_environment()) {
    const fs::path path(value);
    const bool too_much = path == "/" || (!home.empty() && lies_in(home, path));
    if (path.is_absolute() && !too_much && is_there(path) && !lies_in_any(path, system_folders()))
      mounts.push_back({Mount::Kind::ReadOnly, path, path});
  }
  if (home.empty()) return;
  if (is_there(home / ".rustup")) mounts.push_back({Mount::Kind::ReadOnly, home / ".rustup", home / ".rustup"});
  if (is_there(home / ".npmrc")) mounts.push_back({Mount::Kind::ReadOnly, home / ".npmrc", settings_folder / "npmrc"});
  for (const auto& file : {home / ".pip/pip.conf", home / ".config/pip/pip.conf"})
    if (is_there(file)) mounts.push_back({Mount::Kind::ReadOnly, file, settings_folder / "pip.conf"});
}

/// A folder of this machine that lies in one which is visible under its own name.
bool needs_hiding(const fs::path& folder, const std::vector<Mount>& mounts) {
  const auto shows = [&](const Mount& mount) { return mount.source == mount.target && lies_in(folder, mount.target); };
  return is_there(folder) && (lies_in_any(folder, system_folders()) || std::ranges::any_of(mounts, shows));
}

std::vector<Mount> mounts_of(const StepsRequest& request, const fs::path& control, bool maps_users) {
  std::vector<Mount> mounts;
  const auto empty = control / "empty";
  hide_system_secrets(mounts, empty);
  show_resolver(mounts);
  show_machine(mounts, tool_environment(), empty);
  if (maps_users)
    for (const auto* name : {"passwd", "group"}) mounts.push_back({Mount::Kind::ReadOnly, control / name, fs::path("/etc") / name});
  mounts.push_back({Mount::Kind::Writable, request.folder, shown_root});
  mounts.push_back({Mount::Kind::Writable, home_of(request), "/root"});   // the service's images run as root, and workflow files say so
  // No step may change the scripts of those after it, nor which secrets they are given.
  mounts.push_back({Mount::Kind::ReadOnly, control, as_shown(request, control)});
  mounts.push_back({Mount::Kind::Writable, control / "out", as_shown(request, control / "out")});
  const auto show = [&](const fs::path& folder, const fs::path& target) {
    if (!lies_in(folder, request.folder)) mounts.push_back({Mount::Kind::Writable, folder, folder});
    mounts.push_back({Mount::Kind::Writable, folder, target});
  };
  if (!request.source_folder.empty()) show(request.source_folder, "/sources/WorkflowSource");
  for (const auto& [name, folder] : request.artifact_folders) show(folder, fs::path("/artifacts") / name);
  if (request.cache_folder) mounts.push_back({Mount::Kind::Writable, *request.cache_folder, *request.cache_folder});
  for (const auto& folder : request.hidden_folders)
    if (needs_hiding(folder, mounts)) mounts.push_back({Mount::Kind::EmptyFolder, {}, folder});
  return mounts;
}

}  // namespace

fs::path as_shown(const StepsRequest& request, const fs::path& path) {
  if (path.empty() || !lies_in(path, request.folder)) return path;
  return (shown_root / path.lexically_normal().lexically_relative(request.folder.lexically_normal())).lexically_normal();
}

StepsRequest as_shown(StepsRequest request) {
  for (auto* folder : {&request.source_folder, &request.working_folder}) *folder = as_shown(request, *folder);
  for (auto& [name, folder] : request.artifact_folders) folder = as_shown(request, folder);
  request.folder = shown_root;
  return request;
}

namespace {

/// Trying out costs as much as the sandbox of an action itself.
Guarded<std::map<std::pair<std::string, Network>, Sandbox>>& found_before() {
  static Guarded<std::map<std::pair<std::string, Network>, Sandbox>> found;
  return found;
}

}  // namespace

void Sandbox::forget() {
  found_before().with([](auto& found) { found.clear(); });
}

Result<Sandbox> Sandbox::find(const std::string& program, Network network) {
  const auto known = found_before().with([&](const auto& found) {
    const auto at = found.find({program, network});
    return at == found.end() ? std::nullopt : std::optional(at->second);
  });
  if (known) return *known;
  auto sandbox = TRY(try_out(program, network));
  found_before().with([&](auto& found) { found.insert_or_assign({program, network}, sandbox); });
  return sandbox;
}

Result<Sandbox> Sandbox::try_out(const std::string& program, Network network) {
  Sandbox sandbox;
  sandbox.program_ = program;
  sandbox.network_ = network;
  std::string reason;
  const bool is_root = ::geteuid() == 0;
  for (const auto& [maps_users, is_last] : is_root ? std::vector<std::pair<bool, bool>>{{true, true}, {true, false}, {false, false}}
                                                  : std::vector<std::pair<bool, bool>>{{false, true}, {false, false}}) {
    sandbox.maps_users_ = maps_users;
    sandbox.is_last_ = is_last;
    Command command{.argv = {program}, .environment = tool_environment(), .time_limit = std::chrono::seconds(20)};
    for (auto& part : namespaces(network, maps_users, is_last)) command.argv.push_back(std::move(part));
    for (auto& part : system_arguments()) command.argv.push_back(std::move(part));
    command.argv.insert(command.argv.end(), {"--", "true"});
    const auto tried = run_program(command);
    if (tried && tried->exit.ok()) return sandbox;
    reason = tried ? std::string(trimmed(tried->err)) : tried.error().what;
  }
  return failure(Fault::Unavailable, "steps cannot be isolated here: {}", reason)
      .with_next("install bubblewrap and allow user namespaces, or allow unsandboxed steps in tandem.yaml");
}

std::vector<std::string> Sandbox::arguments(const StepsRequest& request, const fs::path& control) const {
  std::vector<std::string> arguments{program_};
  for (auto& part : namespaces(network_, maps_users_, is_last_)) arguments.push_back(std::move(part));
  for (auto& part : system_arguments()) arguments.push_back(std::move(part));
  auto mounts = mounts_of(request, control, maps_users_);
  // A folder comes after the one it lies in, so that what is hidden inside a visible folder stays hidden and the
  // workspace inside a hidden one is visible.
  std::stable_sort(mounts.begin(), mounts.end(), [](const Mount& a, const Mount& b) { return a.target < b.target; });
  for (const auto& mount : mounts) {
    const auto target = mount.target.string();
    switch (mount.kind) {
      case Mount::Kind::ReadOnly: arguments.insert(arguments.end(), {"--ro-bind", mount.source.string(), target}); break;
      case Mount::Kind::Writable: arguments.insert(arguments.end(), {"--bind", mount.source.string(), target}); break;
      case Mount::Kind::EmptyFolder: arguments.insert(arguments.end(), {"--tmpfs", target}); break;
    }
  }
  if (is_there(control / "filter")) arguments.insert(arguments.end(), {"--seccomp", "9"});
  arguments.insert(arguments.end(), {"--remount-ro", "/", "--chdir", as_shown(request, working_folder_of(request)).string(), "--"});
  return arguments;
}

std::vector<int> descendants_of(int pid) {
  std::vector<int> found;
  std::error_code code;
  const auto tasks = fs::path(fmt::format("/proc/{}/task", pid));
  for (auto it = fs::directory_iterator(tasks, code); !code && it != fs::directory_iterator(); it.increment(code)) {
    const auto children = read_file(it->path() / "children");
    if (!children) continue;
    for (const auto& word : split(*children, ' ')) {
      if (trimmed(word).empty()) continue;
      const int child = std::atoi(word.c_str());
      found.push_back(child);
      for (const int below : descendants_of(child)) found.push_back(below);
    }
  }
  return found;
}

}  // namespace tandem::shell
