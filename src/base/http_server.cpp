// The server half of http.hpp, on libmicrohttpd with a thread per connection.
#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/http.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/unix_address.hpp"

namespace tandem {

namespace {

/// How much of a body that is too long we still read and drop, so that a client that writes before it reads
/// gets to see the 413. Beyond that the connection is cut.
constexpr size_t drained_bytes_max = 64UL << 20;

struct ResponseFree {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using ResponseHandle = std::unique_ptr<MHD_Response, ResponseFree>;

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  int release() { return std::exchange(number, -1); }
};

/// One request while it is coming in and being answered.
struct Exchange {
  HttpRequest request;
  bool begun = false;
  size_t body_seen = 0;
  bool streams = false;
};

/// A streamed body between two calls of libmicrohttpd.
struct PieceSource {
  std::function<std::optional<std::string>()> next;
  std::string piece;
  size_t used = 0;
  int socket = -1;
  const std::atomic<bool>* stopping = nullptr;
};

bool caller_is_gone(int socket) {
  pollfd watched{.fd = socket, .events = POLLRDHUP, .revents = 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

ssize_t read_piece(void* of, std::uint64_t, char* buffer, size_t room) {
  auto& source = *static_cast<PieceSource*>(of);
  while (source.used == source.piece.size()) {
    if (source.stopping->load() || caller_is_gone(source.socket)) return MHD_CONTENT_READER_END_WITH_ERROR;
    try {
      auto next = source.next();
      if (!next) return MHD_CONTENT_READER_END_OF_STREAM;
      source.piece = std::move(*next);
      source.used = 0;
    } catch (const std::exception& trouble) {
      log(Level::Error, "http.stream_failed", {{"what", trouble.what()}});
      return MHD_CONTENT_READER_END_WITH_ERROR;
    }
  }
  const auto size = std::min(room, source.piece.size() - source.used);
  std::memcpy(buffer, source.piece.data() + source.used, size);
  source.used += size;
  return static_cast<ssize_t>(size);
}

void free_piece_source(void* of) { delete static_cast<PieceSource*>(of); }
void free_body(void* of) { delete static_cast<std::string*>(of); }
ssize_t read_nothing(void*, std::uint64_t, char*, size_t) { return MHD_CONTENT_READER_END_WITH_ERROR; }

ResponseHandle whole_response(std::string body) {
  auto* kept = new std::string(std::move(body));
  return ResponseHandle(
      MHD_create_response_from_buffer_with_free_callback_cls(kept->size(), kept->data(), free_body, kept));
}

std::string address_of_caller(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  char text[INET6_ADDRSTRLEN] = "";
  if (info == nullptr || info->client_addr == nullptr) return {};
  const auto* any = info->client_addr;
  if (any->sa_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(any)->sin_addr, text, sizeof text);
  else if (any->sa_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(any)->sin6_addr, text, sizeof text);
  return text;
}

MHD_Result collect_header(void* of, MHD_ValueKind, const char* name, size_t name_size, const char* value,
                          size_t value_size) {
  static_cast<Headers*>(of)->add(std::string(name, name_size),
                                 value == nullptr ? std::string() : std::string(value, value_size));
  return MHD_YES;
}

/// "http://host/people?x=1" and "/people?x=1" both become path "/people" and query "x=1".
void split_target(HttpRequest& request) {
  std::string_view rest = request.target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!rest.starts_with(scheme)) continue;
    const auto slash = rest.find('/', scheme.size());
    rest = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
  }
  const auto mark = rest.find('?');
  request.path = rest.substr(0, mark);
  if (mark != std::string_view::npos) request.query = rest.substr(mark + 1);
}

HttpResponse incident_response(const HttpRequest& request, std::string_view what) {
  const auto incident = fresh_id("inc");
  log(Level::Error, "http.incident",
      {{"incident", incident}, {"method", request.method}, {"path", request.path}, {"what", what}});
  return json_response(500, to_text(json::object{{"fault", word(Fault::Broken)}, {"incident", incident}}));
}

std::optional<std::uint64_t> as_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return size;
}

}  // namespace

struct HttpServer::State {
  Handler handler;
  Limits limits;
  std::atomic<bool> stopping{false};
  MHD_Daemon* daemon = nullptr;
  std::uint16_t port = 0;
  std::filesystem::path socket_path;
  ino_t socket_inode = 0;

  ~State() {
    stopping = true;
    if (daemon != nullptr) MHD_stop_daemon(daemon);
    struct stat found {};
    if (!socket_path.empty() && ::lstat(socket_path.c_str(), &found) == 0 && found.st_ino == socket_inode)
      ::unlink(socket_path.c_str());
  }

  Done start(int listening) {
    const unsigned idle = static_cast<unsigned>(limits.idle.count());
    daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, nullptr, nullptr,
        &State::answer, this, MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_URI_LOG_CALLBACK, &State::begin, this,
        MHD_OPTION_NOTIFY_COMPLETED, &State::end, this, MHD_OPTION_CONNECTION_LIMIT, limits.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, idle, MHD_OPTION_CONNECTION_MEMORY_LIMIT, size_t{64} << 10, MHD_OPTION_END);
    if (daemon == nullptr) return failure(Fault::Unavailable, "cannot start an HTTP server: {}", std::strerror(errno));
    return done();
  }

  /// libmicrohttpd's own path is decoded; this is the only place where the target is still as it was sent.
  static void* begin(void*, const char* target, MHD_Connection*) {
    auto exchange = std::make_unique<Exchange>();
    exchange->request.target = target;
    return exchange.release();
  }

  static void end(void* of, MHD_Connection* connection, void** slot, MHD_RequestTerminationCode) {
    const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(*slot));
    *slot = nullptr;
    if (exchange && exchange->streams) static_cast<State*>(of)->resume_idle_clock(connection);
  }

  static MHD_Result answer(void* of, MHD_Connection* connection, const char*, const char* method, const char*,
                           const char* upload, size_t* upload_size, void** slot) {
    return static_cast<State*>(of)->step(connection, method, std::string_view(upload, *upload_size), *upload_size,
                                         *static_cast<Exchange*>(*slot));
  }

  /// Called once when the headers are there, then for each part of the body, then once more.
  MHD_Result step(MHD_Connection* connection, const char* method, std::string_view part, size_t& part_size,
                  Exchange& exchange) {
    if (!exchange.begun) {
      exchange.begun = true;
      read_head(connection, method, exchange.request);
      return refuses_early(exchange.request) ? send(connection, too_large(), exchange) : MHD_YES;
    }
    if (!part.empty()) {
      exchange.body_seen += part.size();
      part_size = 0;
      if (exchange.body_seen > limits.body_bytes) exchange.request.body.clear();
      else exchange.request.body += part;
      return exchange.body_seen > limits.body_bytes + drained_bytes_max ? MHD_NO : MHD_YES;
    }
    if (exchange.body_seen > limits.body_bytes) return send(connection, too_large(), exchange);
    pause_idle_clock(connection);
    auto response = handle(exchange.request);
    exchange.streams = static_cast<bool>(response.pieces);
    if (!exchange.streams) resume_idle_clock(connection);
    return send(connection, std::move(response), exchange);
  }

  static void read_head(MHD_Connection* connection, const char* method, HttpRequest& request) {
    request.method = method;
    request.peer = address_of_caller(connection);
    split_target(request);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect_header, &request.headers);
  }

  bool refuses_early(const HttpRequest& request) const {
    const auto length = as_size(request.headers.find("Content-Length").value_or("0"));
    if (!length || *length <= limits.body_bytes) return false;
    return request.headers.find("Expect") || *length > limits.body_bytes + drained_bytes_max;
  }

  HttpResponse too_large() const {
    return json_response(413, fmt::format(R"({{"fault":"invalid","message":"the body is longer than {} bytes"}})",
                                          limits.body_bytes));
  }

  /// A handler may take longer than an idle connection may live, and its answer must still go out. Setting the
  /// limit again from 0 is what makes libmicrohttpd start its clock anew.
  static void pause_idle_clock(MHD_Connection* connection) {
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
  }
  void resume_idle_clock(MHD_Connection* connection) const {
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, static_cast<unsigned>(limits.idle.count()));
  }

  HttpResponse handle(const HttpRequest& request) const {
    try {
      return handler(request);
    } catch (const std::exception& trouble) {
      return incident_response(request, trouble.what());
    } catch (...) {
      return incident_response(request, "something that is no exception was thrown");
    }
  }

  MHD_Result send(MHD_Connection* connection, HttpResponse response, const Exchange& exchange) const {
    const bool no_body = response.status == 204 || response.status == 304;
    if (response.status < 200 || response.status > 999)
      response = incident_response(exchange.request, fmt::format("a handler answered status {}", response.status));
    const auto status = static_cast<unsigned>(response.status);
    auto handle = make_response(connection, response, exchange.request.method == "HEAD", no_body);
    if (const auto bad = add_headers(*handle, response)) {
      const auto incident = incident_response(exchange.request, fmt::format("the response header {} is not valid", *bad));
      handle = whole_response(incident.body);
      add_headers(*handle, incident);
      return MHD_queue_response(connection, 500, handle.get());
    }
    return MHD_queue_response(connection, status, handle.get());
  }

  ResponseHandle make_response(MHD_Connection* connection, HttpResponse& response, bool head, bool no_body) const {
    if (no_body) return whole_response({});
    if (response.pieces) {
      const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
      auto* source = new PieceSource{std::move(response.pieces), {}, 0, info->connect_fd, &stopping};
      return ResponseHandle(
          MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 << 10, read_piece, source, free_piece_source));
    }
    const auto told = response.headers.find("Content-Length");
    const auto size = told && head && response.body.empty() ? as_size(*told) : std::nullopt;
    if (size && *size > 0)
      return ResponseHandle(MHD_create_response_from_callback(*size, 1024, read_nothing, nullptr, nullptr));
    return whole_response(std::move(response.body));
  }

  /// The name of the first header that cannot be sent. Framing is libmicrohttpd's and not the handler's.
  static std::optional<std::string> add_headers(MHD_Response& handle, const HttpResponse& response) {
    for (const auto& [name, value] : response.headers.fields()) {
      if (same_ignoring_case(name, "Content-Length") || same_ignoring_case(name, "Transfer-Encoding")) continue;
      const bool clean = value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
      if (value.empty() && !name.empty()) {
        // libmicrohttpd refuses empty values; HTTP allows them, one space says the same
        if (MHD_add_response_header(&handle, name.c_str(), " ") != MHD_YES) continue;
      } else if (!clean || MHD_add_response_header(&handle, name.c_str(), value.c_str()) != MHD_YES) {
        return name;
      }
    }
    return std::nullopt;
  }
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
std::uint16_t HttpServer::port() const { return state_->port; }

Result<HttpServer> HttpServer::listen(std::uint16_t port, Handler handler, Limits limits) {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (socket.number < 0 || ::setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(socket.number, any, size) != 0 || ::listen(socket.number, 1024) != 0 ||
      ::getsockname(socket.number, any, &size) != 0)
    return failure(Fault::Unavailable, "cannot listen on 127.0.0.1:{}: {}", port, std::strerror(errno));

  auto state = std::make_unique<State>();
  state->handler = std::move(handler);
  state->limits = limits;
  state->port = ntohs(address.sin_port);
  TRY(state->start(socket.number));
  socket.release();  // the daemon closes it
  return HttpServer(std::move(state));
}

namespace {

/// Whether somebody answers at the socket file. A file that nobody listens on is a leftover of a killed process.
bool somebody_listens(const UnixAddress& address) {
  const Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  return socket.number >= 0 && ::connect(socket.number, address.any(), address.size()) == 0;
}

}  // namespace

Result<HttpServer> HttpServer::listen_unix(const std::filesystem::path& path, Handler handler) {
  const auto address = TRY(UnixAddress::of(path));
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) return failure(Fault::Invalid, "{} is there and is no socket", path.string());
    if (somebody_listens(address)) return failure(Fault::Conflict, "somebody listens on {} already", path.string());
    ::unlink(path.c_str());
  }
  // The mode of the socket before bind is the mode of the file, so that it is never open to others, not even briefly.
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (socket.number < 0 || ::fchmod(socket.number, 0600) != 0 ||
      ::bind(socket.number, address.any(), address.size()) != 0 || ::listen(socket.number, 128) != 0 ||
      ::lstat(path.c_str(), &found) != 0)
    return failure(Fault::Unavailable, "cannot listen on {}: {}", path.string(), std::strerror(errno));

  auto state = std::make_unique<State>();
  state->handler = std::move(handler);
  state->socket_path = path;
  state->socket_inode = found.st_ino;
  TRY(state->start(socket.number));
  socket.release();
  return HttpServer(std::move(state));
}

}  // namespace tandem
