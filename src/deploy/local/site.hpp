#pragma once
// A distribution of a shown scene: the objects of a bucket, as CloudFront in front of a private S3 bucket serves them.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/guarded.hpp"
#include "base/http.hpp"
#include "base/time.hpp"
#include "deploy/local/function_nursery.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

/// Answers GET and HEAD. What lies in the bucket does not change while the scene is shown.
class SiteHost {
 public:
  /// `localised` is applied to text files on their way out: AWS's host names become this machine's addresses.
  SiteHost(Site site, std::string folder, std::function<std::string(const std::string&)> localised);
  HttpResponse answer(const HttpRequest& request);

 private:
  struct Object {
    std::shared_ptr<const std::string> bytes;
    std::string type;
    std::string etag;
    Instant modified{};
    Steady since{};
  };
  struct Found {
    Object object;
    bool hit = false;
  };
  struct Cache {
    std::map<std::string, Object> objects;
    size_t bytes = 0;
  };

  std::optional<Found> find(const std::string& key);
  std::optional<Object> read(const std::string& key) const;
  HttpResponse denied(const HttpRequest& request);
  HttpResponse sent(const HttpRequest& request, const Found& found, int status) const;
  void put_viewer_headers(HttpResponse& response, std::string_view cache) const;

  const Site site_;
  const std::string folder_;
  const std::function<std::string(const std::string&)> localised_;
  Guarded<Cache> cache_;
};

/// The bytes a Range header asks for, of `size`: nothing when it is to be ignored, an empty range when none of it is there.
struct ByteRange {
  size_t begin = 0;
  size_t end = 0;              ///< one past the last
};
std::optional<ByteRange> byte_range(const std::string& header, size_t size);

/// By the extension of the key: "text/html", "application/octet-stream" when unknown.
std::string content_type(const std::string& key);

}  // namespace tandem::deploy::local
