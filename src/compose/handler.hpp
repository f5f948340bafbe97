#pragma once
// Which handler serves: the first of the chain that can, and why not those before it. Pure.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "record/bundle.hpp"

namespace tandem::compose {

/// The one that serves the synchronised application. Of Python it is generated rather than found.
inline constexpr auto integrated = "integrated_api_handler";

/// Python handlers are modules; native ones are shared objects that `bootstrap` loads.
enum class HandlerKind { Python, Native };
std::string file_of(const std::string& handler, HandlerKind kind);   ///< "api_handler.py", "api_handler.so"

/// What became of a handler: HandlerChoice::state.
namespace state {
inline constexpr auto chosen = "chosen";
inline constexpr auto stands_by = "stands by";     ///< serves when those before it cannot be loaded at run time
inline constexpr auto rejected = "rejected";       ///< it is there and does not work
inline constexpr auto absent = "absent";
}  // namespace state

/// What the choice rests on.
struct HandlerFacts {
  std::vector<std::string> chain;            ///< by priority: configuration's handlers
  std::set<std::string> files;               ///< names in the function's folder
  std::optional<std::string> proven_sync;    ///< "sync-01ab of api 4f2c91ab", when detection has proven one
  HandlerKind kind = HandlerKind::Python;
};

struct HandlerDecision {
  std::string handler;
  bool is_generated = false;
  std::vector<HandlerChoice> choices;        ///< every handler of the chain, with the reason
};

/// Errors: Invalid (TD0401) when no handler of the chain can serve; names each and why.
Result<HandlerDecision> choose_handler(const HandlerFacts& facts);

}  // namespace tandem::compose
