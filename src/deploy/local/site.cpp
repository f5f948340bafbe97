#include "deploy/local/site.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

constexpr size_t cached_object_bytes_max = 4UL << 20;
constexpr size_t cache_bytes_max = 64UL << 20;

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

/// A key is a name, not a path: what looks like a way to elsewhere names nothing.
bool is_plain_key(const std::string& key) {
  if (key.empty() || key.find('\0') != std::string::npos || key.find('\\') != std::string::npos) return false;
  const auto segments = split(key, '/');
  return std::ranges::none_of(segments, [](const auto& segment) { return segment.empty() || segment == "." || segment == ".."; });
}

/// Opens below `folder`, by the kernel's own check; links are followed nowhere.
int open_beneath(const std::string& folder, const std::string& key) {
  const Descriptor root{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (root.number < 0) return -1;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root.number, key.c_str(), &how, sizeof how));
}

std::string read_whole(int file, size_t size) {
  std::string out(size, '\0');
  size_t done = 0;
  while (done < size) {
    const auto got = ::read(file, out.data() + done, size - done);
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  out.resize(done);
  return out;
}

bool is_text(const std::string& key) {
  const auto type = content_type(key);
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml");
}

std::string http_date(Instant at) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::optional<Instant> parse_http_date(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return Instant{std::chrono::seconds{::timegm(&parts)}};
}

bool names_etag(const std::string& header, const std::string& etag) {
  const auto names = split(header, ',');
  return std::ranges::any_of(names, [&](const std::string& name) {
    auto tag = trimmed(name);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag == "*" || tag == etag;
  });
}

bool is_unchanged(const HttpRequest& request, const std::string& etag, Instant modified) {
  if (const auto names = request.headers.find("If-None-Match")) return names_etag(*names, etag);
  const auto header = request.headers.find("If-Modified-Since");
  const auto since = header ? parse_http_date(*header) : std::nullopt;
  return since && std::chrono::floor<std::chrono::seconds>(modified) <= *since;
}

}  // namespace

SiteHost::SiteHost(Site site, std::string folder, std::function<std::string(const std::string&)> localised)
    : site_(std::move(site)), folder_(std::move(folder)), localised_(std::move(localised)) {}

HttpResponse SiteHost::answer(const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response{.status = 403, .headers = {{"content-type", "text/html"}}, .body = "<h1>403 ERROR</h1>This distribution does not allow the method.\n"};
    put_viewer_headers(response, "Error from cloudfront");
    return response;
  }
  auto key = percent_decoded(std::string_view(request.path).substr(request.path.starts_with('/') ? 1 : 0));
  if (key.empty()) key = site_.root_object;  // for "/" only, not for "/folder/"
  const auto found = find(key);
  return found ? sent(request, *found, 200) : denied(request);
}

std::optional<SiteHost::Found> SiteHost::find(const std::string& key) {
  if (!site_.readable || !is_plain_key(key)) return std::nullopt;
  const auto known = cache_.with([&](Cache& cache) -> std::optional<Found> {
    const auto cached = cache.objects.find(key);
    if (cached == cache.objects.end()) return std::nullopt;
    return Found{cached->second, true};
  });
  if (known) return known;
  auto object = read(key);
  if (!object) return std::nullopt;
  cache_.with([&](Cache& cache) {
    const auto size = object->bytes->size();
    if (size > cached_object_bytes_max || cache.bytes + size > cache_bytes_max) return;
    if (cache.objects.emplace(key, *object).second) cache.bytes += size;
  });
  return Found{*std::move(object), false};
}

std::optional<SiteHost::Object> SiteHost::read(const std::string& key) const {
  const Descriptor file{open_beneath(folder_, key)};
  struct stat about {};
  if (file.number < 0 || ::fstat(file.number, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  auto bytes = read_whole(file.number, static_cast<size_t>(about.st_size));
  if (is_text(key)) bytes = localised_(bytes);
  Object object{.bytes = nullptr, .type = content_type(key), .etag = "\"" + sha256_hex(bytes).substr(0, 32) + "\"",
                .modified = Instant{std::chrono::seconds{about.st_mtim.tv_sec}}, .since = std::chrono::steady_clock::now()};
  object.bytes = std::make_shared<const std::string>(std::move(bytes));
  return object;
}

/// Without permission to list, S3 says 403 for what is not there. The distribution may show a page instead.
HttpResponse SiteHost::denied(const HttpRequest& request) {
  for (const auto& error : site_.errors) {
    if (error.status != 403 || error.page.empty()) continue;
    const auto page = find(percent_decoded(error.page.substr(error.page.starts_with('/') ? 1 : 0)));
    if (!page) break;
    auto response = sent(request, *page, error.response_status == 0 ? 403 : error.response_status);
    response.headers.set("x-cache", "Error from cloudfront");
    return response;
  }
  HttpResponse response{.status = 403, .headers = {{"content-type", "application/xml"}},
                        .body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"};
  put_viewer_headers(response, "Error from cloudfront");
  return response;
}

HttpResponse SiteHost::sent(const HttpRequest& request, const Found& found, int status) const {
  const auto& object = found.object;
  HttpResponse response{.status = status, .headers = {{"content-type", object.type}, {"etag", object.etag},
                                                      {"last-modified", http_date(object.modified)}, {"accept-ranges", "bytes"}}};
  // A page names the assets of its release; a browser that keeps it would mix releases after a switch.
  if (object.type == "text/html") response.headers.add("cache-control", "no-cache");
  put_viewer_headers(response, found.hit ? "Hit from cloudfront" : "Miss from cloudfront");
  if (found.hit) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - object.since).count();
    response.headers.add("age", std::to_string(age));
  }
  if (status == 200 && is_unchanged(request, object.etag, object.modified)) {
    response.status = 304;
    return response;
  }
  const auto wanted = request.headers.find("Range");
  const auto condition = request.headers.find("If-Range");
  const bool ranged = status == 200 && wanted && (!condition || *condition == object.etag);
  const auto range = ranged ? byte_range(*wanted, object.bytes->size()) : std::nullopt;
  if (!range) {
    response.body = *object.bytes;
  } else if (range->begin == range->end) {
    response.status = 416;
    response.headers.set("content-range", fmt::format("bytes */{}", object.bytes->size()));
  } else {
    response.status = 206;
    response.headers.set("content-range", fmt::format("bytes {}-{}/{}", range->begin, range->end - 1, object.bytes->size()));
    response.body = object.bytes->substr(range->begin, range->end - range->begin);
  }
  return response;
}

void SiteHost::put_viewer_headers(HttpResponse& response, std::string_view cache) const {
  response.headers.set("server", "AmazonS3");
  response.headers.set("x-cache", std::string(cache));
  response.headers.set("via", "1.1 " + site_.domain + " (CloudFront)");
  response.headers.set("x-amz-cf-id", base64url(random_bytes(32)));
}

}  // namespace tandem::deploy::local
