#include "deploy/target.hpp"

namespace tandem::deploy {

std::string_view word(Effect effect) {
  switch (effect) {
    case Effect::Create:
      return "create";
    case Effect::Update:
      return "update";
    case Effect::Replace:
      return "replace";
    case Effect::Delete:
      return "delete";
    case Effect::Keep:
      return "keep";
  }
  throw Bug("unknown effect");
}

Result<Deployment> Target::publish(const PublishRequest& request) {
  return failure(Fault::Invalid, "this target cannot publish files to the bucket {}", request.bucket)
      .with_next("Let the CDK app fill it with a BucketDeployment.");
}

json::value to_json(const Plan& plan) {
  json::array changes;
  for (const auto& change : plan.changes)
    changes.push_back(json::object{{"stack", change.stack},
                                   {"logical_id", change.logical_id},
                                   {"type", change.type},
                                   {"effect", word(change.effect)},
                                   {"properties", json_of(change.properties)},
                                   {"loses_data", change.loses_data}});
  return json::object{{"changes", std::move(changes)}, {"noted", json_of(plan.noted)}};
}

}  // namespace tandem::deploy
