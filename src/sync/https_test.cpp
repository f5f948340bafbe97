// A pair whose repositories lie behind git's smart HTTP, as hosting services have them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/process.hpp"
#include "sync/detect.hpp"
#include "sync/test_world.hpp"

namespace tandem::sync {
namespace {

using testing::HasSubstr;

/// A variable of our environment for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// tests/git-server on a port of its own; ends with this.
class Server {
 public:
  explicit Server(std::vector<std::string> words) {
    Command command{.argv = {"python3", TANDEM_SOURCE_DIR "/tests/git-server/serve.py"}, .environment = tool_environment()};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    auto started = Process::start(command, [this](Stream stream, std::string_view piece) {
      const std::lock_guard lock(mutex_);
      (stream == Stream::Out ? said_ : complained_) += piece;
      changed_.notify_all();
    });
    EXPECT_TRUE(started) << (started ? "" : text(started.error()));
    if (started) process_ = std::make_unique<Process>(std::move(*started));
  }

  std::string port() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return said_.find('\n') != said_.npos; });
    EXPECT_FALSE(said_.empty()) << complained_;
    return said_.substr(0, said_.find('\n'));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string said_;
  std::string complained_;
  std::unique_ptr<Process> process_;   ///< last: its thread uses the rest
};

/// A certificate for 127.0.0.1 that signs itself: its own authority.
struct Certificate {
  explicit Certificate(const std::filesystem::path& folder) : file((folder / "server.pem").string()), key((folder / "server.key").string()) {
    const Command command{.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                                   "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", file},
                          .environment = tool_environment()};
    const auto made = run_program(command);
    EXPECT_TRUE(made && made->exit.ok()) << (made ? made->err : text(made.error()));
  }
  std::string file;
  std::string key;
};

SyncRequest over(World& world, const std::string& scheme, const std::string& port) {
  auto out = world.request();
  out.source.url = fmt::format("{}://127.0.0.1:{}/api.git", scheme, port);
  out.target.url = fmt::format("{}://127.0.0.1:{}/infra.git", scheme, port);
  return out;
}

TEST(Https, APairBehindTlsIsSynchronisedAndProven) {
  auto world = World::ready();
  const Certificate certificate(world.folder.path());
  Server server({world.folder.path().string(), certificate.file, certificate.key});
  const Variable authority("GIT_SSL_CAINFO", certificate.file);
  const auto request = over(world, "https", server.port());
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.head(), synced->record.landed);
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v1");
  const auto again = synchronise(request, world.store, world.key);
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_TRUE(again->is_in_place);

  world.app.commit({{"src/people.py", "v2"}, {"src/large.bin", random_bytes(3'000'000)}});   // more than git posts in one piece
  const auto second = synchronise(request, world.store, world.key);
  ASSERT_TRUE(second) << text(second.error());
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v2");
  auto question = world.question();
  question.source = request.source;
  question.target = request.target;
  const auto found = detect(world.store, question);
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_EQ(found->sync->application, world.app.head());
}

TEST(Https, AServerThatNobodyAnswersForIsNotTalkedTo) {
  auto world = World::ready();
  const Certificate certificate(world.folder.path());
  Server server({world.folder.path().string(), certificate.file, certificate.key});
  const auto synced = synchronise(over(world, "https", server.port()), world.store, world.key);
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().fault, Fault::Unavailable);
  EXPECT_THAT(text(synced.error()), HasSubstr("certificate"));
}

TEST(Http, IsRefusedUnlessGitsOwnListOfProtocolsNamesIt) {
  auto world = World::ready();
  Server server({world.folder.path().string()});
  const auto request = over(world, "http", server.port());
  const auto refused = synchronise(request, world.store, world.key);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::Denied);
  EXPECT_THAT(text(refused.error()), HasSubstr("only https, ssh and files are used"));
  EXPECT_THAT(text(refused.error()), HasSubstr("GIT_ALLOW_PROTOCOL"));
  const Variable allowed("GIT_ALLOW_PROTOCOL", "https:http:ext");
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v1");
  EXPECT_FALSE(git::ls_remote("ext::sh -c true")) << "what runs programs cannot be allowed";
}

}  // namespace
}  // namespace tandem::sync
