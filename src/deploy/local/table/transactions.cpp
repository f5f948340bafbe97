// TransactWriteItems and TransactGetItems.
#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "deploy/local/table/item_read.hpp"
#include "deploy/local/table/item_write.hpp"
#include "deploy/local/table/operations.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr size_t actions_max = 100;
constexpr size_t transaction_bytes_max = 4UL << 20;
/// A ClientRequestToken answers as the first time for this long.
constexpr std::chrono::minutes token_life{10};

using Kind = ItemWrite::Kind;

/// Why one action of a cancelled transaction did or did not stand in the way.
struct Reason {
  std::string code = "None";
  std::string message{};
  std::optional<Item> item{};
};

TableAnswer cancelled(const std::vector<Reason>& reasons) {
  std::vector<std::string> codes;
  json::array shown;
  for (const auto& reason : reasons) {
    codes.push_back(reason.code);
    json::object wire{{"Code", reason.code}};
    if (!reason.message.empty()) wire["Message"] = reason.message;
    if (reason.item) wire["Item"] = to_json(*reason.item);
    shown.push_back(std::move(wire));
  }
  json::object body{{"__type", type_of(exception::cancelled)},
                    {"Message", fmt::format("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", join(codes, ", "))}};
  body["CancellationReasons"] = std::move(shown);
  return {400, std::move(body)};
}

bool is_cancelled(const std::vector<Reason>& reasons) {
  return std::ranges::any_of(reasons, [](const auto& reason) { return reason.code != "None"; });
}

/// A mistake that shows only against the table or the item cancels the transaction; other errors are its answer.
Result<Reason> reason_of(const Error& error) {
  if (error.code != exception::validation) return error;
  return Reason{"ValidationError", error.what};
}

Result<ItemWrite> parse_action(const json::value& wire, size_t position) {
  const auto request = TRY(Request::of(wire));
  static constexpr std::pair<const char*, Kind> kinds[] = {
      {"ConditionCheck", Kind::Check}, {"Put", Kind::Put}, {"Update", Kind::Update}, {"Delete", Kind::Delete}};
  std::optional<std::pair<Request, Kind>> found;
  for (const auto& [name, kind] : kinds) {
    const auto action = TRY(request.object(name));
    if (action && found) return invalid("TransactItems can only contain one of Check, Put, Update or Delete");
    if (action) found.emplace(*action, kind);
  }
  if (!found) return invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
  const auto& [action, kind] = *found;
  const auto refuse_missing = [&](const char* place) {
    return invalid("1 validation error detected: Value null at 'transactItems.{}.member.{}' failed to satisfy constraint: Member must not be null", position, place);
  };
  if (kind == Kind::Check && action.find("ConditionExpression") == nullptr) return refuse_missing("conditionCheck.conditionExpression");
  if (kind == Kind::Update && action.find("UpdateExpression") == nullptr) return refuse_missing("update.updateExpression");
  return parse_item_write(kind, action);
}

/// TransactItems, of which there must be 1 to 100.
Result<const json::array*> actions_of(const Request& request) {
  const auto actions = TRY(request.list("TransactItems"));
  if (!actions)
    return invalid("1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: Member must not be null");
  if (actions->empty())
    return invalid("1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1");
  if (actions->size() > actions_max)
    return invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100");
  return actions.members;
}

/// A transaction as asked for.
struct Transaction {
  std::vector<ItemWrite> writes;
  CostDetail detail = CostDetail::None;
  std::string token;    ///< empty when there is none
  std::string digest;   ///< of what the token stands for
};

Result<Transaction> parse_transaction(const Request& request) {
  Transaction out;
  const auto* actions = TRY(actions_of(request));
  size_t bytes = 0;
  for (const auto& action : *actions) {
    auto write = TRY(parse_action(action, out.writes.size() + 1));
    bytes += size_bytes(write.item);
    out.writes.push_back(std::move(write));
  }
  if (bytes > transaction_bytes_max) return invalid("Transaction request size exceeded the maximum allowed size of 4 MB");
  out.detail = TRY(cost_detail(request));
  if (auto token = TRY(request.text("ClientRequestToken"))) out.token = std::move(*token);
  if (out.token.size() > 36)
    return invalid("1 validation error detected: Value '{}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36", out.token);
  if (!out.token.empty()) out.digest = sha256_hex(to_canonical_text(*request.find("TransactItems")));
  return out;
}

json::value cost_json(const std::map<std::string, Cost>& costs, const Catalog& catalog, CostDetail detail) {
  json::array out;
  for (const auto& [name, cost] : costs) out.push_back(to_json(doubled(cost), *catalog.find(name), detail));
  return out;
}

Result<TableAnswer> write_all(const Transaction& transaction, Ledger& ledger) {
  std::set<std::pair<std::string, ItemKey>> seen;
  std::vector<Reason> reasons(transaction.writes.size());
  for (size_t i = 0; i < transaction.writes.size(); ++i) {
    const auto& write = transaction.writes[i];
    const auto table = TRY(ledger.catalog.get(write.table));
    auto key = key_of(write, *table);
    if (!key) reasons[i] = TRY(reason_of(key.error()));
    else if (!seen.emplace(write.table, *key).second)
      return invalid("Transaction request cannot include multiple operations on one item");
  }
  std::map<std::string, Cost> costs;
  for (size_t i = 0; i < transaction.writes.size(); ++i) {
    if (reasons[i].code != "None") continue;
    const auto& write = transaction.writes[i];
    const auto outcome = apply(write, *ledger.catalog.find(write.table), ledger.rows);
    if (!outcome) {
      reasons[i] = TRY(reason_of(outcome.error()));
    } else if (const auto* unmet = std::get_if<Unmet>(&*outcome)) {
      reasons[i] = {"ConditionalCheckFailed", "The conditional request failed", write.shows_item_on_failure ? unmet->item : std::nullopt};
    } else {
      costs[write.table] += std::get<Written>(*outcome).cost;
    }
  }
  if (is_cancelled(reasons)) return cancelled(reasons);
  json::object body;
  if (transaction.detail != CostDetail::None) body["ConsumedCapacity"] = cost_json(costs, ledger.catalog, transaction.detail);
  return TableAnswer{200, std::move(body)};
}

/// The answer this token was given before, if it still counts.
Result<std::optional<TableAnswer>> remembered(const Transaction& transaction, Ledger& ledger) {
  const auto now = ledger.now.time_since_epoch().count();
  TRY(ledger.database.execute("DELETE FROM tokens WHERE at<=?", {std::int64_t{now - std::chrono::milliseconds(token_life).count()}}));
  std::optional<std::pair<std::string, std::string>> found;
  TRY(ledger.database.query("SELECT digest, answer FROM tokens WHERE token=?", {transaction.token}, [&](const Row& row) {
    found.emplace(row.text(0), row.text(1));
    return done();
  }));
  if (!found) return std::optional<TableAnswer>{};
  if (found->first != transaction.digest) return refusal(exception::mismatch, Fault::Conflict, "Idempotent parameter mismatch: the token was used with another request");
  auto body = TRY(parse_deep_json(found->second));
  return std::optional(TableAnswer{200, std::move(body)});
}

Result<TableAnswer> write_once(const Transaction& transaction, Ledger& ledger) {
  if (transaction.token.empty()) return write_all(transaction, ledger);
  if (auto earlier = TRY(remembered(transaction, ledger))) return std::move(*earlier);
  auto answer = TRY(write_all(transaction, ledger));
  if (answer.status != 200) return answer;
  TRY(ledger.database.execute("INSERT INTO tokens(token, digest, at, answer) VALUES(?,?,?,?)",
                              {transaction.token, transaction.digest, std::int64_t{ledger.now.time_since_epoch().count()}, to_text(answer.body)}));
  return answer;
}

Result<std::vector<ItemRead>> parse_gets(const Request& request) {
  const auto* actions = TRY(actions_of(request));
  std::vector<ItemRead> out;
  for (const auto& wire : *actions) {
    const auto action = TRY(Request::of(wire));
    const auto get = TRY(action.object("Get"));
    if (!get)
      return invalid("1 validation error detected: Value null at 'transactItems.{}.member.get' failed to satisfy constraint: Member must not be null", out.size() + 1);
    auto read = TRY(parse_item_read(*get));
    out.push_back(std::move(read));
  }
  return out;
}

/// All items as one commit left them.
Result<std::vector<std::optional<Item>>> find_all(const std::vector<std::shared_ptr<const Table>>& tables, const std::vector<ItemKey>& keys, Database& database) {
  std::vector<std::optional<Item>> out;
  TRY(database.script("BEGIN"));
  Done outcome = done();
  for (size_t i = 0; i < keys.size() && outcome; ++i) {
    auto item = Rows(database).find(*tables[i], keys[i]);
    if (item) out.push_back(std::move(item).value());
    else outcome = item.error();
  }
  TRY(database.script("ROLLBACK"));
  if (!outcome) return outcome.error();
  return out;
}

}  // namespace

Result<TableAnswer> transact_write_items(Tables& tables, const Request& request) {
  auto transaction = TRY(parse_transaction(request));
  return tables.writer.submit([transaction = std::move(transaction)](Ledger& ledger) { return write_once(transaction, ledger); });
}

Result<TableAnswer> transact_get_items(Tables& tables, const Request& request) {
  const auto reads = TRY(parse_gets(request));
  const auto detail = TRY(cost_detail(request));
  const auto catalog = tables.writer.catalog();
  std::vector<std::shared_ptr<const Table>> found;
  std::vector<ItemKey> keys;
  std::vector<Reason> reasons(reads.size());
  std::set<std::pair<std::string, ItemKey>> seen;
  for (size_t i = 0; i < reads.size(); ++i) {
    auto table = TRY(catalog->get(reads[i].table));
    found.push_back(std::move(table));
    auto key = key_of(found.back()->key, reads[i].key);
    if (!key) reasons[i] = TRY(reason_of(key.error()));
    else if (!seen.emplace(reads[i].table, *key).second)
      return invalid("Transaction request cannot include multiple operations on one item");
    keys.push_back(key ? *key : ItemKey{});
  }
  if (is_cancelled(reasons)) return cancelled(reasons);
  const auto items = TRY(tables.readers.use([&](Database& database) { return find_all(found, keys, database); }));
  std::map<std::string, Cost> costs;
  json::array responses;
  for (size_t i = 0; i < items.size(); ++i) {
    costs[reads[i].table].own += read_units(items[i] ? size_bytes(*items[i]) : 0, Reading::Strong);
    json::object response;
    if (items[i]) response["Item"] = to_json(reads[i].shown(*items[i]));
    responses.push_back(std::move(response));
  }
  json::object body;
  body["Responses"] = std::move(responses);
  if (detail != CostDetail::None) body["ConsumedCapacity"] = cost_json(costs, *catalog, detail);
  return TableAnswer{200, std::move(body)};
}

}  // namespace tandem::deploy::local::table
