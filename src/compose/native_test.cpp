// A native function, built here from registry/native-handler and composed like any other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/compose.hpp"

namespace tandem::compose {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const fs::path sources = fs::path(TANDEM_SOURCE_DIR) / "registry" / "native-handler";

std::string run(std::vector<std::string> argv, const fs::path& folder = {}) {
  Command command{std::move(argv), tool_environment()};
  command.folder = folder;
  const auto output = run_program(command);
  if (!output) return text(output.error());
  EXPECT_TRUE(output->exit.ok()) << output->err;
  return output->out;
}

/// bootstrap, api_handler.so and integrated_api_handler.so with the application it serves; built once for all tests.
const fs::path& built() {
  static const auto folder = *TemporaryFolder::make("tandem-native");
  static const auto is_built = [] {
    const auto application = folder.path() / "application.cpp";
    EXPECT_TRUE(write_file(application, R"cpp(
#include <cstdlib>
#include <cstring>
#include "handler.h"
extern "C" int application_answer(const tandem_invocation*, tandem_answer* answer) {
  const char* serving = std::getenv("TANDEM_SERVING_HANDLER");
  const char* broken = std::getenv("BREAK");
  if (broken != nullptr) return 3;
  answer->status = 200;
  answer->body = strdup(serving != nullptr && std::strcmp(serving, "integrated_api_handler") == 0 ? R"({"status":"healthy","fallback":false})" : "{}");
  answer->body_size = std::strlen(answer->body);
  return 0;
}
)cpp"));
    run({"g++", "-std=c++20", "-D_GNU_SOURCE", "-I", sources.string(), "-shared", "-fPIC", "-o", (folder.path() / "libapplication.so").string(), application.string()});
    run({"make", "-s", "OUT=" + folder.path().string(), "APPLICATION=" + folder.path().string(), "all", (folder.path() / "integrated_api_handler.so").string()}, sources);
    return true;
  }();
  EXPECT_TRUE(is_built);
  return folder.path();
}

struct World {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-compose");
  git::Repository repository = *git::Repository::init_bare(folder.path() / "infra.git");
  std::vector<git::Placement> placements;

  void add(const std::string& name, bool is_executable = false) {
    auto& placed = placements.emplace_back(git::Placement{"lambda/" + name, *repository.write_blob(*read_file(built() / name))});
    if (is_executable) placed.mode = 0100755;
  }
  ComposeRequest request() {
    ComposeRequest out;
    out.tree = *repository.write_tree(std::nullopt, placements);
    out.application = ProvenApplication{{"sync-1"}, "api", {std::string(40, 'a')}};
    out.configuration.runtime = "provided.al2023";
    out.cache = folder.path() / "cache";
    out.bundles = folder.path() / "bundles";
    out.isolation = Isolation::IfAvailable;
    return out;
  }
};

TEST(NativeHandler, IsLoadedByItsBootstrapAndAskedOnceBeforeDeployment) {
  World world;
  world.add("bootstrap", true);
  for (const auto* file : {"api_handler.so", "integrated_api_handler.so", "libapplication.so"}) world.add(file);
  const auto bundle = compose(world.repository, world.request());
  ASSERT_TRUE(bundle) << text(bundle.error());
  EXPECT_EQ(bundle->entry_point, "integrated_api_handler");
  EXPECT_THAT(bundle->choices[0].reason, HasSubstr("answered 200 on GET /health"));
  EXPECT_EQ(bundle->choices[2].state, "stands by");
  EXPECT_EQ(*read_file(fs::path(bundle->folder) / chain_file), "integrated_api_handler\napi_handler\n");
}

TEST(NativeHandler, ThatCannotBeLoadedIsRejectedThoughAnotherCouldStandIn) {
  World world;
  world.add("bootstrap", true);
  for (const auto* file : {"api_handler.so", "integrated_api_handler.so"}) world.add(file);   // its library is missing
  std::vector<HandlerChoice> told;
  const auto bundle = compose(world.repository, world.request(), [&](const HandlerChoice& choice) { told.push_back(choice); });
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, "TD0404");
  EXPECT_THAT(bundle.error().what, HasSubstr("api_handler served instead"));
  EXPECT_EQ(told[0].state, "rejected");
  EXPECT_EQ(told[2].state, "stands by");
}

TEST(NativeHandler, ThatFailsOnHealthIsRejected) {
  World world;
  world.add("bootstrap", true);
  for (const auto* file : {"integrated_api_handler.so", "libapplication.so"}) world.add(file);
  auto request = world.request();
  request.function_environment = {{"BREAK", "1"}};
  EXPECT_EQ(compose(world.repository, request).error().code, "TD0405");
}

TEST(NativeHandler, NeedsABootstrapThatIsExecutable) {
  World world;
  world.add("api_handler.so");
  EXPECT_EQ(compose(world.repository, world.request()).error().code, "TD0400");
  world.add("bootstrap");
  const auto bundle = compose(world.repository, world.request());
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, "TD0400");
  EXPECT_EQ(bundle.error().place->file, "infra:lambda/bootstrap");
  EXPECT_EQ(bundle.error().next, "git update-index --chmod=+x lambda/bootstrap");
}

TEST(NativeHandler, WantsNothingThatLambdaDoesNotHave) {
  for (const auto* file : {"bootstrap", "api_handler.so"}) {
    const auto needs = run({"objdump", "-p", (built() / file).string()});
    for (const auto& line : lines_of(needs)) {
      if (line.find("NEEDED") != line.npos) { EXPECT_THAT(line, HasSubstr("libc.so.6")); }
      // Amazon Linux 2023 has glibc 2.34.
      const auto at = line.find("GLIBC_2.");
      if (at != line.npos) { EXPECT_LE(std::atoi(line.c_str() + at + 8), 34) << line; }
    }
    EXPECT_THAT(needs, Not(HasSubstr("GLIBCXX")));
  }
}

/// A chain whose first member is missing, asked over a real Runtime API inside the trial's own driver.
TEST(NativeHandler, AStandInMarksItsAnswers) {
  const auto folder = *TemporaryFolder::make("tandem-native-chain");
  for (const auto* file : {"bootstrap", "api_handler.so"}) {
    fs::copy_file(built() / file, folder.path() / file);
  }
  ASSERT_TRUE(write_file(folder.path() / "ask.py", R"python(
import http.server, json, os, subprocess, sys, threading
folder, path = sys.argv[1:3]
got = []
class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if got: threading.Event().wait()
        body = json.dumps({"path": path, "httpMethod": "GET", "padding": "x" * 100000}).encode()
        self.send_response_only(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "r1")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), 5000):
            part = body[at:at + 5000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")
    def do_POST(self):
        got.append(self.path)
        print(self.path, self.rfile.read(int(self.headers["Content-Length"])).decode())
        sys.stdout.flush()
        os._exit(0)
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
subprocess.run([folder + "/bootstrap"], env={"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % server.server_address[1], "LAMBDA_TASK_ROOT": folder,
                                             "_HANDLER": "integrated_api_handler"})
)python"));
  const auto health = run({"python3", (folder.path() / "ask.py").string(), folder.path().string(), "/health"});
  EXPECT_THAT(health, AllOf(HasSubstr("/invocation/r1/response"), HasSubstr(R"("x-tandem-fallback":"api_handler")"), HasSubstr(R"(\"status\":\"degraded\",\"fallback\":true,\"handler\":\"api_handler\")"),
                            HasSubstr(R"(\"features\":{})"), HasSubstr(R"("FallbackResponses":1)"), HasSubstr(R"("Cache-Control":"no-store")")));
  const auto other = run({"python3", (folder.path() / "ask.py").string(), folder.path().string(), "/people"});
  EXPECT_THAT(other, AllOf(HasSubstr(R"("statusCode":503)"), HasSubstr(R"("x-tandem-fallback":"api_handler")"), Not(HasSubstr("degraded")), Not(HasSubstr(".so"))));
}

}  // namespace
}  // namespace tandem::compose
