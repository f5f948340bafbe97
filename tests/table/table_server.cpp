// Serves the table engine over HTTP for the differential test: table_server DATABASE. Prints its port, ends with stdin.
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "base/http.hpp"
#include "base/time.hpp"
#include "deploy/local/table/engine.hpp"

int main(int count, char** arguments) {
  using namespace tandem;
  if (count != 2) return 2;
  const SystemClock clock;
  auto engine = deploy::local::table::Engine::open(arguments[1], clock);
  if (!engine) {
    fmt::print(stderr, "{}\n", text(engine.error()));
    return 1;
  }
  auto server = HttpServer::listen(0, [&](const HttpRequest& request) { return engine->handle(request); });
  if (!server) {
    fmt::print(stderr, "{}\n", text(server.error()));
    return 1;
  }
  fmt::print("{}\n", server->port());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
  }
  return 0;
}
