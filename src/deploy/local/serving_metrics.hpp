#pragma once
// What a view has answered: counts and latencies.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/json.hpp"

namespace tandem::deploy::local {

/// Counts without locks. Latencies fall into buckets 8 % wide, so percentiles are that exact.
class ViewMetrics {
 public:
  void count(int status, std::chrono::microseconds took);
  /// {"requests", "4xx", "5xx", "p50_ms", "p95_ms", "p99_ms"}; the percentiles are null before the first request.
  json::object to_json() const;

 private:
  double percentile_ms(double share) const;

  static constexpr size_t buckets = 256;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::array<std::atomic<std::uint64_t>, buckets> latencies_{};
};

}  // namespace tandem::deploy::local
