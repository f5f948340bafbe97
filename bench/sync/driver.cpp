// Measures the sync room from inside, as the daemon has it: one process, opened once. Reads one request per line from
// standard input (a JSON object), answers with one line.
#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "base/crypto.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "sync/landing.hpp"
#include "sync/sync_log.hpp"
#include "sync/synchronise.hpp"
#include "sync/verification.hpp"

namespace tandem::sync {
namespace {

using Steady = std::chrono::steady_clock;

double ms_since(Steady::time_point start) { return std::chrono::duration<double, std::milli>(Steady::now() - start).count(); }

const SigningKey& the_key() {
  static const auto key = SigningKey::generate();
  return key;
}

std::map<std::string, PairStore>& stores() {
  static std::map<std::string, PairStore> open;
  return open;
}

Result<PairStore*> store_at(const std::string& path) {
  auto found = stores().find(path);
  if (found != stores().end()) return &found->second;
  auto opened = TRY(PairStore::open(path));
  return &stores().emplace(path, std::move(opened)).first->second;
}

SyncRequest request_from(Fields& fields) {
  SyncRequest out;
  out.run = {"bench"};
  out.source = {fields.string_or("name", "application"), Role::Application, fields.string("app")};
  out.target = {"infrastructure", Role::Infrastructure, fields.string("infra")};
  out.configuration.components = {{"src", fields.string_or("to", "lambda/src")}};
  if (const auto metadata = fields.string_or("metadata", ""); !metadata.empty()) {
    out.configuration.metadata = metadata;
    out.configuration.requirements_from.clear();
  }
  out.configuration.keep_branches = 0;
  out.actor = "bench";
  out.at = SystemClock{}.now();
  return out;
}

Result<json::value> synchronise_once(Fields& fields) {
  auto* const store = TRY(store_at(fields.string("store")));
  const auto request = request_from(fields);
  TRY(fields.finish());
  const auto start = Steady::now();
  const auto synced = TRY(synchronise(request, *store, the_key()));
  const auto took = ms_since(start);
  return json::value{{"ms", took}, {"landed", synced.record.landed.value}, {"in_place", synced.is_in_place}};
}

/// The durable commit alone: trees, metadata, commit, attestation and entry of the log, objects fsynced. The cargo is that of
/// the newest sync with another time, so that nothing is there already.
Result<json::value> build_once(Fields& fields) {
  auto* const store = TRY(store_at(fields.string("store")));
  TRY(fields.finish());
  auto& repository = store->repository();
  const auto log = TRY(store->log());
  const auto newest = TRY(newest_entry(repository, log, {TrustedKey(the_key().public_key())}));
  auto statement = newest->statement;
  statement.cargo.at = SystemClock{}.now();
  const auto start = Steady::now();
  const auto landing = TRY(land(repository, statement.cargo));
  statement.landed = landing.commit;
  const auto envelope = seal(statement, the_key());
  TRY(write_entry(repository, log, statement, envelope));
  TRY(repository.flush());
  return json::value{{"ms", ms_since(start)}};
}

Result<json::value> verify_once(Fields& fields) {
  auto* const store = TRY(store_at(fields.string("store")));
  const auto request = request_from(fields);
  const auto depth = fields.boolean_or("full", false) ? Depth::Full : Depth::Equality;
  TRY(fields.finish());
  DetectRequest question{.source = request.source, .target = request.target, .commit = {}, .configuration = request.configuration};
  question.public_keys = {TrustedKey(the_key().public_key())};
  const auto start = Steady::now();
  const auto found = TRY(verify_sync(*store, question, depth));
  return json::value{{"ms", ms_since(start)}, {"holds", found.holds()}, {"files", found.files.size()}};
}

/// The least that durability costs: the bytes as one pack with its index, three refs, each written, synced, renamed.
Result<json::value> floor_once(Fields& fields) {
  const std::filesystem::path folder = fields.string("folder");
  const auto bytes = static_cast<size_t>(fields.integer("bytes"));
  TRY(fields.finish());
  const auto noise = random_bytes(bytes);
  const auto start = Steady::now();
  TRY(replace_file(folder / "pack", noise));
  TRY(replace_file(folder / "index", noise.substr(0, std::min<size_t>(bytes, 2000))));
  for (const auto* ref : {"branch", "log", "main"}) TRY(replace_file(folder / ref, std::string(41, '0')));
  return json::value{{"ms", ms_since(start)}};
}

/// `count` coordinators, each with a source and a store of its own, all at once onto one target.
Result<json::value> crowd(Fields& fields) {
  const auto count = fields.integer("count");
  const auto folder = fields.string("folder");
  const auto infra = fields.string("infra");
  const bool at_once = fields.boolean_or("at_once", true);
  TRY(fields.finish());
  std::vector<std::string> failures(static_cast<size_t>(count));
  const auto work = [&](std::int64_t number) {
    auto& failed = failures[static_cast<size_t>(number)];
    const json::object one{{"app", fmt::format("{}/app-{}.git", folder, number)}, {"infra", infra}, {"name", fmt::format("app-{}", number)},
                           {"to", fmt::format("lambda/app-{}", number)}, {"metadata", fmt::format("lambda/app-{}.json", number)}};
    Fields inner(one, "a coordinator");
    const auto request = request_from(inner);
    auto store = PairStore::open(fmt::format("{}/pair-{}.git", folder, number));
    if (!store) return void(failed = store.error().what);
    if (const auto synced = synchronise(request, *store, the_key()); !synced) failed = text(synced.error());
  };
  const auto start = Steady::now();
  {
    std::vector<std::jthread> threads;
    for (std::int64_t number = 0; number < count; ++number) {
      if (at_once) threads.emplace_back([&work, number] { work(number); });
      else work(number);
    }
  }
  const auto took = ms_since(start);
  std::erase(failures, std::string());
  return json::value{{"ms", took}, {"failures", json_of(failures)}};
}

Result<json::value> answer(const std::string& line) {
  const auto document = TRY(parse_json(line));
  Fields fields(document, "a request");
  const auto what = fields.string("do");
  if (what == "sync") return synchronise_once(fields);
  if (what == "build") return build_once(fields);
  if (what == "verify") return verify_once(fields);
  if (what == "floor") return floor_once(fields);
  if (what == "crowd") return crowd(fields);
  return failure(Fault::Invalid, "no such measurement: {}", what);
}

}  // namespace
}  // namespace tandem::sync

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto said = tandem::sync::answer(line);
    std::cout << (said ? tandem::to_text(*said) : tandem::to_text(tandem::json::object{{"error", tandem::text(said.error())}})) << std::endl;
  }
}
