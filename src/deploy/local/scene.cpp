#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/scene_apis.hpp"
#include "deploy/local/scene_json.hpp"
#include "deploy/local/scene_of.hpp"

namespace tandem::deploy::local {
namespace {

Done add_functions(const World& world, Scene& scene) {
  for (const auto* type : {"AWS::Lambda::Function", "AWS::Lambda::Version"})
    for (const auto& [stack, record] : world.of_type(type)) {
      if (record->details.contains("provider")) continue;
      auto function = TRY(function_from_json(record->details), "showing {} {}/{}", type, stack,
                          record->logical_id);
      scene.functions.push_back(std::move(function));
    }
  // Concurrency is reserved for a function; its versions follow, also those that were published
  // before.
  for (auto& function : scene.functions) {
    const auto latest = std::ranges::find_if(scene.functions, [&](const Function& other) {
      return other.name == function.name && other.version == "$LATEST";
    });
    if (latest != scene.functions.end())
      function.reserved_concurrency = latest->reserved_concurrency;
  }
  return done();
}

void add_aliases(const World& world, Scene& scene) {
  for (const auto& [stack, record] : world.of_type("AWS::Lambda::Alias")) {
    Alias alias{text_at(record->details, "name"), text_at(record->details, "function"),
                text_at(record->details, "version")};
    for (const auto& [version, share] : record->details.at("weights").as_object())
      alias.weights[std::string(version)] = share.to_number<double>();
    scene.aliases.push_back(std::move(alias));
  }
}

void add_permissions(const World& world, Scene& scene) {
  for (const auto& [stack, record] : world.of_type("AWS::Lambda::Permission"))
    if (text_at(record->details, "invokes") == "true")
      scene.permissions.push_back({text_at(record->details, "function"),
                                   text_at(record->details, "principal"),
                                   text_at(record->details, "source_arn")});
}

const json::value* policy_of(const World& world, const std::string& bucket) {
  for (const auto& [stack, record] : world.of_type("AWS::S3::BucketPolicy"))
    if (record->physical_id == bucket) return record->properties.if_contains("PolicyDocument");
  return nullptr;
}

bool readable(const World& world, const std::string& bucket, const std::string& distribution_arn) {
  const auto* policy = policy_of(world, bucket);
  return policy != nullptr && lets_read(*policy, bucket, distribution_arn);
}

std::vector<ErrorResponse> errors_of(const json::object& config) {
  std::vector<ErrorResponse> errors;
  const auto* list = config.if_contains("CustomErrorResponses");
  if (list == nullptr || !list->is_array()) return errors;
  for (const auto& member : list->as_array()) {
    if (!member.is_object()) continue;
    const auto status = std::atoi(text_at(member.as_object(), "ErrorCode", "0").c_str());
    const auto response = std::atoi(text_at(member.as_object(), "ResponseCode", "0").c_str());
    errors.push_back({status, response == 0 ? status : response,
                      text_at(member.as_object(), "ResponsePagePath")});
  }
  return errors;
}

/// Whether the default behaviour's origin is reached with an access control, i.e. as the
/// distribution itself.
bool signs(const json::object& config, const std::string& host) {
  const auto* origins = config.if_contains("Origins");
  if (origins == nullptr || !origins->is_array()) return false;
  return std::ranges::any_of(origins->as_array(), [&](const json::value& origin) {
    return origin.is_object() && text_at(origin.as_object(), "DomainName") == host &&
           !text_at(origin.as_object(), "OriginAccessControlId").empty();
  });
}

void add_distributions(const World& world, const std::string& account, Scene& scene) {
  for (const auto& [stack, record] : world.of_type("AWS::CloudFront::Distribution")) {
    const auto& config = record->properties.at("DistributionConfig").as_object();
    const auto host = text_at(record->details, "origin");
    Site site;
    site.id = record->physical_id;
    site.stack = stack;
    site.logical_id = record->logical_id;
    site.domain = text_at(record->attributes, "DomainName");
    site.bucket = text_at(record->details, "bucket");
    site.root_object = text_at(config, "DefaultRootObject");
    site.errors = errors_of(config);
    const auto arn = fmt::format("arn:aws:cloudfront::{}:distribution/{}", account, site.id);
    site.readable = readable(world, site.bucket, signs(config, host) ? arn : "");
    const auto* behaviour = config.if_contains("DefaultCacheBehavior");
    site.compress = behaviour != nullptr && behaviour->is_object() &&
                    text_at(behaviour->as_object(), "Compress") == "true";
    scene.sites.push_back(std::move(site));
  }
}

/// A bucket with a website configuration and no distribution before it answers at its own website
/// address.
void add_websites(const World& world, Scene& scene) {
  for (const auto& [stack, record] : world.of_type("AWS::S3::Bucket")) {
    const auto* website = record->properties.if_contains("WebsiteConfiguration");
    if (website == nullptr || !website->is_object()) continue;
    if (std::ranges::find(scene.sites, record->physical_id, &Site::bucket) != scene.sites.end())
      continue;
    Site site;
    site.id = record->physical_id;
    site.stack = stack;
    site.logical_id = record->logical_id;
    site.domain = text_at(record->details, "website_domain");
    site.bucket = record->physical_id;
    site.root_object = text_at(website->as_object(), "IndexDocument");
    const auto page = text_at(website->as_object(), "ErrorDocument");
    if (!page.empty()) site.errors = {{404, 404, "/" + page}, {403, 403, "/" + page}};
    site.readable = readable(world, site.bucket, "");
    scene.sites.push_back(std::move(site));
  }
}

/// Stacks may name an account of their own; it stands in their ARN.
std::string account_of(const World& world) {
  for (const auto& stack : world.stacks) {
    const auto parts = split(stack.id, ':');
    if (parts.size() > 4) return parts[4];
  }
  return "000000000000";
}

}  // namespace

Result<Scene> scene_of(const World& world) {
  Scene scene;
  TRY(add_functions(world, scene));
  add_aliases(world, scene);
  add_permissions(world, scene);
  TRY(add_rest_apis(world, scene));
  TRY(add_http_apis(world, scene));
  scene.buckets = world.buckets;
  add_distributions(world, account_of(world), scene);
  add_websites(world, scene);
  return scene;
}

}  // namespace tandem::deploy::local
