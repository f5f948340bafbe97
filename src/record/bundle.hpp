#pragma once
// The deployable function package.

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem {

/// A handler that was looked at, in order of priority, and what became of it.
struct HandlerChoice {
  std::string handler;      ///< "integrated_api_handler"
  bool chosen = false;
  std::string reason;       ///< "proven sync of 4f2c91ab", "no file enhanced_api_handler.py", "import failed: ..."
  std::string state{};      ///< "chosen", "stands by", "rejected", "absent", "not needed"
  std::optional<Place> place{};   ///< where the reason lies, if in a file
  bool operator==(const HandlerChoice&) const = default;
};

struct Bundle {
  Digest digest;                          ///< of the folder's files
  std::string folder;                     ///< where the files lie on this machine (content-addressed, read only)
  std::string handler;                    ///< "integrated_api_handler"
  std::string entry_point;                ///< what the template's Handler must be: "integrated_api_handler.lambda_handler"
  std::string runtime;                    ///< "python3.11"
  Digest requirements;                    ///< of the lock
  std::vector<std::string> packages{};    ///< "name==version", sorted
  std::vector<HandlerChoice> choices{};
  std::vector<std::string> notes{};       ///< what people should know: a rejected fallback, repaired packages
  bool operator==(const Bundle&) const = default;
};

json::value to_json(const HandlerChoice& choice);
json::value to_json(const Bundle& bundle);
Result<Bundle> bundle_from_json(const json::value& value);

}  // namespace tandem
