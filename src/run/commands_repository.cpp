// explain-trigger

#include "base/text.hpp"
#include "run/commands.hpp"
#include "run/trigger_explanation.hpp"

namespace tandem::run {
namespace {

/// The definitions of a branch of the configured pair; none when there is no such branch.
Result<Definitions> definitions_of(Workshop& shop, RepositoryConfiguration repository, const std::string& branch) {
  repository.branch = branch;
  const auto tip = shop.tip(repository);
  if (!tip) return tip.error();
  const auto store = TRY(shop.objects());
  return definitions_at(store, *tip);
}

Result<Answer> explain_trigger_command(Office& office, const json::object& arguments) {
  auto& shop = office.shop();
  auto asked = arguments;
  asked.erase("actor");
  auto question = TRY(question_from(asked, shop.clock.now()));
  const auto found = question.repository.empty() ? shop.repository(Role::Application) : shop.repository(question.repository);
  if (!found) return found.error();
  const auto& repository = *found;
  question.repository = repository.name;
  if (question.branch.empty()) question.branch = repository.branch;
  {
    const auto lock = TRY(shop.pair.lock(std::chrono::minutes{2}));
    TRY(shop.pair.fetch(repository));
  }
  const auto here = TRY(definitions_of(shop, repository, question.branch));
  Definitions elsewhere;
  std::vector<std::string> notes;
  if (question.event == EventKind::PullRequest) {
    auto there = definitions_of(shop, repository, question.destination);
    if (there) elsewhere = std::move(*there);
    else if (there.error().fault == Fault::Missing) notes.push_back(fmt::format("there is no branch {} here", question.destination));
    else return there.error();
  }
  return explain(question, here, elsewhere, office.dispatcher().known(), std::move(notes));
}

}  // namespace

CommandBody find_repository_command(std::string_view name) {
  if (name == "explain-trigger") return explain_trigger_command;
  return nullptr;
}

}  // namespace tandem::run
