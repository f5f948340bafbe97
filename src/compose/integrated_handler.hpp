#pragma once
// The handler that joins the two repositories at run time: `app` of main.py behind Mangum.

#include <string>
#include <vector>

namespace tandem::compose {

/// Source of integrated_api_handler.py. Deterministic. When `main` or Mangum cannot be imported the first of `fallbacks`
/// that can serves instead and says so: header x-tandem-fallback, "status": "degraded" and "fallback": true in the body of
/// /health, a metric FallbackResponses on standard output for each response, the reason on standard error and nowhere
/// else. Every response carries x-tandem-handler.
std::string integrated_handler_source(const std::vector<std::string>& fallbacks);

}  // namespace tandem::compose
