// Buckets, their policies and contents, distributions.
#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/resource_type.hpp"

namespace tandem::deploy::local {
namespace {

/// General purpose buckets: 3 to 63 small letters, digits, dots and hyphens, a letter or digit at both
/// ends, no two dots in a row, not shaped like an IP address (S3 user guide, "Bucket naming rules").
bool is_bucket_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool letters = std::ranges::all_of(name, [&](char c) { return is_plain(c) || c == '.' || c == '-'; });
  const bool address = std::ranges::count(name, '.') == 3 &&
                       std::ranges::all_of(name, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return name.size() >= 3 && name.size() <= 63 && letters && is_plain(name.front()) &&
         is_plain(name.back()) && name.find("..") == name.npos && !address;
}

Result<Made> make_bucket(const Wanted& wanted, Workbench& bench) {
  const auto fixed = text_at(wanted.properties, "BucketName");
  if (!fixed.empty() && !is_bucket_name(fixed))
    return failure(Fault::Invalid,
                   "{} is no bucket name: 3 to 63 small letters, digits, dots and hyphens", fixed);
  const auto name = lower(bench.name(wanted, "BucketName", 63));
  const auto site = fmt::format("{}.s3-website-{}.amazonaws.com", name, bench.region);
  return Made{
      name,
      name,
      {{"Arn", "arn:aws:s3:::" + name},
       {"DomainName", name + ".s3.amazonaws.com"},
       {"RegionalDomainName", fmt::format("{}.s3.{}.amazonaws.com", name, bench.region)},
       {"DualStackDomainName", fmt::format("{}.s3.dualstack.{}.amazonaws.com", name, bench.region)},
       {"WebsiteURL", "http://" + site}},
      {{"website_domain", site}}};
}

Result<Made> make_bucket_policy(const Wanted& wanted, Workbench& bench) {
  const auto bucket = text_at(wanted.properties, "Bucket");
  if (bench.world.find("AWS::S3::Bucket", bucket) == nullptr)
    return failure(Fault::Invalid, "Bucket names {}, which is no bucket of these stacks", bucket);
  return Made{bucket, bucket, {}, {}};
}

Result<Made> make_distribution(const Wanted& wanted, Workbench& bench) {
  const auto* config = wanted.properties.if_contains("DistributionConfig");
  if (config == nullptr || !config->is_object())
    return failure(Fault::Invalid, "DistributionConfig is missing");
  Fields fields(*config, "DistributionConfig");
  const auto behaviour = fields.object("DefaultCacheBehavior");
  const auto target = text_at(behaviour, "TargetOriginId");
  std::string host;
  for (const auto& origin : fields.list("Origins"))
    if (origin.is_object() && text_at(origin.as_object(), "Id") == target)
      host = text_at(origin.as_object(), "DomainName");
  TRY(fields.finish());
  if (host.empty())
    return failure(Fault::Invalid, "DefaultCacheBehavior names the origin {}, which is not there",
                   target);
  std::string bucket;
  for (const auto& [stack, record] : bench.world.of_type("AWS::S3::Bucket"))
    for (const auto* attribute : {"DomainName", "RegionalDomainName", "DualStackDomainName"})
      if (text_at(record->attributes, attribute) == host) bucket = record->physical_id;
  for (const auto& [stack, record] : bench.world.of_type("AWS::S3::Bucket"))
    if (text_at(record->details, "website_domain") == host) bucket = record->physical_id;
  if (bucket.empty())
    return failure(Fault::Invalid,
                   "the origin {} is no bucket of these stacks; other origins are not run here",
                   host);
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : "E" + bench.letters(wanted, 13);
  const auto domain = wanted.old != nullptr
                          ? text_at(wanted.old->attributes, "DomainName")
                          : "d" + bench.small_letters(wanted, 13) + ".cloudfront.net";
  return Made{id, id, {{"Id", id}, {"DomainName", domain}}, {{"bucket", bucket}, {"origin", host}}};
}

Result<Made> make_access_control(const Wanted& wanted, Workbench& bench) {
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : "E" + bench.letters(wanted, 13);
  return Made{id, id, {{"Id", id}}, {}};
}

/// A value as it stands between the quotes of a JSON text.
std::string escaped(const std::string& text) {
  const auto quoted = json::serialize(json::string(text));
  return quoted.substr(1, quoted.size() - 2);
}

/// SourceMarkers[i]: texts that replace markers in the files of source i (how CDK carries late
/// values into a site).
Result<std::map<std::string, std::string>> markers_of(const json::array& markers,
                                                      const json::array& configurations, size_t i) {
  std::map<std::string, std::string> texts;
  if (i >= markers.size() || !markers[i].is_object()) return texts;
  const bool escape = i < configurations.size() && configurations[i].is_object() &&
                      text_at(configurations[i].as_object(), "jsonEscape") == "true";
  for (const auto& [marker, value] : markers[i].as_object()) {
    const auto text = scalar_text(value);
    if (!text) return failure(Fault::Invalid, "SourceMarkers has a value that is no text");
    texts[std::string(marker)] = escape ? escaped(*text) : *text;
  }
  return texts;
}

/// CDK's own resource that unpacks assets into a bucket, done here instead of by its function.
Result<Made> deploy_to_bucket(const Wanted& wanted, Workbench& bench) {
  const json::value value(wanted.properties);
  Fields fields(value, "the bucket deployment");
  const auto bucket = fields.string("DestinationBucketName");
  const auto prefix = fields.string_or("DestinationBucketKeyPrefix", "");
  const auto keys = fields.strings("SourceObjectKeys");
  const auto markers = fields.list("SourceMarkers");
  const auto configurations = fields.list("SourceMarkersConfig");
  TRY(fields.finish());
  if (text_at(wanted.properties, "Extract", "true") != "true")
    return failure(Fault::Invalid, "Extract: false is not run here");
  for (const auto* filter : {"Exclude", "Include"})
    if (wanted.properties.contains(filter))
      return failure(Fault::Invalid, "{}: filters of a bucket deployment are not run here", filter);
  if (bench.world.find("AWS::S3::Bucket", bucket) == nullptr)
    return failure(Fault::Invalid,
                   "DestinationBucketName names {}, which is no bucket of these stacks", bucket);
  std::vector<SitePart> parts;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto asset = bench.assembly.assets.find(keys[i]);
    if (asset == bench.assembly.assets.end())
      return failure(Fault::Invalid,
                     "SourceObjectKeys names {}, which no asset manifest of this assembly has",
                     keys[i]);
    auto texts = TRY(markers_of(markers, configurations, i));
    parts.push_back({asset->second, prefix, std::move(texts)});
  }
  const auto content = TRY(bench.outside.site(parts));
  const bool prune = text_at(wanted.properties, "Prune", "true") == "true";
  const auto id = wanted.old != nullptr ? wanted.old->physical_id
                                        : "aws.cdk.s3deployment." + bench.small_letters(wanted, 24);
  return Made{
      id,
      id,
      {{"DestinationBucketArn", "arn:aws:s3:::" + bucket}, {"SourceObjectKeys", json_of(keys)}},
      {{"bucket", bucket}, {"folder", content.folder}, {"prune", prune}}};
}

Result<Made> empty_on_deletion(const Wanted& wanted, Workbench& bench) {
  const auto bucket = text_at(wanted.properties, "BucketName");
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.small_letters(wanted, 24);
  return Made{id, id, {}, {{"bucket", bucket}}};
}

}  // namespace

const std::vector<ResourceType>& site_types() {
  static const std::vector<ResourceType> types{
      {.name = "AWS::S3::Bucket",
       .replacing = {"BucketName"},
       .honoured = {"BucketName", "WebsiteConfiguration.IndexDocument",
                    "WebsiteConfiguration.ErrorDocument"},
       .name_property = "BucketName",
       .keeps_data = true,
       .make = make_bucket},
      {.name = "AWS::S3::BucketPolicy",
       .replacing = {"Bucket"},
       .honoured = {"Bucket", "PolicyDocument"},
       .make = make_bucket_policy},
      {.name = "AWS::CloudFront::Distribution",
       .honoured = {"DistributionConfig.DefaultRootObject",
                    "DistributionConfig.CustomErrorResponses.ErrorCode",
                    "DistributionConfig.CustomErrorResponses.ResponseCode",
                    "DistributionConfig.CustomErrorResponses.ResponsePagePath",
                    "DistributionConfig.DefaultCacheBehavior.TargetOriginId",
                    "DistributionConfig.DefaultCacheBehavior.Compress",
                    "DistributionConfig.Origins.Id", "DistributionConfig.Origins.DomainName",
                    "DistributionConfig.Origins.OriginAccessControlId",
                    "DistributionConfig.Origins.S3OriginConfig",
                    "DistributionConfig.Origins.CustomOriginConfig", "DistributionConfig.Enabled"},
       .make = make_distribution},
      {.name = "AWS::CloudFront::OriginAccessControl",
       .honoured = {"*"},
       .make = make_access_control},
      {.name = "Custom::CDKBucketDeployment",
       .replacing = {"DestinationBucketName"},
       .honoured = {"SourceBucketNames", "SourceObjectKeys", "SourceMarkers", "SourceMarkersConfig",
                    "DestinationBucketName", "DestinationBucketKeyPrefix", "Prune", "Extract",
                    "OutputObjectKeys", "DistributionId", "DistributionPaths",
                    "WaitForDistributionInvalidation", "DestinationBucketArn", "RetainOnDelete"},
       .make = deploy_to_bucket},
      {.name = "Custom::S3AutoDeleteObjects",
       .replacing = {"BucketName"},
       .honoured = {"BucketName"},
       .make = empty_on_deletion},
  };
  return types;
}

}  // namespace tandem::deploy::local
