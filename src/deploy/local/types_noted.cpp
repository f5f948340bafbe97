// Types without local meaning: recorded with their names and attributes, and listed in every plan.
#include "deploy/local/resource_type.hpp"

namespace tandem::deploy::local {
namespace {

/// The name that the template gives, or a generated one.
Result<Made> record(const Wanted& wanted, Workbench& bench, std::string_view property,
                    size_t limit = 128) {
  const auto name = bench.name(wanted, property, limit);
  return Made{name, name, {{"Id", name}}, {}};
}

Result<Made> make_role(const Wanted& wanted, Workbench& bench) {
  const auto name = bench.name(wanted, "RoleName", 64);
  return Made{name,
              name,
              {{"Arn", fmt::format("arn:aws:iam::{}:role/{}", bench.account, name)},
               {"RoleId", "AROA" + bench.letters(wanted, 17)}},
              {}};
}

Result<Made> make_managed_policy(const Wanted& wanted, Workbench& bench) {
  const auto arn = wanted.old != nullptr
                       ? wanted.old->physical_id
                       : fmt::format("arn:aws:iam::{}:policy/{}", bench.account,
                                     bench.name(wanted, "ManagedPolicyName", 128));
  return Made{arn, arn, {{"PolicyArn", arn}}, {}};
}

Result<Made> make_inline_policy(const Wanted& wanted, Workbench& bench) {
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.letters(wanted, 20);
  return Made{id, id, {{"Id", id}}, {}};
}

Result<Made> make_alarm(const Wanted& wanted, Workbench& bench) {
  auto made = TRY(record(wanted, bench, "AlarmName", 255));
  made.attributes = {{"Arn", bench.arn("cloudwatch", "alarm:" + made.physical_id)}};
  return made;
}

Result<Made> make_dashboard(const Wanted& wanted, Workbench& bench) {
  return record(wanted, bench, "DashboardName", 255);
}

Result<Made> make_edge_function(const Wanted& wanted, Workbench& bench) {
  const auto name = bench.name(wanted, "Name", 64);
  const auto arn = fmt::format("arn:aws:cloudfront::{}:function/{}", bench.account, name);
  return Made{arn, arn, {{"FunctionARN", arn}, {"Stage", "DEVELOPMENT"}}, {}};
}

/// Ref and the attributes CloudFormation gives for it are one generated id.
Result<Made> make_plain(const Wanted& wanted, Workbench& bench) {
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.small_letters(wanted, 10);
  return Made{
      id, id, {{"Id", id}, {"APIKeyId", id}, {"AuthorizerId", id}, {"RequestValidatorId", id}}, {}};
}

ResourceType noted(std::string_view name, Result<Made> (*make)(const Wanted&, Workbench&),
                   std::vector<std::string_view> replacing = {}) {
  return {.name = name,
          .standing = Standing::Noted,
          .replacing = std::move(replacing),
          .honoured = {"*"},
          .make = make};
}

}  // namespace

const std::vector<ResourceType>& noted_types() {
  static const std::vector<ResourceType> types{
      noted("AWS::IAM::Role", make_role, {"RoleName", "Path"}),
      noted("AWS::IAM::Policy", make_inline_policy),
      noted("AWS::IAM::ManagedPolicy", make_managed_policy,
            {"ManagedPolicyName", "Path", "Description"}),
      noted("AWS::CloudWatch::Alarm", make_alarm, {"AlarmName"}),
      noted("AWS::CloudWatch::Dashboard", make_dashboard, {"DashboardName"}),
      noted("AWS::CloudFront::Function", make_edge_function, {"Name"}),
      noted("AWS::CloudFront::CachePolicy", make_plain),
      noted("AWS::CloudFront::OriginRequestPolicy", make_plain),
      noted("AWS::CloudFront::ResponseHeadersPolicy", make_plain),
      noted("AWS::ApiGateway::Account", make_plain),
      noted("AWS::ApiGateway::ApiKey", make_plain),
      noted("AWS::ApiGateway::Authorizer", make_plain, {"RestApiId"}),
      noted("AWS::ApiGateway::GatewayResponse", make_plain),
      noted("AWS::ApiGateway::Model", make_plain, {"Name", "RestApiId"}),
      noted("AWS::ApiGateway::RequestValidator", make_plain, {"Name", "RestApiId"}),
      noted("AWS::ApiGateway::UsagePlan", make_plain),
      noted("AWS::ApiGateway::UsagePlanKey", make_plain),
      noted("AWS::ApiGatewayV2::Authorizer", make_plain, {"ApiId"}),
      noted("AWS::CodeDeploy::Application", make_plain, {"ApplicationName"}),
      noted("AWS::CodeDeploy::DeploymentGroup", make_plain),
      noted("Custom::LogRetention", make_plain),
      {.name = "AWS::CDK::Metadata",
       .standing = Standing::Ignored,
       .honoured = {"*"},
       .make = make_plain},
  };
  return types;
}

}  // namespace tandem::deploy::local
