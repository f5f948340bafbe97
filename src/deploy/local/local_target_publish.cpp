// Files put into a bucket between deployments.
#include "base/text.hpp"
#include "deploy/local/fingerprint.hpp"
#include "deploy/local/scene_of.hpp"
#include "deploy/local/target_on_this_machine.hpp"

namespace tandem::deploy::local {
namespace {

constexpr auto live_view = "live";

Result<std::string> physical_bucket(const std::string& name, const World& world) {
  std::vector<std::string> known;
  for (const auto& [stack, record] : world.of_type("AWS::S3::Bucket")) {
    if (record->physical_id == name || record->logical_id == name) return record->physical_id;
    known.push_back(record->physical_id);
  }
  return failure(Fault::Missing, "no bucket {}", name)
      .with_next(known.empty() ? "No stack has made one." : "There is " + join(known, ", ") + ".");
}

}  // namespace

Result<Deployment> LocalTarget::publish(const PublishRequest& request) {
  const auto held = TRY(claim(fmt::format("publishing to {}", request.bucket)));
  auto published = TRY(publish_claimed(request), "publishing to {}", request.bucket);
  return published;
}

/// The record comes first: a crash before it is shown leaves what the next start shows.
Result<Deployment> LocalTarget::publish_claimed(const PublishRequest& request) {
  const auto candidates = TRY(store_->in_state(WorldState::Candidate));
  const bool to_candidate = std::ranges::find(candidates, request.candidate) != candidates.end();
  // A candidate was made from the buckets as they were: its promotion would take these files away again.
  if (!to_candidate && !candidates.empty())
    return failure(Fault::Conflict, "deployment {} is a candidate already",
                   candidates.front().value)
        .with_next("Publish when it is promoted or abandoned.");
  auto stored = TRY(to_candidate ? store_->find(request.candidate) : store_->live());
  if (!stored) return failure(Fault::Missing, "nothing is deployed");
  const auto bucket = TRY(physical_bucket(request.bucket, stored->world));
  const auto fresh = TRY(content_.site({{{request.folder, Packaging::Folder}, request.prefix}}));
  std::vector<std::string> layers{fresh.folder};
  if (const auto before = stored->world.buckets.find(bucket);
      before != stored->world.buckets.end())
    layers.insert(layers.begin(), before->second);
  const auto whole = TRY(content_.merged(layers));
  stored->world.buckets[bucket] = whole.folder;
  TRY(store_->save(*stored));
  const auto scene = TRY(scene_of(stored->world));
  TRY(serving_.show(to_candidate ? request.candidate.value : live_view, scene), "showing it");
  if (!to_candidate) {
    const auto shown = TRY(serving_.showing(live_view), "asking what serves");
    stored->deployment.fingerprint = TRY(fingerprint_of(shown, stored->world, tables_));
    TRY(store_->save(*stored));
  }
  TRY(collect_folders());
  return stored->deployment;
}

}  // namespace tandem::deploy::local
