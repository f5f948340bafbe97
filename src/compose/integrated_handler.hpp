#pragma once
// The handler that joins the two repositories at run time: `app` of main.py behind Mangum.

#include <string>
#include <vector>

namespace tandem::compose {

/// Source of integrated_api_handler.py. Deterministic. When `main` or Mangum cannot be imported the first of `fallbacks`
/// that can serves instead and says so: header x-tandem-fallback, "fallback": true in the body of /health, the reason on
/// standard error. Otherwise every response carries x-tandem-handler.
std::string integrated_handler_source(const std::vector<std::string>& fallbacks);

}  // namespace tandem::compose
