// The part of git.hpp that the git program does: carrying objects between repositories.
#include <charconv>
#include <cstdlib>

#include "base/git.hpp"
#include "base/text.hpp"

namespace tandem::git {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::minutes carry_time_max{30};

/// What of our environment git, ssh and curl need to reach other machines. Nothing here can change what git does.
constexpr const char* network_settings[] = {"http_proxy",    "https_proxy",  "no_proxy",      "HTTP_PROXY",
                                            "HTTPS_PROXY",   "NO_PROXY",     "all_proxy",     "ALL_PROXY",
                                            "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK", "GIT_SSL_CAINFO",
                                            "GIT_ASKPASS",   "GIT_SSH_COMMAND"};

/// git's own list of protocols, where whoever runs us gives one, as far as we can answer for it: ext:: and the like run programs.
std::optional<std::string> allowed_protocols() {
  const char* value = std::getenv("GIT_ALLOW_PROTOCOL");
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& protocol : split(value, ':'))
    for (const auto* known : {"https", "ssh", "file", "http"})
      if (protocol == known) out.push_back(protocol);
  return join(out, ":");
}

bool lies_on_this_machine(std::string_view url) {
  return url.starts_with("file://") || url.starts_with('/') || url.starts_with("./") || url.starts_with("../");
}

/// A repository of another user may be used because its path was given to us; git asks for that to be said on the
/// side that opens it, which for a path is a second git process that does not inherit our configuration.
void allow_owner(std::vector<std::string>& arguments, const std::string& url, std::string_view service) {
  if (lies_on_this_machine(url))
    arguments.push_back(fmt::format("--{}=git -c 'safe.directory=*' {}", service, service));
}

/// The URL without user and password, for errors.
std::string shown(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const auto start = scheme + 3;
  const auto at = url.rfind('@', url.find('/', start));
  return at == std::string::npos || at < start ? url : url.substr(0, start) + url.substr(at + 1);
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The first line of `text` that holds `part`, trimmed; empty when none does.
std::string line_with(std::string_view text, std::string_view part) {
  for (const auto& line : lines_of(text))
    if (has(line, part)) return std::string(trimmed(line));
  return {};
}

/// git's own words, last complaint first: what stands behind "fatal: " or "error: ".
std::string complaint(std::string_view err) {
  for (const std::string_view mark : {"fatal: ", "error: "})
    if (const auto line = line_with(err, mark); !line.empty()) return line.substr(line.find(mark) + mark.size());
  return std::string(trimmed(err.substr(0, err.find('\n'))));
}

/// git's words when a repository lacks objects that it should have, or has other bytes under their names.
bool tells_of_damage(std::string_view err) {
  for (const auto* word : {"repository corruption", "did not receive expected object", "did not send all necessary objects", "unable to read", "is corrupt",
                           "bad object", "missing blob", "missing tree", "missing commit", "data stream error", "incorrect data check", "from promisor remote",
                           "Failed to traverse parents"})
    if (has(err, word)) return true;
  return false;
}

Error carry_trouble(const Output& output, const std::string& url) {
  const auto where = shown(url);
  const auto err = replaced(output.err, url, where);
  if (output.exit.stopped) return failure(Fault::Cancelled, "stopped talking to {}", where);
  if (output.exit.timed_out) return failure(Fault::TimedOut, "{} did not finish in {}", where, for_people(carry_time_max));
  if (has(err, "fsck error") || has(err, "fsck failed") || has(err, "invalid pack") || has(err, "did not pass fsck") ||
      has(err, "in tree entry") || has(err, "too-short tree")) {
    const auto object = line_with(err, "object ");
    return failure(Fault::Invalid, "{} holds an object that git refuses: {}", where, object.empty() ? complaint(err) : object);
  }
  if (has(err, "couldn't find remote ref")) return failure(Fault::Missing, "{}: {}", where, complaint(err));
  if (has(err, "not allowed") && has(err, "transport")) return failure(Fault::Denied, "{}: only https, ssh and files are used: {}", where, complaint(err)).with_next("use https; GIT_ALLOW_PROTOCOL=https:ssh:file:http in the environment of tandem allows http, which anybody on the way can read and change");
  if (has(err, "mismatched algorithms"))
    return failure(Fault::Invalid, "{} names its objects by SHA-256, which cannot be carried between repositories that do so by SHA-1", where)
        .with_code("TD0315").with_next("make it a repository with SHA-1 names: git init --object-format=sha1, and push the files there");
  if (has(err, "! [rejected]")) return failure(Fault::Conflict, "{}: {}", where, line_with(err, "! [rejected]"));
  for (const auto* word : {"Authentication failed", "could not read Username", "could not read Password", "Permission denied",
                           "returned error: 401", "returned error: 403", "terminal prompts disabled", "Host key verification failed"})
    if (has(err, word)) return failure(Fault::Denied, "{} refuses us: {}", where, line_with(err, word));
  if (tells_of_damage(err))
    return failure(Fault::Broken, "{} is damaged or not whole: {}", where, complaint(err))
        .with_code("TD0315").with_next("git fsck --full there names what is missing; fetch it from a whole clone, or name that one in tandem.yaml");
  return failure(Fault::Unavailable, "cannot reach {}: {}", where, complaint(err)).with_next("see whether the address is right and the repository answers, then try again");
}

Result<Output> carry(Command command, std::stop_token stop) {
  command.time_limit = carry_time_max;
  command.output_limit_bytes = 16UL << 20;
  return run_program(command, std::move(stop));
}

/// What the other side said, line by line, without git's prefix.
std::string remote_words(std::string_view err) {
  std::vector<std::string> words;
  for (const auto& line : lines_of(err))
    if (line.starts_with("remote: ") && !trimmed(line.substr(8)).empty()) words.emplace_back(trimmed(line.substr(8)));
  return join(words, "; ");
}

bool is_conflict(std::string_view reason) {
  for (const auto* word : {"stale info", "non-fast-forward", "fetch first", "cannot lock ref", "incorrect old value",
                           "failed to update ref", "reference already exists", "remote ref updated since checkout"})
    if (has(reason, word)) return true;
  return false;
}

/// Reads `git push --porcelain`: one line per ref, "!" first when it was refused. A refusal that only follows from
/// another one ("atomic push failed") is told last.
Error push_trouble(const Output& output, const std::string& url) {
  std::optional<Error> denied;
  std::optional<Error> followed;
  for (const auto& line : lines_of(output.out)) {
    const auto fields = split(line, '\t');
    if (fields.size() < 3 || fields[0] != "!") continue;
    const auto ref = fields[1].substr(fields[1].rfind(':') + 1);
    const auto words = remote_words(output.err);
    // Two pushes that reach the other side's lock together: which ref it was stands in its words only.
    const bool lost_the_lock = has(fields[2], "atomic") && is_conflict(words);
    if (is_conflict(fields[2]) || lost_the_lock)
      return failure(Fault::Conflict, "{} moved at {}: {}", ref, shown(url), lost_the_lock ? words : fields[2]);
    auto error = failure(Fault::Denied, "{} refuses {}: {}{}{}", shown(url), ref, fields[2], words.empty() ? "" : ": ", words);
    (has(fields[2], "atomic") ? followed : denied) = std::move(error);
  }
  if (denied) return *denied;
  if (followed) return *followed;
  return carry_trouble(output, url);
}

}  // namespace

Command git_command(std::vector<std::string> arguments, const fs::path& repository) {
  Command command;
  command.argv = {"git"};
  for (const auto* setting :
       {"protocol.allow=never", "protocol.https.allow=always", "protocol.ssh.allow=always", "protocol.file.allow=always",
        "core.hooksPath=/dev/null", "core.fsync=objects,derived-metadata,reference", "transfer.fsckObjects=true",
        "fetch.fsckObjects=true", "receive.fsckObjects=true", "fetch.unpackLimit=1", "fetch.recurseSubmodules=false",
        "submodule.recurse=false", "gc.auto=0", "maintenance.auto=false", "advice.detachedHead=false",
        "http.lowSpeedLimit=1000", "http.lowSpeedTime=60", "core.askPass=", "safe.directory=*"}) {
    command.argv.emplace_back("-c");
    command.argv.emplace_back(setting);
  }
  if (!repository.empty()) {
    std::error_code ignored;
    const auto inner = repository / ".git";
    command.argv.push_back(fmt::format("--git-dir={}", (fs::exists(inner, ignored) ? inner : repository).string()));
    command.folder = repository;
  }
  for (auto& argument : arguments) command.argv.push_back(std::move(argument));

  command.environment = tool_environment();
  for (const auto* name : network_settings)
    if (const char* value = std::getenv(name)) command.environment.emplace(name, value);
  if (auto protocols = allowed_protocols()) command.environment.emplace("GIT_ALLOW_PROTOCOL", std::move(*protocols));
  command.environment.emplace("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
  command.environment.emplace("GIT_CONFIG_NOSYSTEM", "1");
  command.environment.emplace("GIT_CONFIG_GLOBAL", "/dev/null");
  command.environment.emplace("GIT_TERMINAL_PROMPT", "0");
  command.environment.emplace("GIT_ATTR_NOSYSTEM", "1");
  command.environment.insert_or_assign("LANG", "C");  // we read git's words
  return command;
}

namespace {

/// Reads from git's progress how many objects come: "Receiving objects:   7% (12/165)". The other side counts them in the
/// head of the pack, before the first; what it says of itself stands behind "remote: ".
class Arrival {
 public:
  void read(std::string_view piece) {
    constexpr size_t line_max = 4096;
    for (const char c : piece) {
      if (c != '\r' && c != '\n') {
        if (line_.size() < line_max) line_ += c;
        continue;
      }
      if (!take(line_)) said_ += line_ + '\n';
      line_.clear();
    }
  }
  std::uint64_t objects() const { return objects_; }
  std::string said() const { return said_ + line_; }   ///< without the progress

 private:
  bool take(std::string_view line) {
    if (line.starts_with("Resolving deltas:")) return true;
    if (!line.starts_with("Receiving objects:")) return false;
    const auto slash = line.find('/');
    if (slash != line.npos) std::from_chars(line.data() + slash + 1, line.data() + line.size(), objects_);
    return true;
  }
  std::string line_;
  std::string said_;
  std::uint64_t objects_ = 0;
};

/// A fetch that was cut off leaves one file just as large as it was allowed to be. True when there was one; it is gone then.
bool remove_cut_off(const fs::path& repository, const FetchLimits& limits) {
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(repository / "objects" / "pack", ignored))
    if (file.path().filename().string().starts_with("tmp_") && file.file_size(ignored) == limits.bytes_max) return fs::remove(file.path(), ignored);
  return false;
}

Error more_than_allowed(const std::string& url, const std::string& what) {
  return failure(Fault::Denied, "{} sends {}", shown(url), what)
      .with_code(too_large)
      .with_next("see what fills that repository; if it is meant to be so large, raise fetch-mib or fetch-objects of the repository in tandem.yaml");
}

Result<Output> carry_limited(Command command, const fs::path& repository, const std::string& url, const FetchLimits& limits, std::stop_token stop) {
  command.time_limit = carry_time_max;
  command.file_limit_bytes = limits.bytes_max;
  std::stop_source too_many;
  const std::stop_callback passed_on(std::move(stop), [&] { too_many.request_stop(); });
  Arrival arrival;
  const auto read = [&](Stream stream, std::string_view piece) {
    if (stream != Stream::Err) return;
    arrival.read(piece);
    if (arrival.objects() > limits.objects_max) too_many.request_stop();
  };
  Output output;
  output.exit = TRY(run_streaming(command, read, too_many.get_token()));
  output.err = arrival.said();
  if (arrival.objects() > limits.objects_max)
    return more_than_allowed(url, fmt::format("{} objects, more than the {} that are allowed", arrival.objects(), limits.objects_max));
  if (!output.exit.ok() && remove_cut_off(repository, limits))
    return more_than_allowed(url, fmt::format("more than the {} MiB that are allowed", limits.bytes_max >> 20));
  return output;
}

Done fetch_with(std::vector<std::string> settings, const fs::path& repository, const std::string& url, const std::vector<std::string>& refspecs, std::stop_token stop, const FetchLimits& limits) {
  auto& arguments = settings;
  arguments.insert(arguments.end(), {"fetch", "--atomic", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc", "--progress"});
  allow_owner(arguments, url, "upload-pack");
  arguments.insert(arguments.end(), {"--end-of-options", url});
  arguments.insert(arguments.end(), refspecs.begin(), refspecs.end());
  const auto output = TRY(carry_limited(git_command(std::move(arguments), repository), repository, url, limits, std::move(stop)));
  if (!output.exit.ok()) return carry_trouble(output, url);
  return done();
}
}  // namespace

Done fetch(const fs::path& repository, const std::string& url, const std::vector<std::string>& refspecs, std::stop_token stop, const FetchLimits& limits) {
  return fetch_with({}, repository, url, refspecs, std::move(stop), limits);
}

Done fetch_unchecked(const fs::path& repository, const std::string& url, const std::vector<std::string>& refspecs, std::stop_token stop, const FetchLimits& limits) {
  return fetch_with({"-c", "transfer.fsckObjects=false", "-c", "fetch.fsckObjects=false"}, repository, url, refspecs, std::move(stop), limits);
}

Done push(const fs::path& repository, const std::string& url, const std::vector<Push>& pushes, std::stop_token stop) {
  if (pushes.empty()) return done();
  std::vector<std::string> arguments{"push", "--porcelain", "--atomic", "--no-verify", "--recurse-submodules=no", "--no-follow-tags"};
  allow_owner(arguments, url, "receive-pack");
  for (const auto& move : pushes)
    arguments.push_back(fmt::format("--force-with-lease={}:{}", move.ref, move.expected ? move.expected->value : ""));
  arguments.insert(arguments.end(), {"--end-of-options", url});
  for (const auto& move : pushes) arguments.push_back(fmt::format("{}:{}", move.commit.value, move.ref));
  const auto output = TRY(carry(git_command(std::move(arguments), repository), std::move(stop)));
  if (!output.exit.ok()) return push_trouble(output, url);
  return done();
}

Result<std::vector<RemoteRef>> ls_remote(const std::string& url, std::stop_token stop) {
  std::vector<std::string> arguments{"ls-remote", "--quiet"};
  allow_owner(arguments, url, "upload-pack");
  arguments.insert(arguments.end(), {"--end-of-options", url});
  const auto output = TRY(carry(git_command(std::move(arguments), {}), std::move(stop)));
  if (!output.exit.ok()) return carry_trouble(output, url);
  std::vector<RemoteRef> refs;
  for (const auto& line : lines_of(output.out)) {
    const auto fields = split(line, '\t');
    if (fields.size() != 2) continue;
    const bool peeled = fields[1].ends_with("^{}");  // the commit behind the tag of the line before
    if (peeled && !refs.empty()) refs.back().id = CommitId{fields[0]};
    else refs.push_back({fields[1], CommitId{fields[0]}});
  }
  return refs;
}

}  // namespace tandem::git
