#include "compose/handler_trials.hpp"

#include <algorithm>

namespace tandem::compose {
namespace {

std::string answered(const TrialAnswer& answer) {
  return fmt::format("answered {} on GET /health{}", answer.status, answer.was_isolated ? "" : " (tried without a sandbox)");
}

void reject(HandlerChoice& choice, const Error& error) {
  choice.chosen = false;
  choice.state = state::rejected;
  choice.reason = error.what;
  choice.place = error.place;
}

/// What the handler itself is to blame for. Everything else ends the composition: it says nothing about the handler.
bool is_handlers_fault(const Error& error) { return error.code == "TD0404" || error.code == "TD0405"; }

Result<TrialAnswer> try_one(HandlerChoice& choice, TrialRequest request, const TrialGround& ground) {
  request.handler = choice.handler;
  auto answer = try_handler(request, ground);
  if (answer) choice.reason += "; " + answered(*answer);
  else if (is_handlers_fault(answer.error())) reject(choice, answer.error());
  return answer;
}

}  // namespace

Result<TrialAnswer> try_handlers(HandlerDecision& decision, const TrialRequest& common, const TrialGround& ground, const Prepare& prepare) {
  std::vector<std::string> chain{decision.handler};
  for (auto& choice : decision.choices) {
    if (choice.state != state::stands_by) continue;
    TRY(prepare({choice.handler}));
    auto answer = try_one(choice, common, ground);
    if (answer) chain.push_back(choice.handler);
    else if (!is_handlers_fault(answer.error())) return answer;
  }
  TRY(prepare(chain));
  const auto chosen = std::ranges::find(decision.choices, std::string_view(state::chosen), &HandlerChoice::state);
  return try_one(*chosen, common, ground);
}

}  // namespace tandem::compose
