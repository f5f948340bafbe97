// The client half of http.hpp, on libcurl: one easy handle per thread, so that connections are kept alive.
#include <curl/curl.h>

#include <cstdlib>
#include <exception>

#include "base/http.hpp"
#include "base/text.hpp"
#include "base/unix_address.hpp"

namespace tandem {
namespace {

struct EasyFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using ListHandle = std::unique_ptr<curl_slist, ListFree>;

CURL* handle_of_this_thread() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  CHECK(ready);
  thread_local const std::unique_ptr<CURL, EasyFree> handle(curl_easy_init());
  CHECK(handle != nullptr);
  curl_easy_reset(handle.get());  // options go, connections stay
  return handle.get();
}

/// What libcurl's callbacks write into.
struct Sink {
  const Fetch& request;
  Fetched& fetched;
  bool too_long = false;
  std::exception_ptr thrown{};
};

size_t take_body(char* bytes, size_t, size_t size, void* of) {
  auto& sink = *static_cast<Sink*>(of);
  const std::string_view piece(bytes, size);
  if (!sink.request.on_piece) {
    sink.too_long = sink.fetched.body.size() + size > sink.request.body_bytes_max;
    if (sink.too_long) return 0;
    sink.fetched.body += piece;
    return size;
  }
  try {  // nothing may fly through libcurl's C frames
    sink.request.on_piece(piece);
    return size;
  } catch (...) {
    sink.thrown = std::current_exception();
    return 0;
  }
}

size_t take_header(char* bytes, size_t, size_t size, void* of) {
  auto& headers = static_cast<Sink*>(of)->fetched.headers;
  const auto line = trimmed(std::string_view(bytes, size));
  if (line.starts_with("HTTP/")) {  // a 100 Continue or a proxy's answer came before
    headers = {};
    return size;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    headers.add(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  return size;
}

int look_for_stop(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Sink*>(of)->request.stop.stop_requested() ? 1 : 0;
}

/// Scheme, host and path of a URL: what may be named in an error. Query and user may hold secrets.
struct Destination {
  std::string shown;
  bool loopback = false;
};

Result<Destination> destination_of(const std::string& url) {
  const std::unique_ptr<CURLU, UrlFree> parsed(curl_url());
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string found;
    if (curl_url_get(parsed.get(), which, &text, 0) == CURLUE_OK) found = text;
    curl_free(text);
    return found;
  };
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK)
    return failure(Fault::Invalid, "not a URL that can be fetched");
  const auto scheme = part(CURLUPART_SCHEME);
  const auto host = part(CURLUPART_HOST);
  const auto port = part(CURLUPART_PORT);
  if (scheme != "http" && scheme != "https")
    return failure(Fault::Invalid, "a URL to fetch starts with http or https, not {}", scheme);
  return Destination{fmt::format("{}://{}{}{}{}", scheme, host, port.empty() ? "" : ":", port, part(CURLUPART_PATH)),
                     host == "localhost" || host == "[::1]" || host.starts_with("127.")};
}

bool has_line_end(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

Result<ListHandle> header_list(const Headers& headers) {
  ListHandle list;
  const auto append = [&](const std::string& line) {
    list.reset(curl_slist_append(list.release(), line.c_str()));
  };
  for (const auto& [name, value] : headers.fields()) {
    if (has_line_end(name) || has_line_end(value) || name.empty())
      return failure(Fault::Invalid, "a header named '{}' cannot be sent", name.substr(0, name.find_first_of("\r\n")));
    append(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  // What libcurl would add of its own accord is taken away: the caller's headers are signed as they stand.
  for (const auto* name : {"Expect", "Content-Type", "Accept"})
    if (!headers.find(name)) append(fmt::format("{}:", name));
  return list;
}

Error trouble(CURLcode code, const char* detail, const std::string& shown) {
  const std::string said = detail[0] != '\0' ? detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return failure(Fault::TimedOut, "no answer from {} in time: {}", shown, said);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return failure(Fault::Invalid, "cannot fetch {}: {}", shown, said);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return failure(Fault::Denied, "{} is not trusted: {}", shown, said);
    case CURLE_ABORTED_BY_CALLBACK: return failure(Fault::Cancelled, "stopped fetching {}", shown);
    default: return failure(Fault::Unavailable, "cannot reach {}: {}", shown, said);
  }
}

void set_method_and_body(CURL* curl, const Fetch& request) {
  const bool carries = !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
                       request.method == "PATCH";
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (carries) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

}  // namespace

Result<Fetched> fetch(const Fetch& request) {
  const auto destination = TRY(destination_of(request.url));
  const auto headers = TRY(header_list(request.headers), "fetching {}", destination.shown);
  if (request.method.empty() || request.method.find_first_of(" \t\r\n") != std::string::npos)
    return failure(Fault::Invalid, "not a method: '{}'", request.method.substr(0, request.method.find_first_of(" \t\r\n")));

  Fetched fetched;
  Sink sink{request, fetched};
  char detail[CURL_ERROR_SIZE] = "";
  CURL* curl = handle_of_this_thread();
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.time_limit.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &sink);
  if (request.stop.stop_possible()) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &sink);
  }
  if (destination.loopback || !request.unix_socket.empty()) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  if (const char* certificates = std::getenv("SSL_CERT_FILE")) curl_easy_setopt(curl, CURLOPT_CAINFO, certificates);
  std::optional<UnixAddress> socket;
  if (!request.unix_socket.empty()) {
    socket.emplace(TRY(UnixAddress::of(request.unix_socket)));
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket->path());
    // A long path is named by a descriptor whose number soon means another folder: no connection may outlive it.
    if (!socket->is_short()) {
      curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
      curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    }
  }
  set_method_and_body(curl, request);

  const auto began = std::chrono::steady_clock::now();
  const auto code = curl_easy_perform(curl);
  fetched.took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
  if (sink.thrown) std::rethrow_exception(sink.thrown);
  if (sink.too_long)
    return failure(Fault::Invalid, "the answer of {} is longer than {} bytes", destination.shown, request.body_bytes_max);
  if (code != CURLE_OK) return trouble(code, detail, destination.shown);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  fetched.status = static_cast<int>(status);
  return fetched;
}

}  // namespace tandem
