#pragma once
// What a set of applied stacks shows to the outside: functions, aliases, routes, sites. The stack engine makes a
// Scene, the serving side shows one; neither knows more of the other. Names and addresses in it are AWS's own
// (https://<api>.execute-api.<region>.amazonaws.com); the serving side translates them to this machine's addresses.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"

namespace tandem::deploy::local {

/// Code and configuration of a function: "$LATEST" or a published version, which never changes.
struct Function {
  std::string name;
  std::string version;                              ///< "$LATEST" or a number
  std::string arn;                                  ///< without qualifier
  std::string runtime;                              ///< python3.11, provided.al2023
  std::string handler;
  std::string code_folder;                          ///< unpacked, read only, content-addressed
  std::string code_digest;
  int memory_mb = 128;
  int timeout_seconds = 3;
  std::map<std::string, std::string> environment{};
  std::string log_group;
  std::optional<int> reserved_concurrency{};
  std::vector<std::string> layer_folders{};         ///< unpacked, in order: what /opt would hold
  bool operator==(const Function&) const = default;
};

struct Alias {
  std::string name;
  std::string function;
  std::string version;
  std::map<std::string, double> weights{};          ///< additional version -> share, at most one
  bool operator==(const Alias&) const = default;
};

/// A resource-based policy statement (AWS::Lambda::Permission).
struct Permission {
  std::string function;                             ///< name or ARN, with the qualifier if it has one
  std::string principal;                            ///< apigateway.amazonaws.com
  std::string source_arn;                           ///< pattern with *, empty = any
  bool operator==(const Permission&) const = default;
};

enum class ApiKind { Rest, Http };
enum class IntegrationType { LambdaProxy, Mock };

struct Throttle {
  double rate = 10'000;
  int burst = 5'000;
  bool operator==(const Throttle&) const = default;
};

/// Response of a MOCK integration (CDK's CORS preflight of REST APIs).
struct MockResponse {
  int status = 200;
  std::map<std::string, std::string> headers{};
  std::string body{};
  bool operator==(const MockResponse&) const = default;
};

struct Route {
  std::string method;                               ///< GET, ANY
  std::string path;                                 ///< /people/{id}, /{proxy+}; "$default" for HTTP APIs
  std::string resource_id{};                        ///< REST
  IntegrationType type = IntegrationType::LambdaProxy;
  std::string function_arn{};                       ///< with qualifier, stage variables not yet put in
  std::string payload = "1.0";                      ///< "1.0" or "2.0"
  int timeout_ms = 29'000;
  MockResponse mock{};
  bool operator==(const Route&) const = default;
};

struct Cors {
  std::vector<std::string> origins{};
  std::vector<std::string> methods{};
  std::vector<std::string> headers{};
  std::vector<std::string> expose{};
  int max_age = 0;
  bool credentials = false;
  bool operator==(const Cors&) const = default;
};

struct Stage {
  std::string name;                                 ///< prod, $default
  std::map<std::string, std::string> variables{};
  Throttle throttle{};
  std::map<std::string, Throttle> route_throttles{};///< "GET /people"
  std::string access_log_group{};
  std::string access_log_format{};
  bool caching = false;
  int cache_seconds = 300;
  bool operator==(const Stage&) const = default;
};

/// An API as its stage's deployment snapshot serves it.
struct Api {
  std::string id;
  std::string stack;                                ///< whose logical id
  std::string logical_id;
  ApiKind kind{};
  std::string name;
  std::vector<Route> routes{};
  std::vector<Stage> stages{};
  std::optional<Cors> cors{};                       ///< HTTP APIs
  std::vector<std::string> binary_media_types{};
  bool operator==(const Api&) const = default;
};

struct ErrorResponse {
  int status = 0;
  int response_status = 0;
  std::string page;
  bool operator==(const ErrorResponse&) const = default;
};

/// A distribution and the bucket behind its default behaviour.
struct Site {
  std::string id;                                   ///< distribution id
  std::string stack;
  std::string logical_id;
  std::string domain;                               ///< d111111abcdef8.cloudfront.net
  std::string bucket;
  std::string root_object;                          ///< index.html
  std::vector<ErrorResponse> errors{};
  bool readable = false;                            ///< the bucket's policy lets this distribution read
  bool compress = false;
  bool operator==(const Site&) const = default;
};

struct Scene {
  std::vector<Function> functions{};                ///< every version that still exists, and $LATEST
  std::vector<Alias> aliases{};
  std::vector<Permission> permissions{};
  std::vector<Api> apis{};
  std::map<std::string, std::string> buckets{};     ///< name -> folder with its objects (content-addressed, read only)
  std::vector<Site> sites{};
  bool operator==(const Scene&) const = default;
};

}  // namespace tandem::deploy::local
