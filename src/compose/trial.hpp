#pragma once
// A handler is loaded and asked once, away from the network, before anybody deploys it.

#include <filesystem>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "compose/python.hpp"

namespace tandem::compose {

/// Untrusted code of the application runs here. Required: an Unavailable error where no sandbox can be had.
enum class Isolation { Required, IfAvailable };

struct TrialRequest {
  std::filesystem::path folder;                        ///< the bundle's files
  std::string handler;                                 ///< "integrated_api_handler"
  std::string runtime = "python3.11";
  std::map<std::string, std::string> environment{};    ///< what the function will have
  std::vector<std::string> hidden_values{};            ///< of it: never shown in an error
  std::filesystem::path runtime_packages{};            ///< what the runtime itself brings (boto3); empty = nothing
  std::set<std::string> own_files{};                   ///< of the repositories, to tell them from packages in a traceback
  std::stop_token stop{};
};

/// What came back from GET /health.
struct TrialAnswer {
  int status = 0;
  std::string function;                                ///< "lambda_handler" or "handler"; of a native handler nothing
  bool was_isolated = false;
};

/// What trials run on, found once for all handlers of a chain.
struct TrialGround {
  Interpreter python;          ///< the function's own, or what drives a native one
  bool is_isolated = false;
};
/// Errors: Missing python (TD0402), Unavailable sandbox (TD0406).
Result<TrialGround> find_ground(const std::string& runtime, Isolation isolation);

/// Imports a Python handler, or starts a native bootstrap against a Runtime API inside the sandbox; then GET /health.
/// Errors: Invalid with the place in the bundle: TD0404 cannot be loaded (or serves only by falling back), TD0405 loads but
/// fails on GET /health. TimedOut after 30 s.
Result<TrialAnswer> try_handler(const TrialRequest& request, const TrialGround& ground);

/// "provided.al2023": the bundle brings its own `bootstrap`.
bool is_native(std::string_view runtime);

}  // namespace tandem::compose
