#pragma once
// Deployment -> Proof: asks the deployed people API whether it keeps its contract, as a stranger would.

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "record/proof.hpp"

namespace tandem::verify {

/// Whom to log in as. Never written down.
struct Administrator {
  std::string email;
  std::string password;
};

struct VerifyRequest {
  std::string url;                                   ///< base of the API, stage included: http://127.0.0.1:8080/prod
  std::string site{};                                ///< address of the site; empty = there is none to look at
  std::vector<std::string> suites{};                 ///< of suite_names(); empty = all that can be run
  std::optional<Administrator> administrator{};
  CommitId application{};                            ///< what /health must say; empty = not compared
  ReleaseId release{};                               ///< the same
  std::string handler{};                             ///< the same; "integrated_api_handler"
  Duration budget{std::chrono::minutes{3}};          ///< cases that do not come to their turn are inconclusive
  Duration request_limit{std::chrono::seconds{30}};  ///< of one request
  Duration search_lag_max{std::chrono::seconds{2}};  ///< how long a new person may stay unfound (indexes follow writes)
  int performance_requests = 30;                     ///< of each kind, one after the other
  Duration p95_max{std::chrono::seconds{2}};
};

/// endpoints, crud, auth, search, errors, performance.
const std::vector<std::string>& suite_names();

/// Asks /health who serves (always), then runs the suites. The proof passes when every case does. People are created
/// under example.invalid only, and all of them are deleted again, whatever happened; who is left behind is a failed case.
///
/// Whose fault a failure is: application for a wrong answer; path for no answer, and for what only a gateway says (502,
/// 503, 504, an unknown route of the gateway); checker for what was asked for and could not be run; inconclusive for a
/// refused administrator, throttling and an exhausted budget. Without an administrator the suites that need one
/// (crud, auth, search and parts of others) are left out with a note, or failed when they were asked for by name.
///
/// Errors: Invalid for an unknown suite or an address that is none; Cancelled.
Result<Proof> verify(const VerifyRequest& request, std::stop_token stop = {});

}  // namespace tandem::verify
