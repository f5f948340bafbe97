#pragma once
// A composed handler is imported and asked once, away from the network, before anybody deploys it.

#include <filesystem>
#include <map>
#include <set>
#include <stop_token>
#include <string>

#include "base/result.hpp"

namespace tandem::compose {

/// Untrusted code of the application runs here. Required: an Unavailable error where no sandbox can be had.
enum class Isolation { Required, IfAvailable };

struct ImportRequest {
  std::filesystem::path folder;                        ///< the bundle's files
  std::string handler;                                 ///< "integrated_api_handler"
  std::string runtime = "python3.11";
  std::map<std::string, std::string> environment{};    ///< what the function will have
  std::set<std::string> own_files{};                   ///< of the repositories, to tell them from packages in a traceback
  Isolation isolation = Isolation::Required;
  std::stop_token stop{};
};

/// What came back from GET /health.
struct ImportAnswer {
  int status = 0;
  std::string function;                                ///< "lambda_handler" or "handler"
  bool was_isolated = false;
};

/// Errors: Invalid with the place in the bundle: TD0404 cannot be imported (or serves only by falling back), TD0405 imports but
/// fails on GET /health. TimedOut after 30 s, Missing python, Unavailable sandbox.
Result<ImportAnswer> check_import(const ImportRequest& request);

}  // namespace tandem::compose
