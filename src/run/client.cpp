#include "run/client.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

#include "base/http.hpp"

namespace tandem::run {
namespace {

constexpr Duration between_looks{500};
constexpr int failures_max = 60;           ///< looks at a daemon that does not answer, before following gives up: half a minute
constexpr size_t runs_max = 12;            ///< shown at once

Error no_daemon(const std::filesystem::path& socket) {
  return failure(Fault::Unavailable, "no daemon answers at {}", socket.string()).with_code("TD0140").with_next("tandem serve");
}

void sleep(Duration duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any sleeper;
  std::unique_lock lock(mutex);
  sleeper.wait_for(lock, stop, duration, [] { return false; });
}

bool answers(const std::filesystem::path& socket) {
  std::error_code code;
  if (!std::filesystem::exists(socket, code)) return false;
  const auto healthy = fetch({.url = "http://tandem/v1/health", .time_limit = std::chrono::seconds{5}, .unix_socket = socket});
  return healthy && healthy->status == 200;
}

std::string text_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const auto* at = &value;
  for (const auto name : path) {
    const auto* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(name);
    if (at == nullptr) return "";
  }
  return at->is_string() ? std::string(at->as_string()) : "";
}

/// The ids of runs that this one is known to have started, and whether it waits for one that it has not named yet.
struct Started {
  std::vector<std::string> named;
  bool is_unnamed = false;
};
Started started_by(const json::value& run) {
  Started out;
  for (const auto& action : run.at("actions").as_array()) {
    auto named = text_at(action, {"outcome", "detail", "started_run"});
    if (!named.empty()) out.named.push_back(std::move(named));
    else if (text_at(action, {"status"}) == "IN_PROGRESS" && text_at(action, {"identifier"}).starts_with("tandem/start-workflow")) out.is_unnamed = true;
  }
  return out;
}

/// Adds the runs that `run` started, and those that they started, to `out`. What cannot be had is left out.
void gather(Client& client, const json::value& run, std::vector<json::value>& out, const std::stop_token& stop) {
  auto [named, is_unnamed] = started_by(run);
  const auto id = text_at(run, {"id"});
  if (is_unnamed)
    if (const auto list = client.ask("runs", {{"limit", 50}}, stop))
      for (const auto& brief : list->document.at("runs").as_array())
        if (text_at(brief, {"cause"}) == id) named.push_back(text_at(brief, {"id"}));
  std::set<std::string> known;
  for (const auto& each : out) known.insert(text_at(each, {"id"}));
  for (const auto& name : named) {
    if (out.size() >= runs_max || !known.insert(name).second) continue;
    const auto answer = client.ask("runs", {{"run", name}}, stop);
    if (!answer) continue;
    out.push_back(answer->document.at("run"));
    gather(client, answer->document.at("run"), out, stop);
  }
}

/// The freeze that holds one of these runs, with nothing of that run under way.
std::string freeze_before(const std::vector<json::value>& runs) {
  for (const auto& run : runs) {
    std::string held;
    bool is_moving = false;
    for (const auto& action : run.at("actions").as_array()) {
      is_moving = is_moving || text_at(action, {"status"}) == "IN_PROGRESS";
      if (text_at(action, {"status"}) == "QUEUED" && text_at(action, {"rule"}) == "frozen")
        held = fmt::format("{}: {} waits: {}", text_at(run, {"id"}), text_at(action, {"name"}), text_at(action, {"reason"}));
    }
    if (!held.empty() && !is_moving) return held;
  }
  return "";
}

bool has_ended(const json::value& document) {
  const auto status = run_status_from(text_at(document, {"run", "status"}));
  return status && is_final(*status);
}

}  // namespace

Error error_of(const json::value& document) {
  Fields fields(document, "an error");
  auto error = failure(fault_from(fields.string_or("fault", "")).value_or(Fault::Broken), "{}", fields.string_or("what", "no reason was given"));
  error.code = fields.string_or("code", "");
  error.next = fields.string_or("next", "");
  const auto* found = fields.find("place");
  if (found == nullptr) return error;
  Fields place(*found, "a place");
  error.place = Place{place.string_or("file", ""), static_cast<int>(place.integer_or("line", 0)), static_cast<int>(place.integer_or("column", 0))};
  return error;
}

Result<Answer> ask_daemon_at(const std::filesystem::path& socket, const std::string& command, const json::object& arguments, std::stop_token stop) {
  const auto fetched = fetch({.method = "POST", .url = "http://tandem/v1/commands/" + command,
                              .headers = {{"Content-Type", "application/json"}}, .body = to_text(arguments), .time_limit = Duration{0},
                              .unix_socket = socket, .stop = std::move(stop)});
  if (!fetched && fetched.error().fault == Fault::Cancelled) return fetched.error();
  if (!fetched) return no_daemon(socket);
  const auto reply = TRY(parse_json(fetched->body, "the daemon's reply"), "asking tandem {}", command);
  Fields fields(reply, "the daemon's reply");
  const auto exit = static_cast<int>(fields.integer_or("exit", 2));
  if (const auto* error = fields.find("error")) return error_of(*error);
  const auto* document = fields.find("document");
  if (fetched->status != 200 || document == nullptr) return failure(Fault::Broken, "the daemon answered {} to tandem {}", fetched->status, command).with_code("TD0141");
  return Answer{*document, exit};
}

Client::Client(Surroundings surroundings) : surroundings_(std::move(surroundings)), folders_{surroundings_.configuration.state_folder} {}
Client::~Client() = default;

std::unique_ptr<Client> Client::open(Surroundings surroundings) {
  std::unique_ptr<Client> client(new Client(std::move(surroundings)));
  client->has_daemon_ = answers(client->folders_.socket());
  return client;
}

Result<Office*> Client::office() {
  if (office_ == nullptr) {
    shop_ = TRY(Workshop::open(surroundings_.configuration, surroundings_.file, surroundings_.clock, surroundings_.open_target));
    office_ = std::make_unique<Office>(*shop_);
  }
  return office_.get();
}

Result<Answer> Client::ask(const std::string& command, const json::object& arguments, std::stop_token stop) {
  if (has_daemon_) return ask_daemon_at(folders_.socket(), command, arguments, std::move(stop));
  const bool is_first = office_ == nullptr;
  auto* const here = TRY(office());
  const bool starts_work = command == "run" || command == "deploy";
  if (is_first && starts_work) TRY(here->resume(), "going on with unfinished runs");
  return here->perform(command, arguments);
}

Result<Followed> follow(Client& client, const std::string& run, Patience patience, const OnRuns& on_runs, std::stop_token stop) {
  Answer last;
  std::int64_t seen = 0;
  int failures = 0;
  auto name = run;
  while (!stop.stop_requested()) {
    auto answer = client.ask("runs", {{"run", name}, {"wait_ms", between_looks.count()}, {"seen", seen}}, stop);
    if (!answer && answer.error().fault == Fault::Cancelled) break;
    if (!answer) {
      if (answer.error().fault != Fault::Unavailable || !client.has_daemon() || ++failures > failures_max) return answer.error();
      sleep(between_looks, stop);
      continue;
    }
    failures = 0;
    last = std::move(*answer);
    name = text_at(last.document, {"run", "id"});              // "the newest" must stay the same run
    Fields fields(last.document, "the daemon's reply");
    seen = fields.integer_or("seen", 0);
    last.exit = static_cast<int>(fields.integer_or("exit", 2));
    std::vector<json::value> runs{last.document.at("run")};
    gather(client, last.document.at("run"), runs, stop);
    on_runs(runs);
    if (has_ended(last.document)) return Followed{std::move(last), true};
    if (auto held = patience == Patience::UntilHeld ? freeze_before(runs) : ""; !held.empty()) {
      last.exit = 5;
      last.document.as_object()["exit"] = 5;
      return Followed{std::move(last), false, std::move(held)};
    }
  }
  return Followed{std::move(last), false};
}

Result<Followed> follow_logs(Client& client, json::object arguments, const OnLog& on_log, std::stop_token stop) {
  Answer last;
  while (!stop.stop_requested()) {
    auto answer = client.ask("logs", arguments, stop);
    if (!answer && answer.error().fault == Fault::Cancelled) break;
    last = TRY(std::move(answer));
    on_log(last.document);
    Fields fields(last.document, "the logs");
    const bool is_empty = fields.list("lines").empty();
    if (fields.boolean_or("final", false) && is_empty) return Followed{std::move(last), true};
    arguments["run"] = fields.string_or("run", "");
    arguments["offsets"] = fields.object("offsets");
    if (is_empty) sleep(between_looks, stop);
  }
  return Followed{std::move(last), false};
}

}  // namespace tandem::run
