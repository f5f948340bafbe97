#pragma once
// A signed delivery of a forge -> what it tells of. Nothing in it is believed but that somebody should look.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "record/pull_request.hpp"

namespace tandem::event {

struct Delivery {
  enum class Kind { Ping, Push, PullRequest, Other };
  Kind kind{};
  std::string id;        ///< the forge's own; for the log
  std::string event;     ///< as the forge calls it
  std::string branch;    ///< of a push: short name; empty for a tag
  std::string actor;     ///< of a push or pull request: who the forge says it was
  std::optional<PullRequest> pull_request{};   ///< as it stands now; `repository` and `head` are for whoever looks
};

/// Which way a delivery proves where it comes from:
///   GitHub, Gitea, Forgejo   X-Hub-Signature-256: sha256=<hex HMAC-SHA256 of the body>   (GitHub: "Validating webhook deliveries")
///   GitLab                   X-Gitlab-Token: the secret itself                           (GitLab: "Webhooks", secret token)
///   Standard Webhooks        webhook-id, -timestamp, -signature: "v1,<base64 HMAC-SHA256 of id.timestamp.body>", at most five
///                            minutes old; the body {"type": "push", "data": {"ref": ..., "actor": ...}}
/// Pull requests are understood as GitHub, Gitea and Forgejo tell of them, merge requests as GitLab does.
/// Any of the secrets may have made it, so that one can be replaced while deliveries go on. The signature is checked over the
/// bytes as they came and before anything of them is read.
/// Errors: Denied (TD0151: no signature, a wrong one, an old one), Invalid (TD0152: signed, but not to be understood).
Result<Delivery> read_delivery(const Headers& headers, std::string_view body, const std::vector<std::string>& secrets, Instant now);

}  // namespace tandem::event
