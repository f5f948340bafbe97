#include <algorithm>

#include "verify/visit.hpp"

namespace tandem::verify {
namespace {

/// "p50 3 ms, p95 8 ms over 30 requests"; an error when p95 is over the limit or a request fails.
Result<std::string> measured(const Visit& visit, const std::string& path, const Asking& asking) {
  const auto count = static_cast<size_t>(std::max(1, visit.request().performance_requests));
  // The first request may start a function; what is measured is the API when it is warm.
  TRY(visit.api().expect({200}, "GET", path, asking));
  std::vector<Duration> times;
  for (size_t i = 0; i < count; ++i) {
    const auto answer = TRY(visit.api().expect({200}, "GET", path, asking));
    times.push_back(answer.took);
  }
  std::ranges::sort(times);
  const auto p50 = times[times.size() / 2];
  const auto p95 = times[std::min(times.size() - 1, times.size() * 95 / 100)];
  const auto figures = fmt::format("p50 {}, p95 {} over {} requests", for_people(p50), for_people(p95), times.size());
  if (p95 > visit.request().p95_max) return wrong("{}: more than {}", figures, for_people(visit.request().p95_max));
  return figures;
}

}  // namespace

void check_performance(Visit& visit) {
  const auto limit = for_people(visit.request().p95_max);
  visit.measure("performance", fmt::format("GET /health answers within {}", limit), [&] { return measured(visit, "/health", {}); });
  if (!visit.has_administrator()) return;
  visit.measure("performance", fmt::format("GET /people/{{id}} answers within {}", limit), [&]() -> Result<std::string> {
    const auto person = TRY(visit.create_person());
    return measured(visit, "/people/" + person.id, visit.as_administrator());
  });
}

}  // namespace tandem::verify
