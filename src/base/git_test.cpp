#include "base/git.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/crypto.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::git {
namespace {

namespace fs = std::filesystem;
const Person ada{"Ada", "ada@example.org", Instant{std::chrono::seconds{1'790'000'000}}};

/// A few repositories in a folder that goes away.
struct World {
  TemporaryFolder folder = *TemporaryFolder::make();
  Repository repository = *Repository::init_bare(folder.path() / "here.git");

  TreeId tree(const std::vector<std::pair<std::string, std::string>>& files, const std::optional<TreeId>& base = {}) {
    std::vector<Placement> placements;
    for (const auto& [path, bytes] : files) placements.push_back({path, *repository.write_blob(bytes)});
    return *repository.write_tree(base, placements);
  }
  CommitId commit(const std::vector<std::pair<std::string, std::string>>& files, const std::vector<CommitId>& parents = {}, std::string_view message = "a commit\n") {
    return *repository.write_commit(tree(files), parents, ada, ada, message);
  }
  std::string git(std::vector<std::string> arguments, const fs::path& where) {
    const auto output = run_program(git_command(std::move(arguments), where));
    EXPECT_TRUE(output && output->exit.ok()) << (output ? output->err : text(output.error()));
    return output->out;
  }
  /// Writes a tree object no tool of ours would make.
  std::string raw_tree(const std::string& name, const std::string& mode, const std::string& id) {
    auto command = git_command({"hash-object", "-t", "tree", "-w", "--stdin", "--literally"}, repository.path());
    std::string bytes = mode + " " + name + '\0';
    for (size_t i = 0; i < id.size(); i += 2) bytes += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
    command.input = bytes;
    return std::string(trimmed(run_program(command)->out));
  }
};

std::vector<std::string> paths_of(const std::vector<File>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file.path);
  return paths;
}

std::string shown(const std::vector<Change>& changes) {
  std::string out;
  for (const auto& change : changes) out += fmt::format("{}{} ", change.kind == ChangeKind::Added ? '+' : change.kind == ChangeKind::Removed ? '-' : '~', change.path);
  return out;
}

TEST(Git, OpensWhatIsThereAndNothingAboveIt) {
  World world;
  EXPECT_TRUE(Repository::open(world.repository.path()));
  EXPECT_EQ(Repository::open(world.folder.path() / "nowhere").error().fault, Fault::Missing);
  ASSERT_TRUE(make_folders(world.repository.path() / "inside"));
  EXPECT_EQ(Repository::open(world.repository.path() / "inside").error().fault, Fault::Missing);
}

TEST(Git, ReadsBackTheCommitTheTreeAndTheBytesThatWereWritten) {
  World world;
  const auto first = world.commit({{"README", "hello"}, {"src/api/people.py", std::string("a\0b", 3)}});
  const auto second = world.commit({{"README", "again"}}, {first}, "second\n\nTandem-Run: 41\n");
  const auto commit = *world.repository.commit(second);
  EXPECT_EQ(commit.parents, std::vector<CommitId>{first});
  EXPECT_EQ(commit.message, "second\n\nTandem-Run: 41\n");
  EXPECT_EQ(commit.author.name, "Ada");
  EXPECT_EQ(commit.author.at, ada.at);
  EXPECT_EQ(*world.repository.read(first, "src/api/people.py"), std::string("a\0b", 3));
  EXPECT_EQ(world.repository.read(first, "src/api").error().fault, Fault::Missing);
  EXPECT_EQ(world.repository.read(first, "src/none").error().fault, Fault::Missing);
  const auto tree = *world.repository.tree_of(first);
  EXPECT_EQ(paths_of(*world.repository.files(tree)), (std::vector<std::string>{"README", "src/api/people.py"}));
  const auto entry = *world.repository.find(tree, "src");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, EntryKind::Tree);
  EXPECT_FALSE(*world.repository.find(tree, "README/below"));
  EXPECT_EQ((*world.repository.find(tree, ""))->id, tree.value);
  EXPECT_EQ(*world.repository.blob_size((*world.repository.find(tree, "README"))->id), 5u);
  EXPECT_EQ(world.repository.blob_size(tree.value).error().fault, Fault::Missing);
  EXPECT_EQ(world.repository.entries(tree)->size(), 2u);
}

TEST(Git, GivesTheSameIdForTheSameArgumentsAndTheIdsOfGitItself) {
  World world;
  const auto blob = *world.repository.write_blob("hello\n");
  EXPECT_EQ(blob, "ce013625030ba8dba906f756967f9e9ca394464a");
  const auto tree = world.tree({{"a.txt", "hello\n"}});
  const auto one = *world.repository.write_commit(tree, {}, ada, ada, "m\n");
  const auto two = *world.repository.write_commit(tree, {}, ada, ada, "m\n");
  EXPECT_EQ(one, two);
  World other;
  EXPECT_EQ(*other.repository.write_commit(other.tree({{"a.txt", "hello\n"}}), {}, ada, ada, "m\n"), one);
  world.git({"fsck", "--strict", "--no-dangling"}, world.repository.path());
}

TEST(Git, NamesWhatIsMissingOrNoIdAtAll) {
  World world;
  const CommitId absent{std::string(40, 'a')};
  EXPECT_EQ(world.repository.commit(absent).error().fault, Fault::Missing);
  EXPECT_EQ(world.repository.commit({"abc"}).error().fault, Fault::Invalid);
  EXPECT_EQ(world.repository.blob("../../etc/passwd").error().fault, Fault::Invalid);
  EXPECT_EQ(world.repository.entries({absent.value}).error().fault, Fault::Missing);
  EXPECT_EQ(world.repository.resolve("no-such-branch").error().fault, Fault::Missing);
  const auto tree = world.tree({{"a", "1"}});
  EXPECT_EQ(world.repository.write_commit(tree, {absent}, ada, ada, "m").error().fault, Fault::Missing);
  EXPECT_EQ(world.repository.write_commit(tree, {}, Person{"", "", {}}, ada, "m").error().fault, Fault::Invalid);
}

TEST(Git, ResolvesEveryNameOfACommit) {
  World world;
  const auto first = world.commit({{"a", "1"}});
  const auto second = world.commit({{"a", "2"}}, {first});
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", second, {}));
  world.git({"-c", "user.name=A", "-c", "user.email=a@b", "tag", "-a", "-m", "tagged", "v1", first.value}, world.repository.path());
  EXPECT_EQ(*world.repository.resolve("main"), second);
  EXPECT_EQ(*world.repository.resolve("HEAD~1"), first);
  EXPECT_EQ(*world.repository.resolve(second.value.substr(0, 10)), second);
  EXPECT_EQ(*world.repository.resolve("v1"), first);
  EXPECT_EQ(**world.repository.find_ref("refs/tags/v1"), first);
  EXPECT_EQ(world.repository.resolve("main:a").error().fault, Fault::Invalid);
  EXPECT_FALSE(*world.repository.find_ref("refs/heads/none"));
  EXPECT_EQ(world.repository.find_ref("bad..name").error().fault, Fault::Invalid);
}

TEST(Git, TellsAncestorsAndHistoryByFirstParent) {
  World world;
  const auto one = world.commit({{"a", "1"}});
  const auto side = world.commit({{"b", "1"}});
  const auto two = world.commit({{"a", "2"}}, {one, side});
  EXPECT_TRUE(*world.repository.is_ancestor(one, two));
  EXPECT_TRUE(*world.repository.is_ancestor(side, two));
  EXPECT_TRUE(*world.repository.is_ancestor(two, two));
  EXPECT_FALSE(*world.repository.is_ancestor(two, one));
  EXPECT_FALSE(*world.repository.is_ancestor(one, side));
  const auto history = *world.repository.history(two, 10);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].id, one);
  EXPECT_EQ(world.repository.history(two, 1)->size(), 1u);
}

TEST(Git, PlacesAWholeTreeDeepInAnotherWithoutTouchingTheRest) {
  World world;
  const auto source = world.tree({{"main.py", "app"}, {"pkg/x.py", "x"}});
  const auto target = world.tree({{"app.py", "cdk"}, {"lambda/requirements.txt", "r"}, {"lambda/src/old.py", "old"}, {"docs/a", "d"}});
  const auto placed = *world.repository.write_tree(target, {{"lambda/src", source.value, 0040000}, {"lambda/meta.json", *world.repository.write_blob("{}")}});
  EXPECT_EQ((*world.repository.find(placed, "lambda/src"))->id, source.value);
  EXPECT_EQ((*world.repository.find(placed, "docs"))->id, (*world.repository.find(target, "docs"))->id);
  EXPECT_EQ(paths_of(*world.repository.files(placed)),
            (std::vector<std::string>{"app.py", "docs/a", "lambda/meta.json", "lambda/requirements.txt", "lambda/src/main.py", "lambda/src/pkg/x.py"}));
  EXPECT_EQ(shown(*world.repository.changes(target, placed)), "+lambda/meta.json +lambda/src/main.py -lambda/src/old.py +lambda/src/pkg/x.py ");
}

TEST(Git, AppliesPlacementsInOrderAndDropsFoldersThatBecomeEmpty) {
  World world;
  const auto blob = *world.repository.write_blob("x");
  const auto inner = world.tree({{"one", "1"}, {"two", "2"}});
  const auto base = world.tree({{"keep", "k"}, {"a/b/c", "c"}, {"file", "f"}});
  const auto tree_with = [&](std::vector<Placement> placements) { return paths_of(*world.repository.files(*world.repository.write_tree(base, placements))); };
  EXPECT_EQ(tree_with({{"a/b/c", std::nullopt}}), (std::vector<std::string>{"file", "keep"}));
  EXPECT_EQ(tree_with({{"a", inner.value, 0040000}, {"a/three", blob}, {"a/two", std::nullopt}}), (std::vector<std::string>{"a/one", "a/three", "file", "keep"}));
  EXPECT_EQ(tree_with({{"a", std::nullopt}, {"a/new", blob}}), (std::vector<std::string>{"a/new", "file", "keep"}));
  EXPECT_EQ(tree_with({{"file/below", blob}}), (std::vector<std::string>{"a/b/c", "file/below", "keep"}));
  EXPECT_EQ(tree_with({{"file/below", std::nullopt}, {"none", std::nullopt}}), (std::vector<std::string>{"a/b/c", "file", "keep"}));
  EXPECT_EQ(world.repository.write_tree({}, {})->value, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  EXPECT_EQ(*world.repository.write_tree(base, {}), base);
}

TEST(Git, RefusesPlacementsThatCannotStandInATree) {
  World world;
  const auto blob = *world.repository.write_blob("x");
  for (const auto* path : {"", "/a", "a//b", "a/../b", ".git/config", "a/.GIT/hooks", "."})
    EXPECT_EQ(world.repository.write_tree({}, {{path, blob}}).error().fault, Fault::Invalid) << path;
  EXPECT_EQ(world.repository.write_tree({}, {{"a", std::string(40, 'a')}}).error().fault, Fault::Missing);
  EXPECT_EQ(world.repository.write_tree({}, {{"a", blob, 0040000}}).error().fault, Fault::Invalid);
  EXPECT_EQ(world.repository.write_tree({}, {{"a", blob, 0100600}}).error().fault, Fault::Invalid);
}

TEST(Git, TellsWhichFilesChangedModesIncluded) {
  World world;
  const auto blob = *world.repository.write_blob("#!/bin/sh\n");
  const auto before = world.tree({{"same", "s"}, {"mod", "1"}, {"gone/x", "x"}, {"turns", "file"}, {"run", "#!/bin/sh\n"}});
  const auto after = *world.repository.write_tree(world.tree({{"same", "s"}, {"mod", "2"}, {"turns/into", "folder"}, {"new", "n"}}), {{"run", blob, 0100755}});
  EXPECT_EQ(shown(*world.repository.changes(before, after)), "-gone/x ~mod +new ~run -turns +turns/into ");
  EXPECT_EQ(shown(*world.repository.changes(after, after)), "");
  EXPECT_EQ(shown(*world.repository.changes({}, after)), "+mod +new +run +same +turns/into ");
}

TEST(Git, MovesARefOnlyFromWhereItIsExpected) {
  World world;
  const auto one = world.commit({{"a", "1"}});
  const auto two = world.commit({{"a", "2"}}, {one});
  EXPECT_EQ(world.repository.move_ref("refs/heads/main", two, one).error().fault, Fault::Conflict);
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", one, {}));
  EXPECT_EQ(world.repository.move_ref("refs/heads/main", two, {}).error().fault, Fault::Conflict);
  EXPECT_EQ(world.repository.move_ref("refs/heads/main", two, two).error().fault, Fault::Conflict);
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", two, one));
  EXPECT_EQ(**world.repository.find_ref("refs/heads/main"), two);
  EXPECT_EQ(world.git({"rev-parse", "main"}, world.repository.path()), two.value + "\n");
  EXPECT_EQ(world.repository.move_ref("refs/heads/main", {std::string(40, 'a')}, two).error().fault, Fault::Missing);
  EXPECT_EQ(world.repository.move_ref("main", one, two).error().fault, Fault::Invalid);
  EXPECT_EQ(world.repository.move_ref("refs/heads/../x", one, {}).error().fault, Fault::Invalid);
}

TEST(Git, LosesNoUpdateWhenManyMoveOneRef) {
  World world;
  const auto root = world.commit({{"a", "0"}});
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", root, {}));
  const auto tree = *world.repository.tree_of(root);
  std::atomic<int> landed = 0;
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer)
      writers.emplace_back([&, writer] {
        auto mine = *Repository::open(world.repository.path());
        for (int i = 0; i < 10; ++i)
          while (true) {
            const auto tip = **mine.find_ref("refs/heads/main");
            const auto next = *mine.write_commit(tree, {tip}, ada, ada, fmt::format("{} {}", writer, i));
            const auto moved = mine.move_ref("refs/heads/main", next, tip);
            if (moved) {
              ++landed;
              break;
            }
            ASSERT_EQ(moved.error().fault, Fault::Conflict) << moved.error().what;
          }
      });
  }
  EXPECT_EQ(landed, 40);
  EXPECT_EQ(world.repository.history(**world.repository.find_ref("refs/heads/main"), 100)->size(), 41u);
}

TEST(Git, ListsAndDeletesRefs) {
  World world;
  const auto one = world.commit({{"a", "1"}});
  for (const auto* ref : {"refs/heads/b", "refs/heads/a", "refs/tandem/pin/1"}) ASSERT_TRUE(world.repository.move_ref(ref, one, {}));
  world.git({"pack-refs", "--all"}, world.repository.path());
  EXPECT_EQ(*world.repository.refs("refs/heads/"), (std::vector<std::string>{"refs/heads/a", "refs/heads/b"}));
  ASSERT_TRUE(world.repository.delete_ref("refs/heads/a"));
  EXPECT_EQ(*world.repository.refs("refs/heads/"), std::vector<std::string>{"refs/heads/b"});
  EXPECT_EQ(world.repository.delete_ref("refs/heads/a").error().fault, Fault::Missing);
}

TEST(Git, ExtractsBytesAndModesAndRefusesLinksUnlessAsked) {
  World world;
  const auto script = *world.repository.write_blob("#!/bin/sh\r\n");
  const auto target = *world.repository.write_blob("/etc/passwd");
  auto tree = *world.repository.write_tree(world.tree({{"deep/er/file", "bytes"}, {".gitattributes", "* text eol=lf\n"}}), {{"run.sh", script, 0100755}});
  const auto to = world.folder.path() / "out";
  ASSERT_TRUE(world.repository.extract(tree, to));
  EXPECT_EQ(*read_file(to / "deep/er/file"), "bytes");
  EXPECT_EQ(*read_file(to / "run.sh"), "#!/bin/sh\r\n") << "attributes must not change bytes";
  struct stat found {};
  ASSERT_EQ(::stat((to / "run.sh").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0755U);
  ASSERT_EQ(::stat((to / "deep/er/file").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0644U);
  tree = *world.repository.write_tree(tree, {{"link", target, 0120000}});
  EXPECT_EQ(world.repository.extract(tree, to).error().fault, Fault::Invalid);
  ASSERT_TRUE(world.repository.extract(tree, to, Repository::Links::Keep));
  EXPECT_EQ(fs::read_symlink(to / "link"), "/etc/passwd");
}

TEST(Git, ExtractsNothingOutsideTheFolderWhateverTheTreeHolds) {
  World world;
  const auto blob = *world.repository.write_blob("owned");
  const auto inner = world.tree({{"owned", "owned"}});
  for (const auto& [name, mode, id] : {std::tuple{"..", "40000", inner.value}, {".git", "40000", inner.value}, {"../x", "100644", blob}, {".GIT", "40000", inner.value}}) {
    const auto hostile = world.raw_tree(name, mode, id);
    EXPECT_EQ(world.repository.extract({hostile}, world.folder.path() / "out" / "in").error().fault, Fault::Invalid) << name;
  }
  // a link that stands where the tree has a folder is not followed
  const auto outside = world.folder.path() / "outside";
  ASSERT_TRUE(make_folders(outside));
  ASSERT_TRUE(make_folders(world.folder.path() / "out2"));
  fs::create_symlink(outside, world.folder.path() / "out2" / "sub");
  EXPECT_FALSE(world.repository.extract(world.tree({{"sub/owned", "x"}}), world.folder.path() / "out2"));
  EXPECT_TRUE(fs::is_empty(outside));
}

TEST(Git, KeepsOneNotePerCommitAndName) {
  World world;
  const auto one = world.commit({{"a", "1"}});
  EXPECT_FALSE(*world.repository.note("tandem", one));
  ASSERT_TRUE(world.repository.set_note("tandem", one, ada, "first"));
  ASSERT_TRUE(world.repository.set_note("tandem", one, ada, "second"));
  EXPECT_EQ(**world.repository.note("tandem", one), "second");
  EXPECT_FALSE(*world.repository.note("other", one));
  EXPECT_EQ(world.repository.set_note("tandem", {std::string(40, 'a')}, ada, "x").error().fault, Fault::Missing);
}

TEST(GitCarry, FetchesIntoOtherRefsAndSeesThemAtOnce) {
  World world;
  const auto one = world.commit({{"a", "1"}});
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", one, {}));
  auto store = *Repository::init_bare(world.folder.path() / "store.git");
  ASSERT_TRUE(fetch(store.path(), world.repository.path(), {"+refs/heads/*:refs/app/*"}));
  EXPECT_EQ(**store.find_ref("refs/app/main"), one);
  EXPECT_EQ(*store.read(one, "a"), "1");
  EXPECT_TRUE(store.refs("refs/tags/")->empty());
  const auto missing = fetch(store.path(), world.repository.path(), {"refs/heads/none:refs/app/none"});
  EXPECT_EQ(missing.error().fault, Fault::Missing) << missing.error().what;
  EXPECT_EQ(fetch(store.path(), (world.folder.path() / "nowhere").string(), {"refs/heads/*:refs/x/*"}).error().fault, Fault::Unavailable);
  EXPECT_EQ(fetch(store.path(), "ext::sh -c 'touch /tmp/owned'", {"refs/heads/*:refs/x/*"}).error().fault, Fault::Denied);
  EXPECT_NE(fetch(store.path(), "--upload-pack=touch /tmp/owned", {}).error().fault, Fault::Cancelled);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(fetch(store.path(), world.repository.path(), {"+refs/heads/*:refs/app/*"}, stop.get_token()).error().fault, Fault::Cancelled);
}

std::uintmax_t bytes_below(const fs::path& folder) {
  std::uintmax_t out = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder))
    if (file.is_regular_file()) out += file.file_size();
  return out;
}

TEST(GitCarry, AFetchThatBringsMoreThanAllowedIsRefusedByNameAndLeavesNothing) {
  World world;
  std::vector<std::pair<std::string, std::string>> files;
  for (int n = 0; n < 40; ++n) files.emplace_back(fmt::format("noise{}", n), random_bytes(500'000));
  const auto tip = world.commit(files);
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", tip, std::nullopt));
  auto store = *Repository::init_bare(world.folder.path() / "store.git");
  const auto before = bytes_below(store.path());
  const auto url = world.repository.path().string();
  const auto refused = fetch(store.path(), url, {"+refs/heads/*:refs/app/*"}, {}, {.bytes_max = 4UL << 20});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::Denied);
  EXPECT_EQ(refused.error().code, too_large);
  EXPECT_THAT(text(refused.error()), testing::HasSubstr("sends more than the 4 MiB that are allowed"));
  EXPECT_EQ(bytes_below(store.path()), before);
  EXPECT_FALSE(*store.find_ref("refs/app/main"));
  ASSERT_TRUE(fetch(store.path(), url, {"+refs/heads/*:refs/app/*"}, {}, {.bytes_max = 32UL << 20}));
  EXPECT_EQ(*store.find_ref("refs/app/main"), tip);
}

TEST(GitCarry, AFetchOfMoreObjectsThanAllowedEndsBeforeTheyCome) {
  World world;
  std::vector<std::pair<std::string, std::string>> files;
  for (int n = 0; n < 500; ++n) files.emplace_back(fmt::format("file{}", n), fmt::format("{}", n));
  const auto tip = world.commit(files);
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", tip, std::nullopt));
  auto store = *Repository::init_bare(world.folder.path() / "store.git");
  const auto url = world.repository.path().string();
  const auto refused = fetch(store.path(), url, {"+refs/heads/*:refs/app/*"}, {}, {.objects_max = 501});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, too_large);
  EXPECT_THAT(text(refused.error()), testing::HasSubstr("sends 502 objects, more than the 501 that are allowed"));
  EXPECT_FALSE(*store.find_ref("refs/app/main"));
  EXPECT_TRUE(fetch(store.path(), url, {"+refs/heads/*:refs/app/*"}, {}, {.objects_max = 502}));
}

TEST(GitCarry, RefusesAFetchThatWouldNotGoForward) {
  World world;
  const auto one = world.commit({{"a", "1"}});
  const auto other = world.commit({{"a", "2"}});
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", one, {}));
  auto store = *Repository::init_bare(world.folder.path() / "store.git");
  ASSERT_TRUE(fetch(store.path(), world.repository.path(), {"refs/heads/main:refs/app/main"}));
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", other, one));
  const auto again = fetch(store.path(), world.repository.path(), {"refs/heads/main:refs/app/main"});
  EXPECT_EQ(again.error().fault, Fault::Conflict) << again.error().what;
  EXPECT_EQ(**store.find_ref("refs/app/main"), one);
}

TEST(GitCarry, RefusesHostileTreesAndNamesTheObject) {
  World world;
  const auto inner = world.tree({{"config", "x"}});
  const TreeId hostile{world.raw_tree(".git", "40000", inner.value)};
  const auto commit = *world.repository.write_commit(hostile, {}, ada, ada, "m\n");
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", commit, {}));
  auto store = *Repository::init_bare(world.folder.path() / "store.git");
  const auto fetched = fetch(store.path(), world.repository.path(), {"refs/heads/*:refs/app/*"});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().fault, Fault::Invalid) << fetched.error().what;
  EXPECT_NE(fetched.error().what.find(hostile.value), std::string::npos) << fetched.error().what;
  EXPECT_FALSE(*store.find_ref("refs/app/main"));
}

struct PushWorld : World {
  Repository remote = *Repository::init_bare(folder.path() / "remote.git");
  CommitId one = commit({{"a", "1"}});
  CommitId two = commit({{"a", "2"}}, {one});
  void hook(const std::string& name, const std::string& script) {
    ASSERT_TRUE(write_file(remote.path() / "hooks" / name, "#!/bin/sh\n" + script));
    ASSERT_EQ(::chmod((remote.path() / "hooks" / name).c_str(), 0755), 0);
  }
};

TEST(GitCarry, PushesAllRefsOrNoneAndOnlyFromWhereTheyAreExpected) {
  PushWorld world;
  const auto url = world.remote.path().string();
  ASSERT_TRUE(push(world.repository.path(), url, {{world.one, "refs/heads/main", {}}, {world.one, "refs/tandem/log", {}}}));
  EXPECT_EQ(**world.remote.find_ref("refs/heads/main"), world.one);
  const auto stale = push(world.repository.path(), url, {{world.two, "refs/tandem/log", world.one}, {world.two, "refs/heads/main", world.two}});
  ASSERT_FALSE(stale);
  // the remote is at `one`, the lease said `two`: nothing moves, and the ref that stood in the way is named
  EXPECT_EQ(stale.error().fault, Fault::Conflict) << stale.error().what;
  EXPECT_NE(stale.error().what.find("refs/heads/main"), std::string::npos) << stale.error().what;
  EXPECT_EQ(**world.remote.find_ref("refs/tandem/log"), world.one);
  EXPECT_EQ(push(world.repository.path(), url, {{world.two, "refs/heads/main", {}}}).error().fault, Fault::Conflict);
  ASSERT_TRUE(push(world.repository.path(), url, {{world.two, "refs/heads/main", world.one}}));
  EXPECT_TRUE(push(world.repository.path(), url, {{world.two, "refs/heads/main", world.one}})) << "a repeated push finds its work done";
  ASSERT_TRUE(push(world.repository.path(), url, {{{}, "refs/tandem/log", world.one}}));
  EXPECT_FALSE(*world.remote.find_ref("refs/tandem/log"));
}

TEST(GitCarry, RunsTheHooksOfTheRemoteAndKeepsTheirWords) {
  PushWorld world;
  world.hook("pre-receive", "while read old new ref; do [ $ref = refs/heads/frozen ] && { echo 'frozen until Monday' >&2; exit 1; }; done; exit 0\n");
  world.hook("post-receive", "cat > notified\n");
  const auto url = world.remote.path().string();
  ASSERT_TRUE(push(world.repository.path(), url, {{world.one, "refs/heads/main", {}}}));
  EXPECT_EQ(*read_file(world.remote.path() / "notified"), fmt::format("{} {} refs/heads/main\n", std::string(40, '0'), world.one.value));
  const auto refused = push(world.repository.path(), url, {{world.two, "refs/heads/frozen", {}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::Denied);
  EXPECT_NE(refused.error().what.find("frozen until Monday"), std::string::npos) << refused.error().what;
}

TEST(GitCarry, RunsNoHookOfOurOwnSide) {
  PushWorld world;
  const auto hook = world.repository.path() / "hooks" / "pre-push";
  ASSERT_TRUE(write_file(hook, "#!/bin/sh\ntouch ran\nexit 1\n"));
  ::chmod(hook.c_str(), 0755);
  const auto reference = world.repository.path() / "hooks" / "reference-transaction";
  ASSERT_TRUE(write_file(reference, "#!/bin/sh\ntouch ran\nexit 1\n"));
  ::chmod(reference.c_str(), 0755);
  EXPECT_TRUE(push(world.repository.path(), world.remote.path(), {{world.one, "refs/heads/main", {}}}));
  EXPECT_TRUE(fetch(world.repository.path(), world.remote.path(), {"refs/heads/main:refs/back/main"}));
  EXPECT_FALSE(fs::exists(world.repository.path() / "ran"));
}

TEST(GitCarry, DeniesWhatTheRemoteDoesNotAllowAndSaysWhereNobodyIs) {
  PushWorld world;
  world.git({"config", "receive.denyDeletes", "true"}, world.remote.path());
  ASSERT_TRUE(push(world.repository.path(), world.remote.path(), {{world.one, "refs/heads/main", {}}}));
  EXPECT_EQ(push(world.repository.path(), world.remote.path(), {{{}, "refs/heads/main", world.one}}).error().fault, Fault::Denied);
  const auto nobody = push(world.repository.path(), "https://user:hush@127.0.0.1:1/x.git", {{world.one, "refs/heads/main", {}}});
  EXPECT_EQ(nobody.error().fault, Fault::Unavailable) << nobody.error().what;
  EXPECT_EQ(nobody.error().what.find("hush"), std::string::npos) << nobody.error().what;
}

TEST(GitCarry, ListsTheRefsOfARemoteWithTagsFollowedToTheirCommit) {
  PushWorld world;
  ASSERT_TRUE(world.repository.move_ref("refs/heads/main", world.two, {}));
  world.git({"-c", "user.name=A", "-c", "user.email=a@b", "tag", "-a", "-m", "tagged", "v1", world.one.value}, world.repository.path());
  const auto refs = *ls_remote(world.repository.path());
  std::map<std::string, std::string> found;
  for (const auto& ref : refs) found[ref.name] = ref.id.value;
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"HEAD", world.two.value}, {"refs/heads/main", world.two.value}, {"refs/tags/v1", world.one.value}}));
  EXPECT_EQ(ls_remote((world.folder.path() / "nowhere").string()).error().fault, Fault::Unavailable);
}

TEST(GitCarry, UsesRepositoriesOfOtherUsersWhosePathItWasGiven) {
  if (::getuid() != 0) GTEST_SKIP() << "needs to change an owner";
  PushWorld world;
  for (const auto& entry : fs::recursive_directory_iterator(world.remote.path())) ASSERT_EQ(::lchown(entry.path().c_str(), 65534, 65534), 0);
  ASSERT_EQ(::chown(world.remote.path().c_str(), 65534, 65534), 0);
  const auto pushed = push(world.repository.path(), world.remote.path(), {{world.one, "refs/heads/main", {}}});
  EXPECT_TRUE(pushed) << pushed.error().what;
  EXPECT_TRUE(fetch(world.repository.path(), world.remote.path(), {"refs/heads/main:refs/back/main"}));
  EXPECT_TRUE(Repository::open(world.remote.path()));
}

}  // namespace
}  // namespace tandem::git
