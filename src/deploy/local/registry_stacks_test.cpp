// Three small stacks in the shape that CDK gives the registry.
#include "base/text.hpp"
#include "deploy/local/stack_ground_test.hpp"

namespace tandem::deploy::local {
namespace {

constexpr auto data = R"json({
  "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}},
  "Rules": {"CheckBootstrapVersion": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "BootstrapVersion"}]}]},
    "AssertDescription": "bootstrap again"}]}},
  "Resources": {"People": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "email", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [{"IndexName": "email-index", "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
      "Projection": {"ProjectionType": "ALL"}}]}}},
  "Outputs": {"Name": {"Value": {"Ref": "People"}, "Export": {"Name": "Data:People"}}}
})json";

constexpr auto api = R"json({
  "Resources": {
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}},
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
    "Fn": {"Type": "AWS::Lambda::Function", "DependsOn": ["Role"], "Properties": {
      "Code": {"S3Bucket": {"Fn::Sub": "assets-${AWS::AccountId}"}, "S3Key": "@CODE@.zip"}, "Handler": "index.handler",
      "Runtime": "python3.11", "MemorySize": 256, "Timeout": 15, "Role": {"Fn::GetAtt": ["Role", "Arn"]},
      "LoggingConfig": {"LogGroup": {"Ref": "Logs"}},
      "Environment": {"Variables": {"TABLE_NAME": {"Fn::ImportValue": "Data:People"}}}}},
    "Version@CODE@": {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain", "Properties": {"FunctionName": {"Ref": "Fn"}}},
    "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Fn"}, "Name": "live",
      "FunctionVersion": {"Fn::GetAtt": ["Version@CODE@", "Version"]}}},
    "Rest": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "registry"}},
    "People": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Rest"}, "PathPart": "people",
      "ParentId": {"Fn::GetAtt": ["Rest", "RootResourceId"]}}},
    "PeopleGet": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Rest"}, "ResourceId": {"Ref": "People"},
      "HttpMethod": "GET", "AuthorizationType": "NONE", "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST",
        "Uri": {"Fn::Join": ["", ["arn:aws:apigateway:", {"Ref": "AWS::Region"}, ":lambda:path/2015-03-31/functions/", {"Ref": "Live"}, "/invocations"]]}}}},
    "PeopleOptions": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Rest"}, "ResourceId": {"Ref": "People"},
      "HttpMethod": "OPTIONS", "AuthorizationType": "NONE", "Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{ statusCode: 200 }"},
        "IntegrationResponses": [{"StatusCode": "204", "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"}}]}}},
    "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": ["PeopleGet", "PeopleOptions"], "Properties": {"RestApiId": {"Ref": "Rest"}}},
    "Prod": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Rest"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod",
      "MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100},
                         {"HttpMethod": "GET", "ResourcePath": "/~1people", "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 7}]}},
    "Allow": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Live"},
      "Principal": "apigateway.amazonaws.com", "SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Rest}/*"}}}
  },
  "Outputs": {"Url": {"Value": {"Fn::Sub": "https://${Rest}.execute-api.${AWS::Region}.amazonaws.com/${Prod}/"}}}
})json";

constexpr auto site = R"json({
  "Resources": {
    "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {}},
    "Access": {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {"OriginAccessControlConfig": {"Name": "a"}}},
    "Cdn": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"DefaultRootObject": "index.html", "Enabled": true,
      "CustomErrorResponses": [{"ErrorCode": 403, "ResponseCode": 200, "ResponsePagePath": "/index.html"}],
      "DefaultCacheBehavior": {"TargetOriginId": "o", "Compress": true, "ViewerProtocolPolicy": "redirect-to-https"},
      "Origins": [{"Id": "o", "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}, "OriginAccessControlId": {"Ref": "Access"}}]}}},
    "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": [
      {"Effect": "Deny", "Action": "s3:*", "Principal": {"AWS": "*"}, "Resource": [{"Fn::Sub": "${Bucket.Arn}/*"}], "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
      {"Effect": "Allow", "Action": "s3:GetObject", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
       "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Cdn}"}}}}]}}},
    "Unpack": {"Type": "Custom::CDKBucketDeployment", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]},
      "SourceObjectKeys": ["site.zip"], "DestinationBucketName": {"Ref": "Bucket"}, "Prune": true}},
    "Provider": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": "b", "S3Key": "provider.zip"}, "Handler": "index.handler",
      "Runtime": "python3.13", "Role": "r"}}
  },
  "Outputs": {"SiteUrl": {"Value": {"Fn::Sub": "https://${Cdn.DomainName}"}}}
})json";

}  // namespace

std::vector<TestStack> registry_stacks(const std::string& code) {
  return {{"Data", data}, {"Api", replaced(api, "@CODE@", code), {"Data"}}, {"Site", site, {"Api"}}};
}

}  // namespace tandem::deploy::local
