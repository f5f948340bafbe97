// Trees that no honest tool makes: the cases of the study of what git, its servers and libgit2 let through. Each must be
// stopped before a ref of the infrastructure moves, with the path and the rule; and our own rules must not lean on the
// transfer's fsck where they can see the thing themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>


#include "sync/test_world.hpp"
#include "sync/tree_rules.hpp"

namespace tandem::sync {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// One raw entry of a tree object.
struct RawEntry {
  std::string mode;
  std::string name;
  std::string id;
};

struct HostileWorld : World {
  HostileWorld() : World(World::ready()) {}

  std::string blob(std::string_view text) { return *app.repository.write_blob(text); }
  std::string some_folder() { return app.repository.write_tree(std::nullopt, {{"inside.py", blob("x")}})->value; }
  /// The tree as its bytes say, checked by nobody.
  std::string raw_tree(const std::vector<RawEntry>& entries) {
    std::string bytes;
    for (const auto& entry : entries) bytes += entry.mode + " " + entry.name + std::string(1, '\0') + *from_hex(entry.id);
    return git({"hash-object", "-t", "tree", "--literally", "-w", "--stdin"}, app, bytes);
  }
  /// A commit of the application whose src is that tree.
  CommitId commit_src(const std::string& tree) { return app.place({{"src", tree, 0040000}}); }
  std::vector<std::string> rules_for(const std::string& tree) {
    const auto found = check_changes(app.repository, {"src", "lambda/src", {"src", git::EntryKind::Tree, 0040000, tree}, {}}, {"lambda"});
    std::vector<std::string> out;
    if (!found) return {text(found.error())};
    for (const auto& refusal : *found) out.push_back(refusal.rule);
    return out;
  }
};

struct Case {
  std::string title;
  std::string rule;          ///< of ours that must refuse it; mode.padded and name.empty need the stored bytes
  std::function<std::string(HostileWorld&)> tree;
};

Case entry(std::string title, std::string rule, std::string mode, std::string name, std::string content = "x") {
  return {std::move(title), std::move(rule), [mode, name, content](HostileWorld& world) {
            return world.raw_tree({{mode, name, mode == "40000" ? world.some_folder() : world.blob(content)}});
          }};
}

std::string with_submodule(HostileWorld& world, const std::string& name, const std::string& url) {
  const auto modules = fmt::format("[submodule \"{}\"]\n\tpath = lib\n\turl = {}\n", name, url);
  return world.raw_tree({{"100644", ".gitmodules", world.blob(modules)}, {"160000", "lib", world.app.head().value}});
}

std::string deep(HostileWorld& world) {
  auto id = world.some_folder();
  for (int level = 0; level < 300; ++level) id = world.raw_tree({{"40000", "d", id}});
  return id;
}

std::vector<Case> cases() {
  return {
      entry("a folder .git", "name.git", "40000", ".git"),
      entry("a folder .GIT", "name.git", "40000", ".GIT"),
      entry("a folder git~1", "name.git", "40000", "git~1"),
      entry("a folder ..", "name.dot", "40000", ".."),
      entry("a folder .", "name.dot", "40000", "."),
      entry(".git with an invisible character", "name.git", "40000", ".g\xE2\x80\x8Cit"),
      entry("a slash in a name", "name.slash", "100644", "a/b"),
      {"one name twice", "name.duplicate", [](auto& w) { return w.raw_tree({{"100644", "a", w.blob("1")}, {"100644", "a", w.blob("2")}}); }},
      {"names out of order", "name.order", [](auto& w) { return w.raw_tree({{"100644", "b", w.blob("1")}, {"100644", "a", w.blob("2")}}); }},
      entry("a zero-padded mode", "mode.padded", "0100644", "a"),
      entry(".gitmodules as a link", "name.gitmodules", "120000", ".gitmodules", "elsewhere"),
      {"a submodule URL that is an option", "name.gitmodules", [](auto& w) { return with_submodule(w, "x", "-u./payload"); }},
      {"a submodule name that leaves its folder", "name.gitmodules", [](auto& w) { return with_submodule(w, "../../x", "https://x/y"); }},
      {"a submodule URL that runs a program", "name.gitmodules", [](auto& w) { return with_submodule(w, "x", "ext::sh -c id"); }},
      {"a submodule without .gitmodules", "mode.submodule", [](auto& w) { return w.raw_tree({{"160000", "lib", w.app.head().value}}); }},
      entry("a link to /etc/passwd", "mode.link", "120000", "p", "/etc/passwd"),
      entry("a link that climbs out", "mode.link", "120000", "p", "../../../../etc"),
      entry(".gitattributes as a link", "mode.link", "120000", ".gitattributes", "/etc/passwd"),
      entry("mode 100664", "mode.unknown", "100664", "a"),
      entry("mode 104755", "mode.unknown", "104755", "a"),
      entry("a backslash in a name", "name.backslash", "100644", "a\\b"),
      entry("a line end in a name", "name.control", "100644", "a\nb"),
      {"A beside a", "name.clash", [](auto& w) { return w.raw_tree({{"100644", "A", w.blob("1")}, {"100644", "a", w.blob("2")}}); }},
      {"300 folders deep", "path.depth", deep},
      entry("a name of 5000 bytes", "name.length", "100644", std::string(5000, 'n')),
      entry("an empty name", "name.empty", "100644", ""),
  };
}

TEST(HostileTrees, AllTwentySixAreStoppedBeforeAnythingMoves) {
  ASSERT_EQ(cases().size(), 26U);
  for (const auto& hostile : cases()) {
    SCOPED_TRACE(hostile.title);
    HostileWorld world;
    const auto head = world.infra.head();
    world.commit_src(hostile.tree(world));
    const auto synced = world.sync();
    ASSERT_FALSE(synced);
    EXPECT_EQ(synced.error().fault, Fault::Invalid) << text(synced.error());
    EXPECT_EQ(synced.error().code, "TD0303") << text(synced.error());
    EXPECT_THAT(synced.error().what, HasSubstr(fmt::format("({})", hostile.rule)));
    ASSERT_TRUE(synced.error().place) << text(synced.error());
    EXPECT_THAT(synced.error().place->file, testing::StartsWith("src/"));
    EXPECT_EQ(world.infra.head(), head);
    EXPECT_FALSE(world.infra.ref("refs/tandem/log"));
  }
}

TEST(HostileTrees, OurOwnRulesSeeThemWithoutTheTransfersHelp) {
  HostileWorld world;
  for (const auto& hostile : cases()) {
    if (hostile.rule == "mode.padded" || hostile.rule == "name.empty") continue;  // libgit2 does not show them
    SCOPED_TRACE(hostile.title);
    EXPECT_THAT(world.rules_for(hostile.tree(world)), Contains(hostile.rule));
  }
}

TEST(HostileTrees, TheErrorNamesPathAndRule) {
  HostileWorld world;
  world.commit_src(world.raw_tree({{"40000", "deep", world.raw_tree({{"120000", "p", world.blob("/etc/passwd")}})}}));
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0303");
  EXPECT_EQ(synced.error().place->file, "src/deep/p");
  EXPECT_THAT(synced.error().what, HasSubstr("src/deep/p is a symbolic link (mode.link)"));
}

TEST(HostileTrees, AttributesOfTheSourceChangeNothingThatIsCarried) {
  HostileWorld world;
  const std::string text = "$Id$\r\none\r\ntwo\n";
  world.app.commit({{"src/.gitattributes", "* text eol=lf ident export-subst\n*.py filter=evil export-ignore working-tree-encoding=UTF-16\n"},
                    {".gitattributes", "src export-ignore\nsrc/** export-ignore\n"}, {"src/marked.py", text}});
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << tandem::text(synced.error());
  EXPECT_EQ(world.infra.read("lambda/src/marked.py"), text);
  const auto source = (*world.app.repository.find(*world.app.repository.tree_of(world.app.head()), "src"))->id;
  EXPECT_EQ((*world.infra.repository.find(*world.infra.repository.tree_of(world.infra.head()), "lambda/src"))->id, source);
}

TEST(HostileTrees, LineEndsInRequirementsThatHideALineAreRefused) {
  for (const auto* lines : {"fastapi==0.110.0\r--index-url=https://evil.example\n", "fastapi==0.110.0 \\\n--extra-index-url https://evil.example\n",
                            "fastapi==0.110.0\v-e ./evil\n", "fastapi==0.110.0\xC2\x85-r other.txt\n", "fastapi==0.110.0\xE2\x80\xA8git+https://evil.example\n"}) {
    HostileWorld world;
    const auto head = world.infra.head();
    world.app.commit({{"requirements.txt", lines}});
    const auto synced = world.sync();
    ASSERT_FALSE(synced) << lines;
    EXPECT_EQ(synced.error().code, "TD0320") << text(synced.error());
    EXPECT_EQ(world.infra.head(), head);
  }
}

TEST(HostileTrees, HooksOfTheSourceAndItsConfigurationRunNothing) {
  HostileWorld world;
  const auto proof = world.folder.path() / "ran";
  for (const auto* hook : {"post-checkout", "reference-transaction", "pre-push", "post-merge", "pre-auto-gc"})
    ASSERT_TRUE(replace_file(world.store.repository().path() / "hooks" / hook, fmt::format("#!/bin/sh\ntouch {}\n", proof.string()), 0755));
  const auto configured = fmt::format("[uploadpack]\n\tpackObjectsHook = touch {0}\n[core]\n\tfsmonitor = touch {0}\n\tsshCommand = touch {0}\n", proof.string());
  ASSERT_TRUE(replace_file(world.app.repository.path() / "config", *read_file(world.app.repository.path() / "config") + configured));
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST(HostileTrees, AnUrlCannotBecomeAnOptionOrAProgram) {
  for (const auto* url : {"--upload-pack=touch /tmp/x", "ext::sh -c id", "fd::17", "http://127.0.0.1:1/x.git"}) {
    HostileWorld world;
    auto request = world.request();
    request.source.url = url;
    const auto synced = synchronise(request, world.store, world.key);
    ASSERT_FALSE(synced) << url;
    EXPECT_TRUE(synced.error().fault == Fault::Denied || synced.error().fault == Fault::Unavailable) << text(synced.error());
  }
}

TEST(HostileTrees, FilesPastTheLimitAreRefused) {
  HostileWorld world;
  world.app.commit({{"src/big.bin", std::string((50UL << 20) + 1, 'x')}});
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_THAT(synced.error().what, HasSubstr("src/big.bin has 52428801 bytes (size.blob)"));
}

TEST(HostileTrees, HandlersAndMetadataOfTheInfrastructureCannotBeReplaced) {
  for (const auto* name : {"integrated_api_handler.py", "api_handler.py", "Sync-Metadata.json", "requirements.TXT"}) {
    HostileWorld world;
    world.app.commit({{fmt::format("out/{}", name), "x"}});
    auto request = world.request();
    request.configuration.components.push_back({fmt::format("out/{}", name), fmt::format("lambda/{}", name)});
    const auto synced = synchronise(request, world.store, world.key);
    ASSERT_FALSE(synced) << name;
    EXPECT_TRUE(synced.error().code == "TD0303" || synced.error().code == "TD0301") << text(synced.error());
  }
}

TEST(HostileTrees, AComponentThatIsALinkItselfIsRefused) {
  HostileWorld world;
  world.app.place({{"main.py", world.blob("/etc/passwd"), 0120000}});
  EXPECT_EQ(world.sync().error().code, "TD0303");
}

TEST(HostileTrees, AComponentThatWouldBecomeTheTwinOfAFileOfTheInfrastructureIsRefused) {
  HostileWorld world;
  world.infra.commit({{"lambda/Main.py", "theirs"}});
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_THAT(synced.error().what, HasSubstr("name.clash"));
}

TEST(HostileTrees, OnlyWhatChangedSinceTheLastSyncIsWalked) {
  World world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto before = world.app.repository.find(*world.app.repository.tree_of(world.app.head()), "src")->value().id;
  world.app.commit({{"src/deep/er/x.py", "x2"}});
  const auto after = **world.app.repository.find(*world.app.repository.tree_of(world.app.head()), "src");
  TreeLimits limits;
  limits.files_max = 1;
  EXPECT_TRUE(check_changes(world.app.repository, {"src", "lambda/src", after, before}, {"lambda"}, limits)->empty());
  EXPECT_THAT(check_changes(world.app.repository, {"src", "lambda/src", after, {}}, {"lambda"}, limits)->front().rule, "size.files");
}

}  // namespace
}  // namespace tandem::sync
