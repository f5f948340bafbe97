#include "run/initialise.hpp"

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/git.hpp"
#include "base/text.hpp"
#include "run/configuration.hpp"
#include "run/folders.hpp"
#include "run/ledger.hpp"
#include "run/network_policy.hpp"
#include "store/secrets.hpp"
#include "sync/keyring.hpp"
#include "workflow/substitute.hpp"

#include <set>

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view hook_mark = "# installed by tandem";

bool is_url(const std::string& text) { return text.find("://") != std::string::npos || (text.find('@') != std::string::npos && text.find(':') != std::string::npos); }
bool is_bare(const fs::path& path) { return fs::exists(path / "HEAD") && fs::exists(path / "objects") && !fs::exists(path / ".git"); }

std::string quoted(const std::string& word) { return "'" + replaced(word, "'", "'\\''") + "'"; }

Done git(std::vector<std::string> arguments, const fs::path& repository, std::string_view doing) {
  const auto output = TRY(run_program(git::git_command(std::move(arguments), repository)), "{}", doing);
  if (!output.exit.ok())
    return failure(Fault::Invalid, "git failed while {}: {}", doing, trimmed(output.err.empty() ? output.out : output.err));
  return done();
}

/// A bare repository of ours with what the user's directory holds: its history, or its files as a first commit.
Result<fs::path> make_bare(const fs::path& from, const fs::path& bare, std::vector<std::string>& notes, const Instant now) {
  const bool has_history = fs::exists(from / ".git");
  if (fs::exists(bare)) {
    notes.push_back(fmt::format("{} is kept as it is", bare.string()));
    return bare;
  }
  auto repository = TRY(git::Repository::init_bare(bare));
  if (has_history) {
    TRY(git::fetch(bare, fs::absolute(from).string(), {"+refs/heads/*:refs/heads/*"}), "copying {}", from.string());
    notes.push_back(fmt::format("{} is a working copy: its branches are in {}; push there: git -C {} push {} main",
                                from.string(), bare.string(), from.string(), bare.string()));
    return bare;
  }
  TRY(git({"--work-tree", fs::absolute(from).string(), "add", "--all", "."}, bare, "reading the directory"));
  const auto tree = TRY(run_program(git::git_command({"write-tree"}, bare)));
  const git::Person person{"Tandem", "tandem@localhost", now};
  const auto commit = TRY(repository.write_commit(TreeId{std::string(trimmed(tree.out))}, {}, person, person,
                                                  fmt::format("Import {}\n", fs::absolute(from).filename().string())));
  TRY(repository.move_ref("refs/heads/main", commit, std::nullopt));
  TRY(tandem::remove_all(bare / "index"));
  notes.push_back(fmt::format("{} was no git repository: its files are the first commit of {}; work in a clone of that: git clone {}",
                              from.string(), bare.string(), bare.string()));
  return bare;
}

Result<RepositoryConfiguration> settle(const std::string& given, Role role, const Folders& folders, Instant now,
                                       std::vector<std::string>& notes) {
  RepositoryConfiguration repository{.name = std::string(word(role)), .role = role, .url = given};
  if (is_url(given)) return repository;
  const fs::path path = fs::absolute(given).lexically_normal();
  if (!fs::is_directory(path))
    return failure(Fault::Missing, "no directory {}", path.string()).with_code("TD0110")
        .with_next(fmt::format("give the {} repository as a directory, a bare repository or a git URL", word(role)));
  repository.url = path.string();
  if (!is_bare(path)) {
    const auto bare = TRY(make_bare(path, folders.repositories() / (repository.name + ".git"), notes, now));
    repository.url = bare.string();
  }
  const auto opened = TRY(git::Repository::open(repository.url));
  const auto branches = TRY(opened.refs("refs/heads/"));
  const bool has_main = branches.empty() || std::ranges::find(branches, "refs/heads/main") != branches.end();
  if (!has_main) repository.branch = branches.front().substr(std::string_view("refs/heads/").size());
  return repository;
}

/// Where each branch is now is where Tandem starts to look: nothing that is there already starts a run.
Done adopt(const Configuration& configuration, Ledger& ledger) {
  for (const auto& repository : configuration.repositories) {
    auto seen = std::vector<git::RemoteRef>{};
    if (auto refs = git::ls_remote(repository.url)) seen = std::move(*refs);
    else return refs.error();
    TRY(ledger.record("branch.seen", repository.name,
                      json::object{{"repository", repository.name}, {"branch", ""}, {"commit", ""}}));
    for (const auto& ref : seen)
      if (ref.name.starts_with("refs/heads/"))
        TRY(ledger.record("branch.seen", repository.name,
                          json::object{{"repository", repository.name}, {"branch", ref.name.substr(11)}, {"commit", ref.id.value}}));
  }
  return done();
}

Result<std::string> make_secrets(const Folders& folders) {
  auto secrets = TRY(store::Secrets::open(folders.secrets()));
  const auto there = TRY(secrets.find("admin-password"));
  const auto password = there.value_or(base64url(random_bytes(18)));
  const auto hash = TRY(secrets.find("admin-password-hash"));
  if (there && hash) return password;
  TRY(secrets.set("admin-password", password));
  const auto hashed = TRY(password_hash(password));
  TRY(secrets.set("admin-password-hash", hashed));
  return password;
}

EnvironmentConfiguration local_environment(const std::string& admin_email) {
  EnvironmentConfiguration environment{.name = "local", .target = TargetKind::Local};
  environment.parameters = {{"AdminEmail", admin_email}, {"AdminPasswordHash", "${Secrets.admin-password-hash}"}};
  environment.admin_email = admin_email;
  environment.admin_password_secret = "admin-password";
  return environment;
}

/// The grants of the shipped pair that this repository can use: all while it is empty or out of reach, else those whose actions
/// it has. What else its actions fetch is for its owner to grant, and is said.
Result<std::vector<NetworkGrant>> network_grants(const RepositoryConfiguration& repository, std::vector<std::string>& notes) {
  std::vector<NetworkGrant> grants;
  for (auto& grant : grants_of_the_shipped_pair())
    if (grant.repository == repository.name) grants.push_back(std::move(grant));
  if (is_url(repository.url)) return grants;
  const auto opened = TRY(git::Repository::open(repository.url));
  const auto tip = TRY(opened.find_ref("refs/heads/" + repository.branch));
  if (!tip) return grants;
  const auto definitions = TRY(definitions_at(opened, *tip));
  std::erase_if(grants, [&](const NetworkGrant& grant) { return trouble_with(grant, definitions).has_value(); });
  for (const auto& grant : ungranted(repository.name, definitions, grants))
    notes.push_back(fmt::format("steps of {} fetch something and have no network; if they may, write \"- {}\" below steps: network: in tandem.yaml",
                                grant.action, text(grant)));
  return grants;
}

/// Names that the workflows of the pair use and that nobody has given yet.
struct UsedNames {
  std::set<std::string> environments;
  std::set<std::string> secrets;
};

Done collect_names(const RepositoryConfiguration& repository, UsedNames& used) {
  if (is_url(repository.url)) return done();
  const auto opened = TRY(git::Repository::open(repository.url));
  const auto tip = TRY(opened.find_ref("refs/heads/" + repository.branch));
  if (!tip) return done();
  const auto definitions = TRY(definitions_at(opened, *tip));
  for (const auto& file : definitions.files) {
    const auto parsed = parse(file, {.check_known = false});
    if (!parsed.workflow) continue;
    for (const auto& action : parsed.workflow->actions) {
      if (!action.environment.empty()) used.environments.insert(action.environment);
      for (auto& secret : workflow::secrets_of(action)) used.secrets.insert(std::move(secret));
    }
  }
  return done();
}

Done note_missing_names(const Configuration& configuration, const Folders& folders, std::vector<std::string>& notes) {
  UsedNames used;
  for (const auto& repository : configuration.repositories) TRY(collect_names(repository, used), "looking for the names that the workflows of {} use", repository.name);
  for (const auto& environment : configuration.environments) used.environments.erase(environment.name);
  const auto secrets = TRY(store::Secrets::open(folders.secrets()));
  for (const auto& name : TRY(secrets.names())) used.secrets.erase(name);
  if (!used.environments.empty())
    notes.push_back(fmt::format("the workflows name environments that are not there; write them below environments: in tandem.yaml: {}",
                                join({used.environments.begin(), used.environments.end()}, ", ")));
  if (!used.secrets.empty())
    notes.push_back(fmt::format("the workflows name secrets that are not there; set each with tandem secrets set NAME: {}", join({used.secrets.begin(), used.secrets.end()}, ", ")));
  return done();
}

}  // namespace

Result<std::string> password_hash(const std::string& password) {
  const auto salt = random_bytes(16);
  const auto key = TRY(scrypt(password, salt, 16384, 8, 1, 32));
  return fmt::format("scrypt$16384$8$1${}${}", base64(salt), base64(key));
}

Done install_hook(const fs::path& repository, const std::string& name, const fs::path& program, const fs::path& configuration) {
  const auto hook = repository / "hooks" / "post-receive";
  const auto theirs = repository / "hooks" / "post-receive.before-tandem";
  if (const auto old = read_file(hook); old && old->find(hook_mark) == std::string::npos) {
    std::error_code code;
    fs::rename(hook, theirs, code);
    if (code) return failure(Fault::Unavailable, "cannot keep the hook {}: {}", hook.string(), code.message());
  }
  std::string text = fmt::format("#!/bin/sh\n{}: tells its daemon of this push; never fails the push\nupdates=$(cat)\n", hook_mark);
  if (fs::exists(theirs)) text += fmt::format("printf '%s\\n' \"$updates\" | {} || exit $?\n", quoted(theirs.string()));
  // Statuses are pushed as notes, and after every run: they start nothing.
  text += "case $updates in *\" refs/heads/\"*) ;; *) exit 0 ;; esac\n";
  text += fmt::format("printf '%s\\n' \"$updates\" | {} notify --config {} {} ||\n"
                      "  echo 'tandem: the daemon was not told; it finds this push when it looks' >&2\nexit 0\n",
                      quoted(program.string()), quoted(configuration.string()), quoted(name));
  return replace_file(hook, text, 0755);
}

Result<Initialised> initialise(const InitialiseRequest& request, const Clock& clock) {
  Initialised out;
  out.file = fs::absolute(request.folder).lexically_normal() / "tandem.yaml";
  if (fs::exists(out.file) && request.existing == InitialiseRequest::Existing::Refuse)
    return failure(Fault::Conflict, "{} is there already", out.file.string()).with_code("TD0111")
        .with_next("edit it, or give --force to replace it (keys and secrets stay)");
  const Folders folders{out.file.parent_path() / ".tandem"};
  TRY(make_folders(folders.state));
  fs::permissions(folders.state, fs::perms::owner_all);

  auto& configuration = out.configuration;
  configuration.state_folder = folders.state.string();
  configuration.port = request.port;
  configuration.repositories.push_back(TRY(settle(request.application, Role::Application, folders, clock.now(), out.notes)));
  configuration.repositories.push_back(TRY(settle(request.infrastructure, Role::Infrastructure, folders, clock.now(), out.notes)));
  for (const auto& repository : configuration.repositories) {
    auto grants = TRY(network_grants(repository, out.notes), "looking for actions that fetch packages");
    configuration.network_grants.insert(configuration.network_grants.end(), grants.begin(), grants.end());
  }
  configuration.environments.push_back(local_environment(request.admin_email));
  out.admin_password = TRY(make_secrets(folders), "making the first secrets");
  TRY(note_missing_names(configuration, folders, out.notes));
  TRY(sync::Keyring::open(folders.keys(), clock.now()), "making the signing key");

  auto ledger = TRY(Ledger::open(folders.state, clock));
  TRY(adopt(configuration, *ledger), "looking at the branches");
  TRY(ledger->record("pair.configured", "init", json::object{{"file", out.file.string()}}));
  TRY(replace_file(out.file, configuration_text(configuration)), "writing {}", out.file.string());
  for (const auto& repository : configuration.repositories)
    if (!is_url(repository.url)) TRY(install_hook(repository.url, repository.name, request.program, out.file));
  return out;
}

}  // namespace tandem::run
