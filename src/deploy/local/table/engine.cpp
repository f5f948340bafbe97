#include "deploy/local/table/engine.hpp"

#include <algorithm>
#include <array>

#include "deploy/local/table/operations.hpp"

namespace tandem::deploy::local::table {
namespace {

struct Named {
  std::string_view name;
  Operation run;
};
constexpr auto operations = std::to_array<Named>({
    {"BatchGetItem", batch_get_item},
    {"BatchWriteItem", batch_write_item},
    {"CreateTable", create_table},
    {"DeleteItem", delete_item},
    {"DeleteTable", delete_table},
    {"DescribeContinuousBackups", describe_continuous_backups},
    {"DescribeEndpoints", describe_endpoints},
    {"DescribeLimits", describe_limits},
    {"DescribeTable", describe_table},
    {"DescribeTimeToLive", describe_time_to_live},
    {"GetItem", get_item},
    {"ListTables", list_tables},
    {"ListTagsOfResource", list_tags_of_resource},
    {"PutItem", put_item},
    {"Query", query},
    {"Scan", scan},
    {"TagResource", tag_resource},
    {"TransactGetItems", transact_get_items},
    {"TransactWriteItems", transact_write_items},
    {"UntagResource", untag_resource},
    {"UpdateContinuousBackups", update_continuous_backups},
    {"UpdateItem", update_item},
    {"UpdateTable", update_table},
    {"UpdateTimeToLive", update_time_to_live},
});

Fault fault_of(std::string_view exception_name, int status) {
  if (status >= 500) return Fault::Unavailable;
  if (exception_name == exception::not_found) return Fault::Missing;
  if (exception_name == exception::in_use || exception_name == exception::condition || exception_name == exception::cancelled ||
      exception_name == exception::mismatch)
    return Fault::Conflict;
  return Fault::Invalid;
}

std::string member(const json::value& body, std::initializer_list<const char*> names) {
  for (const auto* name : names)
    if (const auto* found = body.as_object().if_contains(name); found != nullptr && found->is_string())
      return std::string(found->get_string());
  return {};
}

Error error_of(const TableAnswer& answer) {
  const auto type = member(answer.body, {"__type"});
  const auto name = type.substr(type.find('#') + 1);
  return Error{fault_of(name, answer.status), fmt::format("{}: {}", name, member(answer.body, {"message", "Message"})), name};
}

}  // namespace

Operation find_operation(std::string_view name) {
  const auto* found = std::ranges::find(operations, name, &Named::name);
  return found == operations.end() ? nullptr : found->run;
}

struct Engine::State {
  State(std::unique_ptr<Writer> opened, const std::filesystem::path& path, const Clock& clock, Account account)
      : writer(std::move(opened)), readers(path), tables{*writer, readers, clock, std::move(account)} {}
  std::unique_ptr<Writer> writer;
  Readers readers;
  Tables tables;
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Result<Engine> Engine::open(const std::filesystem::path& path, const Clock& clock, Account account) {
  auto writer = TRY(Writer::open(path, clock));
  return Engine(std::make_unique<State>(std::move(writer), path, clock, std::move(account)));
}

TableAnswer Engine::answer(std::string_view operation, const json::value& body) {
  const auto run = find_operation(operation);
  if (run == nullptr) return answer_of(refusal(exception::unknown_operation, Fault::Invalid, ""));
  const auto request = Request::of(body);
  if (!request) return answer_of(request.error());
  auto outcome = run(state_->tables, *request);
  return outcome ? std::move(outcome).value() : answer_of(outcome.error());
}

Result<json::value> Engine::call(std::string_view operation, const json::value& body) {
  auto answered = answer(operation, body);
  if (answered.status != 200) return error_of(answered);
  return std::move(answered.body);
}

Result<json::value> Engine::describe(std::string_view table) {
  auto body = TRY(call("DescribeTable", json::object{{"TableName", table}}));
  return std::move(body.as_object()["Table"]);
}

Engine::Counts Engine::counts() const {
  const auto counts = state_->writer->counts();
  return {counts.commits, counts.changes};
}

}  // namespace tandem::deploy::local::table
