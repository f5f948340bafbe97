#include "base/python_here.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

namespace tandem::python {
namespace {

/// Prints four lines, or fails; with an argument it also wants pip, which may be the user's own. Nothing is imported from
/// where we happen to be.
constexpr auto probe = R"(import sys
sys.path = [folder for folder in sys.path if folder]
import os
if len(sys.argv) > 1:
    import pip
print(os.path.realpath(sys.executable))
print(sys.base_prefix)
print("%d.%d" % sys.version_info[:2])
print("%d.%d.%d" % sys.version_info[:3])
)";

}  // namespace

std::optional<Interpreter> ask(const std::string& name, Needs needs) {
  Command command{{name, "-c", probe}, tool_environment()};
  if (needs == Needs::Installer) command.argv.emplace_back("pip");
  command.time_limit = std::chrono::seconds{30};
  const auto output = run_program(command);
  if (!output || !output->exit.ok()) return std::nullopt;
  const auto lines = lines_of(output->out);
  if (lines.size() != 4) return std::nullopt;
  return Interpreter{lines[0], lines[1], lines[2], lines[3]};
}

std::optional<Interpreter> find_any() {
  for (const auto* name : {"python3", "/usr/bin/python3"})
    if (auto found = ask(name, Needs::Interpreter)) return found;
  return std::nullopt;
}

std::vector<std::string> walls(const Interpreter& python, const std::vector<std::filesystem::path>& read_only) {
  std::vector<std::string> out{"bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"};
  for (const auto* path : {"/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime"})
    out.insert(out.end(), {"--ro-bind-try", path, path});
  out.insert(out.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
  auto bound = read_only;
  bound.insert(bound.begin(), {python.prefix, std::filesystem::path(python.executable).parent_path()});
  for (const auto& path : bound)
    if (!path.empty()) out.insert(out.end(), {"--ro-bind", path.string(), path.string()});
  return out;
}

}  // namespace tandem::python
