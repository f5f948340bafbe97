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

Error not_whole(const fs::path& path, std::string_view what) {
  return failure(Fault::Broken, "{} is damaged or not whole: {}", path.string(), what)
      .with_code("TD0315")
      .with_next("git fsck --full there names what is missing; fetch it from a whole clone, or give that one");
}

/// The repository that a folder without one of its own lies in.
std::optional<fs::path> surrounding(const fs::path& folder) {
  for (auto above = folder.parent_path(); !above.empty() && above != above.parent_path(); above = above.parent_path())
    if (fs::exists(above / ".git")) return above;
  return std::nullopt;
}

/// git passes over the branches of a shallow clone without a word, and takes one it cannot read for no repository at all.
Done copy_history(const fs::path& from, const fs::path& bare) {
  auto fetched = git::fetch(bare, from.string(), {"+refs/heads/*:refs/heads/*"});
  if (!fetched && fetched.error().what.contains("does not appear to be a git repository")) return not_whole(from, "git takes it for no repository");
  if (!fetched) return std::move(fetched).error();
  if (fs::exists(from / ".git" / "shallow"))
    return failure(Fault::Invalid, "{} is a shallow clone, whose history ends before its beginning", from.string())
        .with_code("TD0315")
        .with_next("git fetch --unshallow there, or give the repository that it was cloned from");
  return done();
}

Done import_files(const fs::path& from, const fs::path& bare, git::Repository& repository, const Instant now) {
  TRY(git({"--work-tree", from.string(), "add", "--all", "."}, bare, "reading the directory"));
  const auto tree = TRY(run_program(git::git_command({"write-tree"}, bare)));
  const git::Person person{"Tandem", "tandem@localhost", now};
  const auto commit = TRY(repository.write_commit(TreeId{std::string(trimmed(tree.out))}, {}, person, person, fmt::format("Import {}\n", from.filename().string())));
  TRY(repository.move_ref("refs/heads/main", commit, std::nullopt));
  return tandem::remove_all(bare / "index");
}

std::string note_of_import(const fs::path& from, const fs::path& bare) {
  auto note = fmt::format("{} was no git repository: its files are the first commit of {}; work in a clone of that: git clone {}", from.string(), bare.string(), bare.string());
  if (const auto around = surrounding(from))
    note += fmt::format("; it lies inside the git repository {}, whose history is left behind: give that one if it was meant", around->string());
  if (fs::is_empty(from)) note += "; it holds no file";
  return note;
}

/// A bare repository of ours with what the user's directory holds: its history, or its files as a first commit. It appears whole
/// or not at all, so that the next try does not take a half for it.
Result<fs::path> make_bare(const fs::path& from, const fs::path& bare, std::vector<std::string>& notes, const Instant now) {
  const bool has_history = fs::exists(from / ".git");
  if (fs::exists(bare)) {
    notes.push_back(fmt::format("{} is kept as it is", bare.string()));
    return bare;
  }
  TRY(make_folders(bare.parent_path()));
  auto scratch = TRY(TemporaryFolder::make_in(bare.parent_path(), "copying"));
  auto repository = TRY(git::Repository::init_bare(scratch.path()));
  if (has_history) TRY(copy_history(from, scratch.path()), "copying {}", from.string());
  else TRY(import_files(from, scratch.path(), repository, now));
  std::error_code trouble;
  fs::rename(scratch.path(), bare, trouble);
  if (trouble) return failure(Fault::Unavailable, "cannot move the copy to {}: {}", bare.string(), trouble.message());
  (void)scratch.release();
  if (has_history)
    notes.push_back(fmt::format("{} is a working copy: its branches are in {}; push there: git -C {} push {} main", from.string(), bare.string(), from.string(), bare.string()));
  else notes.push_back(note_of_import(from, bare));
  return bare;
}

/// The branches of a repository on this machine, each of which must lead to a commit that can be read.
Result<std::vector<std::string>> branches_of(const fs::path& path) {
  auto opened = git::Repository::open(path);
  if (!opened && opened.error().code.empty())
    return failure(Fault::Invalid, "{} looks like a repository, but git cannot open it", path.string())
        .with_code("TD0113")
        .with_next("git fsck there says what is wrong; or give another clone, or the URL that it was cloned from");
  if (!opened) return std::move(opened).error();
  auto branches = TRY(opened->refs("refs/heads/"));
  for (const auto& branch : branches) {
    const auto tip = opened->find_ref(branch);
    if (!tip) return not_whole(path, tip.error().what);
  }
  return branches;
}

Result<RepositoryConfiguration> settle(const std::string& given, Role role, const Folders& folders, Instant now,
                                       std::vector<std::string>& notes) {
  RepositoryConfiguration repository{.name = std::string(word(role)), .role = role, .url = given};
  if (is_url(given)) return repository;
  const auto next = fmt::format("give the {} repository as a directory, a bare repository or a git URL", word(role));
  if (given.empty()) return failure(Fault::Missing, "no {} repository is given", word(role)).with_code("TD0110").with_next(next);
  fs::path path = fs::absolute(given).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();   // "folder/"
  if (!fs::is_directory(path)) return failure(Fault::Missing, "no directory {}", path.string()).with_code("TD0110").with_next(next);
  repository.url = path.string();
  if (!is_bare(path)) {
    const auto bare = TRY(make_bare(path, folders.repositories() / (repository.name + ".git"), notes, now));
    repository.url = bare.string();
  }
  const auto branches = TRY(branches_of(repository.url));
  if (branches.empty()) notes.push_back(fmt::format("{} has no branch yet; the first push to {} starts it", repository.url, repository.branch));
  const bool has_main = branches.empty() || std::ranges::find(branches, "refs/heads/main") != branches.end();
  if (!has_main) repository.branch = branches.front().substr(std::string_view("refs/heads/").size());
  return repository;
}

/// One repository cannot be both sides: its syncs would start themselves.
Done check_two(const InitialiseRequest& request) {
  const auto plain = [](const std::string& given) { return is_url(given) || given.empty() ? given : fs::weakly_canonical(fs::absolute(given)).string(); };
  if (request.application.empty() || plain(request.application) != plain(request.infrastructure)) return done();
  return failure(Fault::Invalid, "{} is given as both repositories", request.application)
      .with_code("TD0112")
      .with_next("give the application first and the infrastructure second: tandem init APPLICATION INFRASTRUCTURE");
}

/// Where each branch is now is where Tandem starts to look: nothing that is there already starts a run.
Done adopt(const Configuration& configuration, Ledger& ledger) {
  for (const auto& repository : configuration.repositories) {
    auto seen = std::vector<git::RemoteRef>{};
    if (auto refs = git::ls_remote(repository.url)) seen = std::move(*refs);
    else return Error(refs.error()).with_code(refs.error().code.empty() ? "TD0114" : refs.error().code);
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

/// What the configuration that init writes would carry, and the application does not hold.
Done note_missing_parts(const Configuration& configuration, std::vector<std::string>& notes) {
  const auto& application = configuration.repositories.front();
  if (is_url(application.url)) return done();
  const auto opened = TRY(git::Repository::open(application.url));
  const auto tip = TRY(opened.find_ref("refs/heads/" + application.branch));
  if (!tip) return done();
  std::vector<std::string> there;
  const auto tree = TRY(opened.tree_of(*tip));
  const auto entries = TRY(opened.entries(tree));
  for (const auto& entry : entries) there.push_back(entry.name);
  std::vector<std::string> missing;
  const auto look_for = [&](const std::string& name) {
    if (!name.empty() && std::ranges::find(there, name) == there.end()) missing.push_back(name);
  };
  for (const auto& component : configuration.sync.components) look_for(component.from);
  look_for(configuration.sync.requirements_from);
  if (missing.empty()) return done();
  if (there.size() > 20) there.resize(20);
  notes.push_back(fmt::format("the application holds no {}, which tandem.yaml would carry: mend sync: there (at its root are {})", join(missing, ", "), join(there, ", ")));
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
  TRY(check_two(request));
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
  TRY(note_missing_parts(configuration, out.notes), "looking for what is carried");
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
