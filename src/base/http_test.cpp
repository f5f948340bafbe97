#include "base/http.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem {
namespace {

std::string url_of(const HttpServer& server, std::string_view target) {
  return fmt::format("http://127.0.0.1:{}{}", server.port(), target);
}

/// Sends bytes as they are and returns all that comes back until the server closes.
std::string raw_exchange(const HttpServer& server, std::string_view bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<size_t>(got));
  ::close(socket);
  return answer;
}

HttpResponse echo(const HttpRequest& request) {
  json::array headers;
  for (const auto& [name, value] : request.headers.fields()) headers.push_back(json::array{name, value});
  return json_response(200, to_text(json::object{{"method", request.method},
                                                 {"target", request.target},
                                                 {"path", request.path},
                                                 {"query", request.query},
                                                 {"headers", headers},
                                                 {"body", request.body},
                                                 {"peer", request.peer}}));
}

TEST(Http, CarriesMethodTargetHeadersAndBodyAsTheyWereSent) {
  auto server = *HttpServer::listen(0, echo);
  const auto answer = fetch({.method = "PATCH",
                             .url = url_of(server, "/a%2Fb/../c%20d?x=%41&x=+&y"),
                             .headers = {{"X-One", "1"}, {"X-One", "2"}, {"X-Empty", ""}},
                             .body = std::string("a\0b", 3)});
  ASSERT_TRUE(answer) << text(answer.error());
  EXPECT_EQ(answer->status, 200);
  const auto seen = *parse_json(answer->body);
  EXPECT_EQ(seen.at("method"), "PATCH");
  EXPECT_EQ(seen.at("target"), "/a%2Fb/../c%20d?x=%41&x=+&y");
  EXPECT_EQ(seen.at("path"), "/a%2Fb/../c%20d");
  EXPECT_EQ(seen.at("query"), "x=%41&x=+&y");
  EXPECT_EQ(seen.at("body").as_string(), std::string("a\0b", 3));
  EXPECT_EQ(seen.at("peer"), "127.0.0.1");
  const auto headers = to_text(seen.at("headers"));
  EXPECT_NE(headers.find(R"(["X-One","1"],["X-One","2"])"), std::string::npos) << headers;
  EXPECT_EQ(headers.find("Content-Type"), std::string::npos) << "the client adds nothing of its own";
}

TEST(Http, AnswersWithHeadersInTheCaseAndNumberTheHandlerGave) {
  auto server = *HttpServer::listen(0, [](const HttpRequest&) {
    return HttpResponse{.headers = {{"x-amzn-RequestId", "r1"}, {"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"},
                                    {"Content-Length", "999"}, {"X-Nothing", ""}},
                        .body = "hi"};
  });
  const auto answer = raw_exchange(server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("\r\nx-amzn-RequestId: r1\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: 2\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nX-Nothing:"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhi")) << answer;
}

TEST(Http, SendsNoBodyForHeadAndNoContent) {
  auto server = *HttpServer::listen(0, [](const HttpRequest& request) {
    if (request.path == "/gone") return HttpResponse{.status = 204, .body = "never sent"};
    if (request.path == "/told") return HttpResponse{.headers = {{"Content-Length", "1234"}}};
    return HttpResponse{.body = "four"};
  });
  const auto head = raw_exchange(server, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 4\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  const auto told = fetch({.method = "HEAD", .url = url_of(server, "/told")});
  EXPECT_EQ(told->headers.find("content-length"), "1234");
  const auto gone = raw_exchange(server, "DELETE /gone HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(gone.starts_with("HTTP/1.1 204 ")) << gone;
  EXPECT_EQ(gone.find("never"), std::string::npos);
  EXPECT_TRUE(gone.ends_with("\r\n\r\n")) << gone;
}

TEST(Http, TurnsAnExceptionOfAHandlerIntoA500WithAnIncidentAndKeepsServing) {
  auto server = *HttpServer::listen(0, [](const HttpRequest& request) -> HttpResponse {
    if (request.path == "/bug") CHECK(1 == 2);
    if (request.path == "/split") return {.headers = {{"X", "a\r\nSet-Cookie: b"}}};
    if (request.path == "/odd") return {.status = 42};
    return {.body = "fine"};
  });
  testing::internal::CaptureStderr();
  const auto bug = fetch({.url = url_of(server, "/bug")});
  const auto split = fetch({.url = url_of(server, "/split")});
  const auto odd = fetch({.url = url_of(server, "/odd")});
  const auto logged = testing::internal::GetCapturedStderr();
  EXPECT_EQ(bug->status, 500);
  const auto incident = std::string(parse_json(bug->body)->at("incident").as_string());
  EXPECT_NE(logged.find(incident), std::string::npos);
  EXPECT_EQ(bug->body.find("does not hold"), std::string::npos) << "what happened is for the log only";
  EXPECT_NE(logged.find("does not hold"), std::string::npos);
  EXPECT_EQ(split->status, 500);
  EXPECT_FALSE(split->headers.find("Set-Cookie"));
  EXPECT_EQ(odd->status, 500);
  EXPECT_EQ(fetch({.url = url_of(server, "/")})->body, "fine");
}

TEST(Http, Answers413BeforeTheHandlerSeesABodyThatIsTooLong) {
  std::atomic<int> seen = 0;
  auto server = *HttpServer::listen(
      0,
      [&](const HttpRequest& request) {
        ++seen;
        return HttpResponse{.body = std::to_string(request.body.size())};
      },
      {.body_bytes = 100'000});
  EXPECT_EQ(fetch({.method = "POST", .url = url_of(server, "/"), .body = std::string(100'000, 'x')})->body, "100000");
  EXPECT_EQ(fetch({.method = "POST", .url = url_of(server, "/"), .body = std::string(100'001, 'x')})->status, 413);
  EXPECT_EQ(fetch({.method = "POST", .url = url_of(server, "/"), .headers = {{"Expect", "100-continue"}},
                   .body = std::string(5'000'000, 'x')})->status, 413);
  EXPECT_EQ(fetch({.method = "POST", .url = url_of(server, "/"), .headers = {{"Transfer-Encoding", "chunked"}},
                   .body = std::string(200'000, 'x')})->status, 413);
  EXPECT_EQ(seen, 1);
}

TEST(Http, StreamsPiecesAndSkipsEmptyOnes) {
  auto server = *HttpServer::listen(0, [](const HttpRequest&) {
    auto at = std::make_shared<int>(0);
    return HttpResponse{.pieces = [at]() -> std::optional<std::string> {
      switch ((*at)++) {
        case 0: return "one ";
        case 1: return "";
        case 2: return std::string(100'000, 'x');
        default: return std::nullopt;
      }
    }};
  });
  std::string heard;
  const auto answer = fetch({.url = url_of(server, "/"), .on_piece = [&](std::string_view piece) { heard += piece; }});
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->headers.find("Content-Length"));
  EXPECT_TRUE(answer->body.empty());
  EXPECT_EQ(heard, "one " + std::string(100'000, 'x'));
}

TEST(Http, StopsAskingForPiecesWhenTheCallerHasGone) {
  std::latch asked(1);
  std::latch dropped(1);
  struct Watch {
    std::latch& dropped;
    ~Watch() { dropped.count_down(); }
  };
  auto server = *HttpServer::listen(0, [&](const HttpRequest&) {
    auto watch = std::make_shared<Watch>(dropped);
    auto first = std::make_shared<bool>(true);
    return HttpResponse{.pieces = [watch, first, &asked]() -> std::optional<std::string> {
      if (std::exchange(*first, false)) return "hello";
      static std::once_flag once;
      std::call_once(once, [&] { asked.count_down(); });
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return "";
    }};
  });
  std::stop_source stop;
  std::jthread caller([&] {
    const auto ended = fetch({.url = url_of(server, "/"), .on_piece = [](std::string_view) {}, .stop = stop.get_token()});
    EXPECT_EQ(ended.error().fault, Fault::Cancelled);
  });
  asked.wait();
  stop.request_stop();
  caller.join();
  dropped.wait();
}

TEST(Http, EndsWithItsKeptAliveAndStreamingConnectionsOpen) {
  std::optional<HttpServer> server(*HttpServer::listen(0, [](const HttpRequest& request) {
    if (request.path != "/follow") return HttpResponse{.body = "kept alive"};
    return HttpResponse{.pieces = []() -> std::optional<std::string> {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return ".";
    }};
  }, {.idle = std::chrono::seconds(0)}));
  EXPECT_EQ(fetch({.url = url_of(*server, "/")})->status, 200);
  std::latch streaming(1);
  std::once_flag once;
  std::jthread follower([&, url = url_of(*server, "/follow")] {
    const auto ended = fetch({.url = url, .on_piece = [&](std::string_view) {
      std::call_once(once, [&] { streaming.count_down(); });
    }});
    EXPECT_EQ(ended.error().fault, Fault::Unavailable);
  });
  streaming.wait();
  server.reset();
}

TEST(Http, KeepsTheAnswerOfAHandlerThatTakesLongerThanAConnectionMayIdle) {
  auto server = *HttpServer::listen(0, [](const HttpRequest&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1300));
    return HttpResponse{.body = "late"};
  }, {.idle = std::chrono::seconds(1)});
  const auto answer = fetch({.url = url_of(server, "/")});
  ASSERT_TRUE(answer) << text(answer.error());
  EXPECT_EQ(answer->body, "late");
}

TEST(Http, ServesManyAtOnceEachOnItsOwnThread) {
  constexpr int callers = 16;
  std::latch all_inside(callers);
  auto server = *HttpServer::listen(0, [&](const HttpRequest&) {
    all_inside.arrive_and_wait();
    return HttpResponse{.body = "together"};
  });
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i)
    threads.emplace_back([&] { EXPECT_EQ(fetch({.url = url_of(server, "/")})->body, "together"); });
}

TEST(Http, AnswersOnAUnixSocketThatOnlyItsOwnerMayUse) {
  const auto folder = *TemporaryFolder::make();
  for (const auto& path : {folder.path() / "s", folder.path() / std::string(120, 'd') / "socket"}) {
    ASSERT_TRUE(make_folders(path.parent_path()));
    auto server = HttpServer::listen_unix(path, echo);
    ASSERT_TRUE(server) << text(server.error());
    struct stat found {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    const auto answer = fetch({.url = "http://tandem/x", .unix_socket = path});
    ASSERT_TRUE(answer) << text(answer.error());
    EXPECT_EQ(parse_json(answer->body)->at("peer"), "");
    EXPECT_EQ(HttpServer::listen_unix(path, echo).error().fault, Fault::Conflict);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "s")) << "the socket file goes with its server";
}

TEST(Http, ReplacesTheSocketFileOfAKilledServerButNoOtherFile) {
  const auto folder = *TemporaryFolder::make();
  const auto path = folder.path() / "s";
  ASSERT_TRUE(write_file(path, "precious"));
  EXPECT_EQ(HttpServer::listen_unix(path, echo).error().fault, Fault::Invalid);
  EXPECT_EQ(*read_file(path), "precious");
  std::filesystem::remove(path);
  const int leftover = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr address{.sa_family = AF_UNIX, .sa_data = {}};
  std::string name = path.string();
  std::vector<char> long_address(sizeof(sa_family_t) + name.size() + 1);
  std::memcpy(long_address.data(), &address.sa_family, sizeof address.sa_family);
  std::memcpy(long_address.data() + sizeof(sa_family_t), name.c_str(), name.size() + 1);
  ASSERT_EQ(::bind(leftover, reinterpret_cast<sockaddr*>(long_address.data()), static_cast<socklen_t>(long_address.size())), 0);
  ::close(leftover);
  EXPECT_TRUE(HttpServer::listen_unix(path, echo));
}

TEST(Http, NamesAPortThatIsTakenAndAnAddressWhereNobodyIs) {
  std::optional<HttpServer> server(*HttpServer::listen(0, echo));
  const auto port = server->port();
  EXPECT_EQ(HttpServer::listen(port, echo).error().fault, Fault::Unavailable);
  server.reset();
  EXPECT_EQ(fetch({.url = fmt::format("http://127.0.0.1:{}/", port)}).error().fault, Fault::Unavailable);
}

TEST(Http, ClientGivesUpInTimeRefusesBadRequestsAndHidesTheQueryInErrors) {
  std::latch leave(1);
  auto server = *HttpServer::listen(0, [&](const HttpRequest& request) {
    if (request.path == "/slow") leave.wait();
    return HttpResponse{.body = std::string(1000, 'x')};
  });
  const auto slow = fetch({.url = url_of(server, "/slow?token=hush"), .time_limit = std::chrono::milliseconds(50)});
  leave.count_down();
  EXPECT_EQ(slow.error().fault, Fault::TimedOut);
  EXPECT_EQ(slow.error().what.find("hush"), std::string::npos);
  EXPECT_EQ(fetch({.url = "file:///etc/passwd"}).error().fault, Fault::Invalid);
  EXPECT_EQ(fetch({.url = "not a url"}).error().fault, Fault::Invalid);
  EXPECT_EQ(fetch({.url = url_of(server, "/"), .headers = {{"X", "a\nb: c"}}}).error().fault, Fault::Invalid);
  EXPECT_EQ(fetch({.url = url_of(server, "/"), .body_bytes_max = 999}).error().fault, Fault::Invalid);
  EXPECT_EQ(fetch({.url = url_of(server, "/"), .body_bytes_max = 1000})->body.size(), 1000u);
}

TEST(Http, ClientFollowsNoRedirect) {
  auto server = *HttpServer::listen(0, [](const HttpRequest&) {
    return HttpResponse{.status = 302, .headers = {{"Location", "/elsewhere"}}};
  });
  const auto answer = fetch({.url = url_of(server, "/")});
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(answer->headers.find("location"), "/elsewhere");
}

TEST(Headers, LookUpIgnoresCaseAndSetLeavesOne) {
  Headers headers{{"A", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.all("a"), (std::vector<std::string>{"1", "3"}));
  headers.set("a", "4");
  EXPECT_EQ(headers.all("A"), std::vector<std::string>{"4"});
  EXPECT_EQ(headers.fields()[0].first, "A");
  headers.remove("B");
  EXPECT_FALSE(headers.find("b"));
}

TEST(Query, DecodesNamesAndValues) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_query("a=1%2B1&b+c=d+e&flag&=x&a=2"), (Pairs{{"a", "1+1"}, {"b c", "d e"}, {"flag", ""}, {"", "x"}, {"a", "2"}}));
  EXPECT_EQ(parse_query(""), Pairs{});
}

}  // namespace
}  // namespace tandem
