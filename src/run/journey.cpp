#include "run/journey.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "run/masking.hpp"
#include "run/way_back.hpp"

namespace tandem::run {
namespace {

/// Valid by the format, but nothing of this program does it: said by name, never passed over.
Result<ActionOutcome> not_available(const Work& work) {
  return failure(Fault::Invalid, "{} is not available in this version of tandem", work.action.identifier)
      .with_code("E131")
      .at(work.action.place)
      .with_next("do it in the steps of an aws/build@v1 action, or take the action out");
}

/// What must not be seen of this action. A secret that cannot be read is missed by whoever needs it.
shell::Masker masker_for(Workshop& shop, const Action& action) {
  std::map<std::string, std::string> secrets;
  for (const auto& name : workflow::secrets_of(action))
    if (auto value = shop.secrets.find(name); value && *value) secrets[name] = std::move(**value);
  return shell::Masker(secrets);
}

}  // namespace

/// Event -> Workflow -> Run has happened when this is reached; the graph says which station comes when.
Result<ActionOutcome> Journey::travel(const Work& work) {
  const auto kind = split(work.action.identifier, '@').front();
  // application side
  if (kind == "aws/build" || kind == "aws/managed-test" || kind == "aws/github-actions-runner") return run_the_steps(work);
  if (kind == "tandem/scan") return scan(work);
  if (kind == "tandem/sync") return carry(work);
  if (kind == "tandem/start-workflow") return start_and_wait(work, start_);
  // infrastructure side
  if (kind == "tandem/detect-sync") return detect_sync(work);
  if (kind == "tandem/compose") return compose_bundle(work);
  if (kind == "tandem/contract") return keep_contract(work);
  if (kind == "tandem/deploy") return deploy_candidate(work);
  if (kind == "tandem/verify") return verify_candidate(work);
  if (kind == "tandem/promote") return promote(work);
  // both
  if (kind == "tandem/report") return report(work);
  if (kind == "tandem/rollback") return roll_back(work);
  // foreign actions that have a meaning here
  if (kind == "aws/cdk-deploy") return deploy_cdk_app(work);
  if (kind == "aws/cdk-bootstrap") return bootstrap(work);
  if (kind == "aws/cfn-deploy") return deploy_template(work);
  if (kind == "aws/lambda-invoke") return invoke_function(work);
  if (kind == "aws/s3-publish") return publish_to_bucket(work);
  return not_available(work);
}

ActionOutcome Journey::perform(const Run& run, const Action& action, int attempt, std::stop_token stop) {
  const auto masker = masker_for(shop_, action);
  const Work work{shop_, run, action, attempt, stop, &masker};
  auto outcome = travel(work);
  auto ended = masked(outcome ? std::move(*outcome) : ActionOutcome{.error = std::move(outcome.error())}, masker);
  if (!ended.succeeded && ended.error) work.say(text(*ended.error));
  return ended;
}

ActionOutcome Journey::wrap_up(const Run& run, std::stop_token stop) {
  // Whatever way its actions ended, nothing of a run stays behind.
  const auto cleared = tandem::remove_all(shop_.folders.workspaces() / run.id.value);
  auto outcome = go_back_and_report(shop_, run, stop);
  if (!cleared) outcome.notes.push_back(fmt::format("its workspace was left behind: {}", cleared.error().what));
  return outcome;
}

}  // namespace tandem::run
