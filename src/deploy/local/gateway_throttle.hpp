#pragma once
// Token buckets: how many requests a route may take.

#include <map>
#include <string>

#include "base/guarded.hpp"
#include "deploy/local/function_nursery.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

/// One bucket per key, full at first, refilled at the rate of its throttle.
class TokenBuckets {
 public:
  /// Takes one token; false when there is none.
  bool take(const std::string& key, const Throttle& throttle, Steady now) {
    return buckets_.with([&](auto& buckets) {
      auto [found, is_new] = buckets.try_emplace(key, Bucket{static_cast<double>(throttle.burst), now});
      auto& bucket = found->second;
      const auto passed = std::chrono::duration<double>(now - bucket.at).count();
      bucket.tokens = std::min(static_cast<double>(throttle.burst), bucket.tokens + std::max(0.0, passed) * throttle.rate);
      bucket.at = now;
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    });
  }

 private:
  struct Bucket {
    double tokens = 0;
    Steady at{};
  };
  Guarded<std::map<std::string, Bucket>> buckets_;
};

}  // namespace tandem::deploy::local
