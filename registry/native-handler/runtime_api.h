// Lambda's Runtime API: HTTP/1.1 without TLS on an address that the environment names.
#pragma once

#include <netdb.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "text.h"

namespace tandem {

/// One event to answer.
struct Invocation {
  Text event;
  Text request_id;
  long long deadline_ms = 0;
};

class RuntimeApi {
 public:
  /// `address`: "127.0.0.1:9001".
  explicit RuntimeApi(const char* address) {
    const char* const colon = strrchr(address, ':');
    host_.add(Piece(address, colon == nullptr ? strlen(address) : static_cast<size_t>(colon - address)));
    port_.add(colon == nullptr ? "80" : colon + 1);
  }
  ~RuntimeApi() { hang_up(); }
  RuntimeApi(const RuntimeApi&) = delete;
  RuntimeApi& operator=(const RuntimeApi&) = delete;

  /// Waits for the next event. False when nobody answers any more.
  bool next(Invocation& out) {
    out.event.clear();
    out.request_id.clear();
    return ask("GET", "/2018-06-01/runtime/invocation/next", Piece(), &out);
  }
  bool respond(const Invocation& invocation, Piece answer) { return post(invocation, "/response", answer); }
  bool fail(const Invocation& invocation, Piece error) { return post(invocation, "/error", error); }
  bool fail_init(Piece error) { return ask("POST", "/2018-06-01/runtime/init/error", error, nullptr); }

 private:
  bool post(const Invocation& invocation, Piece what, Piece body) {
    Text path;
    path.add("/2018-06-01/runtime/invocation/").add(invocation.request_id.piece()).add(what);
    return ask("POST", path.piece(), body, nullptr);
  }

  bool ask(Piece method, Piece path, Piece body, Invocation* out) {
    Text head;
    head.add(method).add(" ").add(path).add(" HTTP/1.1\r\nHost: ").add(host_.piece()).add(":").add(port_.piece());
    head.add("\r\nContent-Type: application/json\r\nContent-Length: ").add(static_cast<long long>(body.size)).add("\r\n\r\n");
    // A connection that was kept open may have been closed meanwhile; a new one is tried once.
    for (int tries = 0; tries < 2; ++tries) {
      if (socket_ < 0 && !call()) return false;
      if (send_all(head.piece()) && send_all(body) && read_answer(out)) return true;
      hang_up();
    }
    return false;
  }

  bool call() {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host_.c_str(), port_.c_str(), &wanted, &found) != 0) return false;
    for (const addrinfo* each = found; each != nullptr && socket_ < 0; each = each->ai_next) {
      const int made = ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
      if (made >= 0 && ::connect(made, each->ai_addr, each->ai_addrlen) == 0) socket_ = made;
      else if (made >= 0) ::close(made);
    }
    freeaddrinfo(found);
    start_ = end_ = 0;
    return socket_ >= 0;
  }

  void hang_up() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  bool send_all(Piece piece) {
    while (piece.size > 0) {
      const ssize_t sent = ::send(socket_, piece.data, piece.size, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      piece = Piece(piece.data + sent, piece.size - static_cast<size_t>(sent));
    }
    return true;
  }

  bool fill() {
    const ssize_t got = ::recv(socket_, buffer_, sizeof buffer_, 0);
    if (got <= 0) return false;
    start_ = 0;
    end_ = static_cast<size_t>(got);
    return true;
  }

  bool read_line(Text& line) {
    line.clear();
    while (true) {
      if (start_ == end_ && !fill()) return false;
      const char c = buffer_[start_++];
      if (c == '\n') return true;
      if (c != '\r') line.add(Piece(&c, 1));
    }
  }

  bool read_bytes(size_t count, Text* into) {
    while (count > 0) {
      if (start_ == end_ && !fill()) return false;
      const size_t part = count < end_ - start_ ? count : end_ - start_;
      if (into != nullptr) into->add(Piece(buffer_ + start_, part));
      start_ += part;
      count -= part;
    }
    return true;
  }

  bool read_chunks(Text* into) {
    Text line;
    while (true) {
      if (!read_line(line)) return false;
      const size_t size = strtoull(line.c_str(), nullptr, 16);
      if (size > 0 && !read_bytes(size, into)) return false;
      if (!read_line(line)) return false;   // the line end behind a chunk, or behind the last one
      if (size == 0) return true;
    }
  }

  bool read_answer(Invocation* out) {
    Text line;
    if (!read_line(line) || strncmp(line.c_str(), "HTTP/1.", 7) != 0) return false;
    const int status = line.size() > 9 ? atoi(line.c_str() + 9) : 0;
    size_t length = 0;
    bool is_chunked = false, closes = false;
    while (read_line(line) && line.size() > 0) {
      const char* const colon = strchr(line.c_str(), ':');
      if (colon == nullptr) return false;
      const char* value = colon + 1;
      while (*value == ' ') ++value;
      const auto name = Piece(line.c_str(), static_cast<size_t>(colon - line.c_str()));
      const auto names = [&](Piece wanted) { return name.size == wanted.size && strncasecmp(name.data, wanted.data, wanted.size) == 0; };
      if (names("Content-Length")) length = strtoull(value, nullptr, 10);
      else if (names("Transfer-Encoding")) is_chunked = strcasecmp(value, "chunked") == 0;
      else if (names("Connection")) closes = strcasecmp(value, "close") == 0;
      else if (out != nullptr && names("Lambda-Runtime-Aws-Request-Id")) out->request_id.add(value);
      else if (out != nullptr && names("Lambda-Runtime-Deadline-Ms")) out->deadline_ms = atoll(value);
    }
    Text* const body = out == nullptr ? nullptr : &out->event;
    const bool is_whole = is_chunked ? read_chunks(body) : read_bytes(length, body);
    if (closes) hang_up();
    return is_whole && (out == nullptr || status == 200);
  }

  Text host_, port_;
  int socket_ = -1;
  char buffer_[16384];
  size_t start_ = 0, end_ = 0;
};

}  // namespace tandem
