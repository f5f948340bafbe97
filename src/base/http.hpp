#pragma once
// HTTP/1.1 values, a server (libmicrohttpd) on TCP or a unix socket, and a client (libcurl).

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem {

/// Header names keep their case and order; look-ups ignore case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  std::optional<std::string> find(std::string_view name) const;   ///< the first one
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method;
  std::string target;      ///< as sent: path and query, still percent-encoded
  std::string path;        ///< the part of `target` before '?', still percent-encoded
  std::string query;       ///< the part after '?', without it; empty when there is none
  Headers headers;
  std::string body;
  std::string peer;        ///< address of the caller; empty on a unix socket
};

/// Splits "a=1&b=2", decoding names and values ('+' is a space).
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

struct HttpResponse {
  int status = 200;
  Headers headers{};
  std::string body{};
  /// When set, the body is what this returns, piece by piece, until it returns nothing (chunked; for following logs).
  /// It may block up to a second at a time and is asked again after an empty piece.
  std::function<std::optional<std::string>()> pieces{};
};

/// Serves requests, each connection on a thread of its own (handlers may block). Stops when destroyed: idle, keep-alive
/// and streaming connections are shut at once, but a handler that is running is waited for, so the owner first
/// makes its own blocked handlers return. An exception from a handler is a 500 with an incident id, and a log line.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  struct Limits {
    size_t body_bytes = 10UL << 20;       ///< more is answered 413 before the handler sees anything
    unsigned connections = 1000;
    std::chrono::seconds idle{60};        ///< 0 = no limit (the Runtime API's long poll)
  };
  /// 127.0.0.1, `port` 0 = any free one. Errors: Unavailable when the port is taken.
  static Result<HttpServer> listen(std::uint16_t port, Handler handler, Limits limits);
  static Result<HttpServer> listen(std::uint16_t port, Handler handler) { return listen(port, std::move(handler), Limits{}); }
  /// A unix socket of mode 0600; a stale socket file at the path is replaced, a live one is Fault::Conflict.
  static Result<HttpServer> listen_unix(const std::filesystem::path& path, Handler handler);
  ~HttpServer();
  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  std::uint16_t port() const;   ///< 0 on a unix socket

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// One request to elsewhere.
struct Fetch {
  std::string method = "GET";
  std::string url;                              ///< http or https, absolute
  Headers headers{};
  std::string body{};
  Duration time_limit{std::chrono::seconds{30}};  ///< for the whole exchange; 0 = none
  std::filesystem::path unix_socket{};          ///< connect here instead of to the URL's host
  std::function<void(std::string_view)> on_piece{};  ///< when set, the body is handed over here, not kept
  std::stop_token stop{};                       ///< noticed within a second: Fault::Cancelled
  size_t body_bytes_max = 256UL << 20;          ///< a longer kept body is Fault::Invalid
};
struct Fetched {
  int status = 0;
  Headers headers;
  std::string body;
  Duration took{};
};
/// No redirects are followed. Any status is a success. Errors: Unavailable (refused, reset), TimedOut, Cancelled,
/// Denied (a certificate that is not trusted), Invalid (the request itself, an answer that is too long).
Result<Fetched> fetch(const Fetch& request);

HttpResponse json_response(int status, std::string body);

}  // namespace tandem
