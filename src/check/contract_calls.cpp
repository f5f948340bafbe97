// The calls of the code against tables, indexes and the policies of the function's role.

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "check/contract.hpp"

namespace tandem::check {
namespace {

/// An expression with the environment of the function put in: one or more texts it may be, or why it cannot be told.
struct Meaning {
  Resolved text;
  std::optional<std::pair<std::string, Place>> variable{};   ///< the variable that gave it, and its place in the template
  std::string why{};                                         ///< set when nothing is known
  bool is_missing = false;                                   ///< the variable is not set; compare_variables says so
};

Meaning meaning_of(const Expression& expression, const FunctionGift& function) {
  using enum Expression::Kind;
  switch (expression.kind) {
    case Text: return {{expression.text}};
    case Unknown: return {.why = expression.text};
    case Variable: {
      const auto found = std::ranges::find_if(function.variables, [&](const auto& each) { return same_ignoring_case(each.first, expression.text); });
      if (found == function.variables.end()) {
        if (!expression.parts.empty()) return meaning_of(expression.parts.front(), function);
        return {.why = fmt::format("the template does not set {}", expression.text), .is_missing = true};
      }
      Meaning out{found->second.value, std::pair(found->first, found->second.place)};
      if (!out.text.is_known) out.why = fmt::format("{} is {} in the template, known only when it is deployed", found->first, out.text.text);
      return out;
    }
    case Parts: {
      Meaning out;
      for (const auto& part : expression.parts) {
        auto inner = meaning_of(part, function);
        if (!inner.why.empty()) return inner;
        out.text.text += inner.text.text;
        if (inner.variable) out.variable = inner.variable;
      }
      return out;
    }
  }
  return {.why = "not known"};
}

/// IAM's name of an operation, where it is not the operation's own.
std::string iam_action(const std::string& service, const std::string& operation, const std::string& action) {
  static const std::map<std::string, std::string> services{
      {"stepfunctions", "states"}, {"sesv2", "ses"}, {"bedrock-runtime", "bedrock"}, {"bedrock-agent", "bedrock"}, {"bedrock-agent-runtime", "bedrock"},
      {"iot-data", "iot"}, {"sagemaker-runtime", "sagemaker"}, {"lex-runtime", "lex"}, {"lexv2-runtime", "lex"}, {"dynamodbstreams", "dynamodb"},
      {"opensearch", "es"}, {"opensearchserverless", "aoss"}, {"timestream-write", "timestream"}, {"timestream-query", "timestream"}, {"efs", "elasticfilesystem"},
      {"elb", "elasticloadbalancing"}, {"elbv2", "elasticloadbalancing"}, {"pinpoint", "mobiletargeting"}, {"pinpoint-sms-voice-v2", "sms-voice"},
      {"location", "geo"}, {"emr", "elasticmapreduce"}, {"resourcegroupstaggingapi", "tag"}, {"appconfigdata", "appconfig"}, {"personalize-runtime", "personalize"},
      {"accessanalyzer", "access-analyzer"}, {"s3control", "s3"}};
  static const std::map<std::string, std::string> s3{
      {"list_buckets", "ListAllMyBuckets"}, {"list_object_versions", "ListBucketVersions"}, {"list_parts", "ListMultipartUploadParts"},
      {"list_multipart_uploads", "ListBucketMultipartUploads"}, {"select_object_content", "GetObject"}, {"list_objects", "ListBucket"}, {"list_objects_v2", "ListBucket"}, {"head_bucket", "ListBucket"}, {"head_object", "GetObject"},
      {"upload_file", "PutObject"}, {"upload_fileobj", "PutObject"}, {"copy_object", "PutObject"}, {"create_multipart_upload", "PutObject"}, {"upload_part", "PutObject"},
      {"complete_multipart_upload", "PutObject"}, {"download_file", "GetObject"}, {"download_fileobj", "GetObject"}, {"delete_objects", "DeleteObject"}};
  if (service == "s3")
    if (const auto found = s3.find(operation); found != s3.end()) return "s3:" + found->second;
  if (service == "apigatewaymanagementapi") return "execute-api:ManageConnections";
  if (service == "bedrock-runtime" && action.starts_with("Converse")) return action == "Converse" ? "bedrock:InvokeModel" : "bedrock:InvokeModelWithResponseStream";
  if (service == "lambda" && action == "Invoke") return "lambda:InvokeFunction";
  if (service == "sqs" && action.ends_with("Batch")) return "sqs:" + action.substr(0, action.size() - 5);
  const auto found = services.find(service);
  return fmt::format("{}:{}", found == services.end() ? service : found->second, action);
}

/// Calls that nobody has to be allowed: AWS answers them to whoever asks, or to the user whose token they carry.
bool needs_no_right(const CallNeed& call) {
  static const std::set<std::string> operations{
      "sts get_caller_identity", "cognito-idp initiate_auth", "cognito-idp respond_to_auth_challenge", "cognito-idp sign_up", "cognito-idp confirm_sign_up",
      "cognito-idp resend_confirmation_code", "cognito-idp forgot_password", "cognito-idp confirm_forgot_password", "cognito-idp get_user",
      "cognito-idp change_password", "cognito-idp global_sign_out", "cognito-idp revoke_token", "cognito-identity get_id",
      "cognito-identity get_credentials_for_identity", "cognito-identity get_open_id_token"};
  return operations.contains(call.service + " " + call.operation);
}

bool names_action(const Statement& statement, std::string_view action) {
  return std::ranges::any_of(statement.actions, [&](const std::string& pattern) { return covers(lower(pattern), lower(action)); });
}

/// What the policies of a role say to one action on one thing.
struct Ruling {
  enum class Kind { Allowed, Denied, Absent, Unknown } kind = Kind::Absent;
  const Statement* by = nullptr;                 ///< what allows, denies, or comes closest
};

/// `arns`: the ways the thing may be written in a policy. Empty: any thing will do.
Ruling rule(const FunctionGift& function, std::string_view action, const std::vector<std::string>& arns) {
  Ruling out;
  bool is_unsure = false;
  const auto fits = [&](const Resolved& resource) {
    return arns.empty() || std::ranges::any_of(arns, [&](const std::string& arn) { return covers_arn(resource.text, arn); });
  };
  for (const auto& statement : function.statements) {
    if (statement.is_inverted) {
      is_unsure = true;
      continue;
    }
    if (!names_action(statement, action)) continue;
    const bool hits = std::ranges::any_of(statement.resources, fits);
    const bool may_hit = std::ranges::any_of(statement.resources, [](const Resolved& resource) { return !resource.is_known; });
    if (!statement.allows && hits && !statement.has_condition) return {Ruling::Kind::Denied, &statement};
    if (!statement.allows) continue;
    if (hits && out.kind != Ruling::Kind::Allowed) {
      out.kind = Ruling::Kind::Allowed;
      out.by = &statement;
    } else if (out.by == nullptr) {
      out.by = &statement;
    }
    is_unsure = is_unsure || may_hit;
  }
  if (out.kind == Ruling::Kind::Absent && (is_unsure || !function.policies_unknown.empty())) out.kind = Ruling::Kind::Unknown;
  return out;
}

class Calls {
 public:
  Calls(const Needs& needs, const Gifts& gifts, const FunctionGift& function, std::vector<Breach>& breaches)
      : needs_(needs), gifts_(gifts), function_(function), breaches_(breaches) {}

  void compare() {
    for (const auto& call : needs_.calls)
      for (const auto& action : call.actions) used_.insert(lower(iam_action(call.service, call.operation, action)));
    for (const auto& call : needs_.calls) {
      if (needs_no_right(call)) continue;
      if (call.service == "dynamodb") compare_table(call);
      else compare_other(call);
    }
    look_for_width();
    look_for_unused();
  }

 private:
  void add(const CallNeed& call, std::string rule, Weight weight, std::string what, std::string next, std::optional<Resource> resource, std::optional<Place> gift = {}) {
    breaches_.push_back({std::move(rule), weight, std::move(what), std::move(next), call.place, std::move(resource), std::move(gift), call.source});
  }

  void unknown(const CallNeed& call, const std::string& what) {
    add(call, "contract.unknown", Weight::Unknown, fmt::format("{} {}: {}", call.service, call.operation, what), "write it as a constant, or declare it in tandem-contract.yaml", std::nullopt);
  }

  void compare_table(const CallNeed& call) {
    if (!call.resource) return compare_actions(call, {}, "");
    const auto meant = meaning_of(*call.resource, function_);
    if (!meant.why.empty()) {
      if (!meant.is_missing) unknown(call, "which table: " + meant.why);
      return compare_actions(call, {}, "");   // the action must be allowed on something at least
    }
    const auto table = std::ranges::find_if(gifts_.tables, [&](const TableGift& each) {
      return each.name.text == meant.text.text || covers_arn(table_arn(each.name.text), meant.text.text);
    });
    if (table == gifts_.tables.end()) return no_such_table(call, meant);
    compare_keys(call, *table);
    const auto through = meant.variable ? fmt::format(" ({})", meant.variable->first) : std::string();
    if (!call.index) {
      compare_condition(call, *table, table->keys, nullptr);
      return compare_actions(call, {table_arn(table->name.text)}, fmt::format("the table {}{}", table->resource.logical_id, through));
    }
    const auto index = meaning_of(*call.index, function_);
    if (!index.why.empty()) {
      if (!index.is_missing) unknown(call, "which index: " + index.why);
      return compare_actions(call, {}, "");
    }
    compare_index(call, *table, index, through);
  }

  void no_such_table(const CallNeed& call, const Meaning& meant) {
    const auto named = gifts_.names.find(meant.text.text);
    const auto at = meant.variable ? std::optional(meant.variable->second) : std::nullopt;
    if (named != gifts_.names.end()) {
      add(call, "contract.table", Weight::Error,
          fmt::format("{} goes to {}, which is no table but {} ({})", call.operation, named->second.logical_id, named->second.type,
                      meant.variable ? fmt::format("{} says so", meant.variable->first) : "by its name"),
          "give the table's name", function_.resource, at);
      return;
    }
    const auto arn = table_arn(meant.text.text);
    const bool is_granted = std::ranges::any_of(call.actions, [&](const std::string& action) {
      const auto ruling = rule(function_, "dynamodb:" + action, {arn});
      return ruling.kind == Ruling::Kind::Allowed && std::ranges::none_of(ruling.by->resources, [](const Resolved& each) { return each.text == "*"; });
    });
    if (is_granted) return;   // a table of another stack, named and allowed: not ours to look into
    std::vector<std::string> names;
    for (const auto& table : gifts_.tables) names.push_back(table.name.text);
    const auto close = nearest(meant.text.text, names);
    add(call, "contract.table", Weight::Error, fmt::format("{} goes to the table {}, which no template makes and no policy names", call.operation, meant.text.text),
        close ? fmt::format("did you mean {}?", *close) : "read the name from a variable that the template sets to the table",
        gifts_.tables.empty() ? function_.resource : gifts_.tables.front().resource, at);
  }

  void compare_keys(const CallNeed& call, const TableGift& table) {
    if (!call.keys || table.keys.empty()) return;
    const std::set<std::string> given(call.keys->begin(), call.keys->end());
    if (given == std::set<std::string>(table.keys.begin(), table.keys.end())) return;
    add(call, "contract.table-key", Weight::Error,
        fmt::format("{} gives the key {}, the table {} has the key {}", call.operation, join(*call.keys, ", "), table.resource.logical_id, join(table.keys, ", ")),
        "use the table's own key, or the other table", table.resource);
  }

  void compare_index(const CallNeed& call, const TableGift& table, const Meaning& meant, const std::string& through) {
    const auto& name = meant.text.text;
    const auto index = std::ranges::find(table.indexes, name, &IndexGift::name);
    if (index == table.indexes.end()) {
      std::vector<std::string> names;
      for (const auto& each : table.indexes) names.push_back(each.name);
      const auto close = nearest(name, names);
      add(call, "contract.index", Weight::Error, fmt::format("{} uses the index {} of {}{}, which has {}", call.operation, name, table.resource.logical_id, through,
                                                           names.empty() ? "no index" : join(names, ", ")),
          close ? fmt::format("did you mean {}?", *close) : fmt::format("add the index {} to the table", name), table.resource);
      if (call.index_place) breaches_.back().code = call.index_place;
      return;
    }
    compare_condition(call, table, index->keys, &*index);
    compare_actions(call, {fmt::format("{}/index/{}", table_arn(table.name.text), name)}, fmt::format("the index {} of {}{}", name, table.resource.logical_id, through));
  }

  /// The key condition of a query must name the partition key of what it asks, and nothing but its keys.
  void compare_condition(const CallNeed& call, const TableGift& table, const std::vector<std::string>& keys, const IndexGift* index) {
    if (!call.condition || call.condition->empty() || keys.empty()) return;
    const auto foreign = std::ranges::find_if(*call.condition, [&](const std::string& name) { return std::ranges::find(keys, name) == keys.end(); });
    const bool has_partition = std::ranges::find(*call.condition, keys.front()) != call.condition->end();
    if (foreign == call.condition->end() && has_partition) return;
    const auto thing = index == nullptr ? fmt::format("the table {}", table.resource.logical_id) : fmt::format("the index {} of {}", index->name, table.resource.logical_id);
    add(call, "contract.table-key", Weight::Error, fmt::format("{} asks by {}, {} has the key {}", call.operation, join(*call.condition, ", "), thing, join(keys, ", ")),
        "ask by the key, or by an index that has it", table.resource, index == nullptr ? std::nullopt : std::optional(index->place));
  }

  void compare_actions(const CallNeed& call, const std::vector<std::string>& arns, const std::string& thing) {
    for (const auto& name : call.actions) judge(call, iam_action(call.service, call.operation, name), arns, thing);
  }

  void judge(const CallNeed& call, const std::string& action, const std::vector<std::string>& arns, const std::string& thing) {
    const auto ruling = rule(function_, action, arns);
    if (ruling.kind == Ruling::Kind::Allowed) return;
    const auto on = thing.empty() ? std::string() : " on " + thing;
    if (ruling.kind == Ruling::Kind::Unknown) {
      add(call, "contract.permission", Weight::Unknown,
          fmt::format("whether {}{} is allowed: {}", action, on, function_.policies_unknown.empty() ? "a policy names things known only when it is deployed"
                                                                                             : "the role also has " + join(function_.policies_unknown, ", ")),
          "", ruling.by != nullptr ? ruling.by->policy : function_.role);
      return;
    }
    const bool is_denied = ruling.kind == Ruling::Kind::Denied;
    const auto what = is_denied              ? fmt::format("{} needs {}{}, which a policy denies", call.operation, action, on)
                      : ruling.by != nullptr ? fmt::format("{} needs {}{}; the role allows it only elsewhere", call.operation, action, on)
                                             : fmt::format("{} needs {}{}, which no policy of the role allows", call.operation, action, on);
    const auto next = is_denied ? std::string("take the denial away, or do without the call")
                                : fmt::format("allow {}{}", action, arns.empty() ? "" : " on " + replaced(arns.front(), "{", "${AWS::"));
    add(call, "contract.permission", Weight::Error, what, next, ruling.by != nullptr ? ruling.by->policy : policy_or_role(),
        ruling.by != nullptr ? std::optional(ruling.by->place) : std::nullopt);
  }

  Resource policy_or_role() const {
    for (const auto& statement : function_.statements)
      if (statement.policy.type == "AWS::IAM::Policy") return statement.policy;
    return function_.role.logical_id.empty() ? function_.resource : function_.role;
  }

  /// Buckets, queues, topics, functions: allowed on that thing, by whichever way a policy may name it.
  void compare_other(const CallNeed& call) {
    if (!call.resource) return compare_actions(call, {}, "");
    const auto meant = meaning_of(*call.resource, function_);
    if (!meant.why.empty()) return compare_actions(call, {}, "");
    const auto& name = meant.text.text;
    std::vector<std::string> arns{name, name + ".Arn"};
    if (call.service == "s3") {
      const bool is_bucket = std::ranges::any_of(call.actions, [&](const auto& each) { return iam_action(call.service, call.operation, each).contains("Bucket"); });
      arns = {fmt::format("arn:{{Partition}}:s3:::{}{}", name, is_bucket ? "" : "/any")};
      if (!is_bucket) add_parts_of_bucket(name, arns);
    } else if (call.service == "sqs") {
      arns.push_back(fmt::format("arn:{{Partition}}:sqs:{{Region}}:{{AccountId}}:{}", name.substr(name.rfind('/') + 1)));
    } else if (call.service == "lambda") {
      arns.push_back(fmt::format("arn:{{Partition}}:lambda:{{Region}}:{{AccountId}}:function:{}", name));
    } else if (call.service == "ssm") {
      arns.push_back(fmt::format("arn:{{Partition}}:ssm:{{Region}}:{{AccountId}}:parameter/{}", name.starts_with('/') ? name.substr(1) : name));
    } else if (call.service == "secretsmanager") {
      arns.push_back(fmt::format("arn:{{Partition}}:secretsmanager:{{Region}}:{{AccountId}}:secret:{}-??????", name));
    } else if (!name.starts_with('<') && !name.starts_with("arn:")) {
      arns.clear();
    }
    compare_actions(call, arns, meant.variable ? fmt::format("{} ({})", name, meant.variable->first) : name);
  }

  /// Keys are seldom known: a right to some part of the bucket is taken for the right to the part that is used.
  void add_parts_of_bucket(const std::string& name, std::vector<std::string>& arns) const {
    for (const auto& statement : function_.statements)
      for (const auto& resource : statement.resources)
        if (statement.allows && resource.text.contains(fmt::format(":s3:::{}/", name))) arns.push_back(resource.text);
  }

  /// Actions whose resource can only be "*".
  static bool has_no_resources(std::string_view action) {
    static constexpr std::array<std::string_view, 26> starts{
        "xray:", "cloudwatch:putmetricdata", "cloudwatch:list", "cloudwatch:getmetric", "ec2:", "logs:", "ssm:describeparameters", "s3:listallmybuckets",
        "dynamodb:list", "sts:getcalleridentity", "ses:getsend", "ses:getaccount", "textract:", "comprehend:detect", "comprehend:batchdetect",
        "translate:translatetext", "rekognition:detect", "rekognition:comparefaces", "polly:describevoices", "ce:", "pricing:", "lambda:listfunctions",
        "sns:listtopics", "sqs:listqueues", "secretsmanager:listsecrets", "secretsmanager:getrandompassword"};
    return std::ranges::any_of(starts, [&](auto start) { return lower(action).starts_with(start); });
  }

  void look_for_width() {
    for (const auto& statement : function_.statements) {
      if (!statement.allows || statement.is_inverted) continue;
      for (const auto& action : statement.actions)
        if (action == "*" || action.ends_with(":*"))
          wide(statement, fmt::format("the role allows {}: every action, whatever the code does", action), "name the actions the code uses");
      const bool is_everything = std::ranges::any_of(statement.resources, [](const Resolved& each) { return each.text == "*"; });
      const auto bound = std::ranges::find_if_not(statement.actions, has_no_resources);
      if (is_everything && bound != statement.actions.end() && !bound->ends_with(":*") && *bound != "*")
        wide(statement, fmt::format("the role allows {} on every resource of the account", *bound), "name the resources the code uses");
    }
  }

  void wide(const Statement& statement, std::string what, std::string next) {
    breaches_.push_back({"contract.permission-wide", Weight::Warning, std::move(what), std::move(next), std::nullopt, statement.policy, statement.place});
  }

  /// Only when every call is known: then an action nobody makes is one too many.
  void look_for_unused() {
    if (needs_.calls.empty() || !needs_.unknowns.empty()) return;
    for (const auto& statement : function_.statements)
      for (const auto& action : statement.actions) {
        const bool is_plain = action.starts_with("dynamodb:") && !action.contains('*');
        if (statement.allows && is_plain && !used_.contains(lower(action)))
          breaches_.push_back({"contract.permission-unused", Weight::Note, fmt::format("the role allows {}, which the code never does", action), "", std::nullopt,
                               statement.policy, statement.place});
      }
  }

  const Needs& needs_;
  const Gifts& gifts_;
  const FunctionGift& function_;
  std::vector<Breach>& breaches_;
  std::set<std::string> used_;
};

}  // namespace

void compare_calls(const Needs& needs, const Gifts& gifts, const FunctionGift& function, std::vector<Breach>& breaches) {
  Calls(needs, gifts, function, breaches).compare();
}

}  // namespace tandem::check
