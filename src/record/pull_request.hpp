#pragma once
// A wish to take one branch into another, with its number and where it stands.

#include <string>

#include "base/id.hpp"
#include "base/json.hpp"

namespace tandem {

enum class PullRequestStatus { Open, Draft, Closed, Merged };
std::string_view word(PullRequestStatus status);   ///< OPEN, DRAFT, CLOSED, MERGED

struct PullRequest {
  std::string repository;      ///< name in tandem.yaml
  std::int64_t number = 0;     ///< 1, 2, 3 ... in each repository
  std::string source;          ///< branch with the change
  std::string destination;     ///< branch it wants to go into
  std::string from;            ///< another repository's URL where the source lies; empty: this one
  std::string title;
  std::string author;
  PullRequestStatus status = PullRequestStatus::Open;
  CommitId head;               ///< newest commit of the source that was looked at
  std::string kept_at{};       ///< the ref at which a forge keeps its head, where that is not refs/pull/<number>/head
  bool operator==(const PullRequest&) const = default;

  bool is_open() const { return status == PullRequestStatus::Open || status == PullRequestStatus::Draft; }
  bool is_foreign() const { return !from.empty(); }
  std::string head_ref() const;   ///< refs/pull/7/head, or where the forge has it, in the repository
  std::string name() const;       ///< app#7
};
json::value to_json(const PullRequest& request);
Result<PullRequest> pull_request_from_json(const json::value& value);

}  // namespace tandem
