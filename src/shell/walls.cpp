#include "shell/walls.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "shell/control_group.hpp"

namespace tandem::shell {
namespace fs = std::filesystem;
namespace {

/// Says "<wall> broken" for what should not have worked. Arguments stand in variables.
constexpr std::string_view attacks = R"bash(
say() { printf 'WALL %s %s\n' "$1" "$2"; }
for place in /usr /etc /opt /bin /; do ( : >"$place/tandem-probe" ) 2>/dev/null && say system broken; done
[ -e "$PROBE_SECRET" ] && say state broken
for kind in mnt pid ipc uts user net; do say "ns:$kind" "$(readlink /proc/self/ns/$kind)"; done
kill -0 "$PROBE_PID" 2>/dev/null && [ "$(tr '\0' ' ' </proc/$PROBE_PID/cmdline)" = "$PROBE_COMMAND" ] && say processes broken
( exec 3<>"/dev/tcp/127.0.0.1/$PROBE_PORT" ) 2>/dev/null && say network broken
grep -q '^NoNewPrivs:[[:space:]]*1' /proc/self/status || say privileges broken
grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status || say privileges broken
( : </dev/tty ) 2>/dev/null && say terminal broken
grep -q '^Seccomp:[[:space:]]*2' /proc/self/status || say calls broken
unshare --user true 2>/dev/null && say nesting broken
[ -e /tmp/tandem-probe-outside ] && say temporary broken
ls /dev/sd* /dev/vd* /dev/nvme* /dev/mem 2>/dev/null | grep -q . && say devices broken
true
)bash";

/// A socket of this machine that a step without network must not reach.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(socket_, 4) == 0 &&
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0)
      port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

/// One action in a workspace of its own and what it said.
struct Attempt {
  StepsRequest request{};
  std::vector<std::string> lines{};
  std::optional<StepsOutcome> outcome{};
  std::string trouble{};

  void run() {
    auto ran = run_steps(request, [this](size_t, std::string_view line) { lines.emplace_back(line); });
    if (ran) outcome = std::move(*ran);
    else trouble = ran.error().what;
  }
  bool failed() const { return outcome && !outcome->succeeded; }
};

class Siege {
 public:
  Siege(fs::path folder, std::string program) : folder_(std::move(folder)), program_(std::move(program)) {}

  std::vector<Wall> walls() && {
    if (!attack()) return std::move(walls_);
    try_limits();
    try_escape();
    return std::move(walls_);
  }

 private:
  Attempt attempt(const std::string& name, std::string script, Limits limits = {}) {
    Attempt made;
    made.request.folder = folder_ / name;
    made.request.steps = {{std::move(script)}};
    made.request.limits = limits;
    made.request.sandbox_program = program_;
    made.request.time_limit = std::chrono::seconds{20};
    made.request.grace = std::chrono::seconds{1};
    if (const auto ready = make_folders(made.request.folder); !ready) made.trouble = ready.error().what;
    return made;
  }

  bool attack() {
    const Listener listener;
    auto made = attempt("attack", std::string(attacks));
    const auto secret = folder_ / "state" / "secret";
    made.request.hidden_folders = {folder_ / "state"};
    const auto outside = write_file(secret, "x");
    made.request.variables = {{"PROBE_SECRET", secret.string()}, {"PROBE_PID", std::to_string(::getpid())},
                              {"PROBE_COMMAND", replaced(read_file("/proc/self/cmdline").value_or(""), std::string_view("\0", 1), " ")},
                              {"PROBE_PORT", std::to_string(listener.port())}};
    if (outside) made.run();
    if (!made.outcome || !made.outcome->succeeded) {
      walls_.push_back({"sandbox", false, made.outcome ? join(made.lines, "; ") : made.trouble,
                        "install bubblewrap and allow user namespaces; until then steps are refused unless tandem.yaml says steps: sandbox: optional"});
      return false;
    }
    for (const auto& line : made.lines) {
      const auto words = split(line, ' ');
      if (words.size() == 3 && words[0] == "WALL") heard_[words[1]] = words[2];
    }
    walls_.push_back({"sandbox", true, "bubblewrap runs a step on this machine"});
    judge();
    return true;
  }

  void judge() {
    const auto whole = [this](const char* wall) { return !heard_.contains(wall); };
    const auto apart = [this](const std::string& kind) {
      std::error_code code;
      const auto ours = fs::read_symlink("/proc/self/ns/" + kind, code);
      const auto theirs = heard_.find("ns:" + kind);
      return !code && theirs != heard_.end() && theirs->second != ours.string();
    };
    add("system", whole("system") && apart("mnt"), "writing into /usr, /etc, /opt, /bin and / was tried");
    add("state", whole("state") && apart("mnt"), "reading a file of the coordinator's by its path was tried");
    add("temporary files", whole("temporary"), "/tmp is the step's own");
    add("devices", whole("devices"), "no disk and no memory of this machine is there");
    add("processes", whole("processes") && apart("pid"), "signalling the coordinator was tried");
    add("shared memory", apart("ipc"), "the step has an IPC namespace of its own");
    add("host name", apart("uts"), "the step has a UTS namespace of its own");
    add("privileges", whole("privileges"), "the step has no capability and can gain none (no_new_privs)");
    add("user namespaces", whole("nesting") && apart("user"), "making a user namespace inside was tried",
        ::geteuid() == 0 ? "" : "a newer bubblewrap (0.8) can forbid them");
    add("system calls", whole("calls"), "calls that builds do not need and sandboxes were left by are refused", "a kernel with seccomp");
    add("terminal", whole("terminal"), "opening the terminal of the daemon was tried");
    add("network", whole("network") && apart("net"), "connecting to a port of this machine without being granted the network was tried");
  }

  void try_limits() {
    const auto group = ControlGroup::make({.memory_bytes = 64UL << 20, .processes = 24});
    const auto means = group ? "control groups, " + group->described() : "limits of single processes";
    auto memory = attempt("memory", "head -c 400000000 /dev/zero | tail -c 300000000 | wc -c", {.memory_bytes = 64UL << 20});
    memory.run();
    const bool filled = !memory.lines.empty() && memory.lines.back() == "300000000";
    add("memory", memory.outcome && !filled, fmt::format("taking 300 MB under a limit of 64 MiB was tried ({})", means), "run the daemon where it may make control groups");
    auto processes = attempt("processes", "seq 80 | xargs -P 80 -I{} sleep 0.3 & most=0; while kill -0 $! 2>/dev/null; do all=(/proc/[0-9]*); "
                                            "((${#all[@]} <= most)) || most=${#all[@]}; done; echo $most", {.processes = 24});
    processes.run();
    const bool few = !processes.lines.empty() && std::atoi(processes.lines.back().c_str()) < 48;    // some are on their way out when they are counted
    add("process count", few, fmt::format("starting 80 processes under a limit of 24 was tried ({})", means),
        "run the daemon where it may make control groups");
    auto file = attempt("file", "head -c 3000000 /dev/zero >big", {.file_bytes = 1UL << 20});
    file.run();
    std::error_code code;
    const auto size = fs::file_size(file.request.folder / "big", code);
    add("file size", file.failed() && !code && size <= 1UL << 20, "writing 3 MB into a file under a limit of 1 MiB was tried");
  }

  /// A child that detaches itself twice and ignores every request to end.
  void try_escape() {
    const auto mark = "tandem-escape-" + hex(random_bytes(8));
    auto escape = attempt("escape", fmt::format("setsid bash -c 'trap \"\" TERM HUP INT; setsid bash -c \"exec -a {} sleep 1000\" & wait' >/dev/null 2>&1 & "
                                                "until grep -aqs {} /proc/[0-9]*/cmdline; do sleep 0.02; done", mark, mark));
    escape.run();
    bool alive = false;
    std::error_code code;
    for (auto it = fs::directory_iterator("/proc", code); !code && it != fs::directory_iterator(); it.increment(code))
      if (const auto command = read_file(it->path() / "cmdline"); command && command->starts_with(mark)) alive = true;
    add("end of the action", escape.outcome && escape.outcome->succeeded && !alive, "leaving a process behind that detaches itself and ignores TERM was tried");
  }

  void add(std::string name, bool stands, std::string what, std::string next = {}) {
    walls_.push_back({std::move(name), stands, std::move(what), stands ? "" : std::move(next)});
  }

  fs::path folder_;
  std::string program_;
  std::map<std::string, std::string> heard_;
  std::vector<Wall> walls_;
};

}  // namespace

std::vector<Wall> try_walls(const fs::path& scratch, const std::string& sandbox_program) {
  const auto folder = TemporaryFolder::make_in(scratch, "walls");
  if (!folder) return {{"sandbox", false, folder.error().what, "make the state folder writable"}};
  return Siege(folder->path(), sandbox_program).walls();
}

}  // namespace tandem::shell
