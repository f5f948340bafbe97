#include "compose/handler.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tandem::compose {
namespace {

struct Judgement {
  bool can_serve = false;
  std::string reason;
};

Judgement judge_integrated(const HandlerFacts& facts) {
  if (!facts.proven_sync) return {false, "no proven sync of the application"};
  const bool is_there = facts.files.contains(file_of(integrated, facts.kind));
  if (facts.kind == HandlerKind::Native) {
    if (!is_there) return {false, fmt::format("no file {}", file_of(integrated, facts.kind))};
    return {true, fmt::format("proven {}", *facts.proven_sync)};
  }
  if (!facts.files.contains("main.py")) return {false, "no file main.py"};
  return {true, fmt::format("proven {}{}", *facts.proven_sync, is_there ? "; replaces the file of that name" : "")};
}

Judgement judge(const std::string& handler, const HandlerFacts& facts) {
  if (handler == integrated) return judge_integrated(facts);
  const auto file = file_of(handler, facts.kind);
  if (!facts.files.contains(file)) return {false, fmt::format("no file {}", file)};
  return {true, "first of the chain that is there"};
}

bool is_module_name(const std::string& name) {
  const auto is_plain = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && std::ranges::all_of(name, is_plain) && !(name[0] >= '0' && name[0] <= '9');
}

}  // namespace

std::string file_of(const std::string& handler, HandlerKind kind) { return handler + (kind == HandlerKind::Python ? ".py" : ".so"); }

Result<HandlerDecision> choose_handler(const HandlerFacts& facts) {
  HandlerDecision out;
  for (const auto& handler : facts.chain) {
    if (!is_module_name(handler))
      return failure(Fault::Invalid, "'{}' is no name of a module", handler).with_code("TD0401").with_next("mend compose.handlers in tandem.yaml");
    const auto [can_serve, reason] = judge(handler, facts);
    if (!can_serve) {
      out.choices.push_back({handler, false, reason, state::absent});
    } else if (out.handler.empty()) {
      out.handler = handler;
      out.choices.push_back({handler, true, reason, state::chosen});
    } else {
      out.choices.push_back({handler, false, fmt::format("{} comes first", out.handler), state::stands_by});
    }
  }
  if (out.handler.empty()) {
    std::vector<std::string> reasons;
    for (const auto& choice : out.choices) reasons.push_back(choice.handler + ": " + choice.reason);
    return failure(Fault::Invalid, "no handler can serve ({})", join(reasons, "; "))
        .with_code("TD0401")
        .with_next("sync the application, or put one of these files into the function's folder");
  }
  out.is_generated = out.handler == integrated && facts.kind == HandlerKind::Python;
  return out;
}

}  // namespace tandem::compose
