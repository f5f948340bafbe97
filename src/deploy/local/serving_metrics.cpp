#include "deploy/local/serving_metrics.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::deploy::local {
namespace {
constexpr double width = 1.08;
}

void ViewMetrics::count(int status, std::chrono::microseconds took) {
  ++requests_;
  if (status >= 500) ++failed_;
  else if (status >= 400) ++refused_;
  const auto micros = std::max<double>(1, static_cast<double>(took.count()));
  const auto bucket = static_cast<size_t>(std::log(micros) / std::log(width));
  ++latencies_[std::min(bucket, buckets - 1)];
}

double ViewMetrics::percentile_ms(double share) const {
  std::uint64_t total = 0;
  for (const auto& count : latencies_) total += count;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (size_t i = 0; i < buckets; ++i) {
    seen += latencies_[i];
    if (seen >= wanted) return std::round(std::pow(width, static_cast<double>(i) + 0.5)) / 1000.0;
  }
  return 0;
}

json::object ViewMetrics::to_json() const {
  const auto percentile = [&](double share) { return requests_ == 0 ? json::value(nullptr) : json::value(percentile_ms(share)); };
  return {{"requests", requests_.load()}, {"4xx", refused_.load()}, {"5xx", failed_.load()},
          {"p50_ms", percentile(0.50)},   {"p95_ms", percentile(0.95)}, {"p99_ms", percentile(0.99)}};
}

}  // namespace tandem::deploy::local
