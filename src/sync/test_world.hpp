#pragma once
// For tests: an application, an infrastructure and a coordinator in a folder that goes away. Real git throughout.

#include <gtest/gtest.h>

#include <map>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "sync/detect.hpp"
#include "sync/synchronise.hpp"

namespace tandem::sync {

/// Files by path; nullopt removes.
using Files = std::map<std::string, std::optional<std::string>>;

/// A bare repository with a branch main that grows commit by commit.
class Side {
 public:
  explicit Side(const std::filesystem::path& path) : repository(*git::Repository::init_bare(path)) {}

  CommitId commit(const Files& files, const std::string& branch = "main") {
    std::vector<git::Placement> placements;
    for (const auto& [name, text] : files)
      placements.push_back({name, text ? std::optional{*repository.write_blob(*text)} : std::nullopt});
    return place(placements, branch);
  }
  CommitId place(const std::vector<git::Placement>& placements, const std::string& branch = "main") {
    const auto ref = "refs/heads/" + branch;
    const auto tip = *repository.find_ref(ref);
    const auto base = tip ? std::optional{*repository.tree_of(*tip)} : std::nullopt;
    return move(*repository.write_tree(base, placements), ref, tip);
  }
  CommitId move(const TreeId& tree, const std::string& ref, const std::optional<CommitId>& tip) {
    const auto parents = tip ? std::vector{*tip} : std::vector<CommitId>{};
    const git::Person ada{"Ada", "ada@example.org", Instant{std::chrono::seconds{1'790'000'000 + ++commits_}}};
    const auto made = *repository.write_commit(tree, parents, ada, ada, "work\n");
    EXPECT_TRUE(repository.move_ref(ref, made, tip));
    return made;
  }
  CommitId head(const std::string& branch = "main") { return repository.find_ref("refs/heads/" + branch)->value(); }
  std::optional<CommitId> ref(const std::string& name) { return *repository.find_ref(name); }
  std::string read(const std::string& path) { return repository.read(head(), path).value_or("(none)"); }
  std::vector<std::string> paths() {
    std::vector<std::string> out;
    const auto files = *repository.files(*repository.tree_of(head()));
    for (const auto& file : files) out.push_back(file.path);
    return out;
  }
  std::string url() const { return repository.path().string(); }

  git::Repository repository;

 private:
  int commits_ = 0;
};

struct World {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-sync");
  Side app{folder.path() / "api.git"};
  Side infra{folder.path() / "infra.git"};
  SigningKey key = SigningKey::generate();
  PairStore store = *PairStore::open(folder.path() / "pair.git");
  Instant at{std::chrono::milliseconds{1'790'000'000'250}};

  /// A pair in which one sync can be made.
  static World ready() {
    World world;
    world.app.commit({{"src/people.py", "v1"}, {"src/deep/er/x.py", "x"}, {"main.py", "app = 1"}, {"requirements.txt", "fastapi==0.110.0\n"}, {"README.md", "hello"}});
    world.infra.commit({{"app.py", "cdk"}, {"lambda/api_handler.py", "old"}, {"lambda/requirements.txt", "boto3\n"}});
    return world;
  }

  SyncRequest request(const CommitId& commit = {}) {
    SyncRequest out;
    out.run = {"run-1"};
    out.source = {"api", Role::Application, app.url()};
    out.target = {"infra", Role::Infrastructure, infra.url()};
    out.commit = commit;
    out.actor = "ada";
    out.at = at;
    return out;
  }
  Result<Synchronisation> sync(const CommitId& commit = {}) { return synchronise(request(commit), store, key); }
  DetectRequest question(const CommitId& commit = {}) {
    DetectRequest out;
    out.source = request().source;
    out.target = request().target;
    out.commit = commit;
    out.public_keys = {key.public_key()};
    return out;
  }
  Result<Detection> ask(const CommitId& commit = {}) { return detect(store, question(commit)); }

  std::string git(std::vector<std::string> arguments, const Side& where, std::string input = {}) {
    auto command = git::git_command(std::move(arguments), where.repository.path());
    command.input = std::move(input);
    const auto output = run_program(command);
    EXPECT_TRUE(output && output->exit.ok()) << (output ? output->err : text(output.error()));
    return output ? std::string(trimmed(output->out)) : "";
  }
};

}  // namespace tandem::sync
