// audit, secrets, doctor, metrics

#include "run/commands.hpp"
#include "run/doctor.hpp"

namespace tandem::run {
namespace {

Result<Answer> audit_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem audit");
  const auto what = fields.string_or("what", "list");
  if (what == "verify") {
    const auto audit = TRY(office.shop().ledger->verify());
    json::object document{{"schema", "tandem.audit/1"}, {"records", audit.records}, {"head", audit.head},
                          {"pruned", audit.pruned}, {"passed", audit.broken == 0}};
    document["broken"] = audit.broken == 0 ? json::value(nullptr) : json::value(audit.broken);
    document["what"] = audit.what.empty() ? json::value(nullptr) : json::value(audit.what);
    return Answer{document, audit.broken == 0 ? 0 : 3};
  }
  if (what != "list")
    return failure(Fault::Invalid, "tandem audit has no {}", what).with_code("TD0101").with_next("tandem audit list, or tandem audit verify");
  const auto limit = static_cast<size_t>(std::clamp<std::int64_t>(fields.integer_or("limit", 50), 1, 10'000));
  const auto last = office.shop().ledger->last();
  const auto after = fields.integer_or("after", std::max<std::int64_t>(0, last - static_cast<std::int64_t>(limit)));
  TRY(fields.finish());
  json::array records;
  for (const auto& record : TRY(office.shop().ledger->records(after, limit))) records.push_back(store::to_json(record));
  return Answer{json::object{{"schema", "tandem.records/1"}, {"last", last}, {"records", records}}};
}

Result<Answer> secrets_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem secrets");
  const auto verb = fields.string_or("verb", "list");
  const auto name = fields.string_or("name", "");
  auto& secrets = office.shop().secrets;
  if (verb == "set") {
    TRY(secrets.set(name, fields.string_or("value", "")));
    TRY(office.shop().ledger->record("secret.set", name, json::object{{"actor", fields.string_or("actor", "command")}}));
  } else if (verb == "remove") {
    TRY(secrets.remove(name));
    TRY(office.shop().ledger->record("secret.removed", name, json::object{{"actor", fields.string_or("actor", "command")}}));
  } else if (verb == "rotate") {
    const auto count = TRY(secrets.rotate());
    TRY(office.shop().ledger->record("secrets.rotated", "secrets", json::object{{"actor", fields.string_or("actor", "command")}, {"count", count}}));
  } else if (verb != "list") {
    return failure(Fault::Invalid, "tandem secrets has no {}", verb).with_code("TD0101").with_next("use list, set, remove or rotate");
  }
  const auto names = TRY(secrets.names());
  return Answer{json::object{{"schema", "tandem.secrets/1"}, {"names", json_of(names)}}};
}

Result<Answer> doctor_command(Office& office, const json::object&) {
  return examine(office.shop());
}

Result<Answer> metrics_command(Office& office, const json::object&) {
  json::object by_status;
  for (const auto& [status, count] : TRY(office.shop().ledger->history([](store::History& history) { return history.count_by_status(); })))
    by_status[status] = count;
  return Answer{json::object{{"schema", "tandem.metrics/1"}, {"journal_records", office.shop().ledger->last()},
                             {"runs_by_status", by_status}}};
}

}  // namespace

CommandBody find_upkeep_command(std::string_view name) {
  if (name == "audit") return audit_command;
  if (name == "secrets") return secrets_command;
  if (name == "doctor") return doctor_command;
  if (name == "metrics") return metrics_command;
  return nullptr;
}

}  // namespace tandem::run
