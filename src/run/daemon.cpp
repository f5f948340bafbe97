#include "run/daemon.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "event/webhook.hpp"
#include "run/pruning.hpp"

namespace tandem::run {
namespace {

HttpResponse response_of(const Answer& answer) {
  return json_response(200, to_text(json::object{{"exit", answer.exit}, {"document", answer.document}, {"error", nullptr}}));
}

/// The body tells all; the status is for programs that look at nothing else.
HttpResponse response_of(const Error& error) {
  const int status = error.code == "TD0130" ? 429 : error.code == "TD0510" ? 507 : error.fault == Fault::Unavailable ? 503 : 200;
  auto response = json_response(status, to_text(json::object{{"exit", exit_code_of(error)}, {"document", nullptr}, {"error", document_of(error)}}));
  if (status != 200) response.headers.set("Retry-After", status == 429 ? "30" : "5");
  return response;
}

/// Only this machine's own names: a page elsewhere cannot talk to us through a name it points here.
bool is_own_host(const HttpRequest& request) {
  const auto host = request.headers.find("Host").value_or("");
  const auto name = host.substr(0, host.rfind(':'));
  return name == "127.0.0.1" || name == "localhost" || name == "[::1]";
}

/// GET /v1/... on the HTTP side: what may be read without the socket, and the command that says it.
struct Page {
  std::string command;
  json::object arguments;
};
std::optional<Page> page_of(const HttpRequest& request) {
  const auto parts = split(request.path, '/');
  if (parts.size() < 3 || parts[1] != "v1") return std::nullopt;
  json::object arguments;
  for (const auto& [name, value] : parse_query(request.query))
    if (name == "limit" || name == "before" || name == "after") arguments[name] = std::atoll(value.c_str());
    else if (name == "repo" || name == "workflow" || name == "status" || name == "action" || name == "env") arguments[name] = value;
  const auto& noun = parts[2];
  if (parts.size() == 3 && (noun == "status" || noun == "runs" || noun == "releases" || noun == "environments" || noun == "metrics"))
    return Page{noun, arguments};
  if (parts.size() == 3 && noun == "audit") return Page{"audit", arguments};
  if (parts.size() >= 4 && noun == "runs") arguments["run"] = percent_decoded(parts[3]);
  if (parts.size() == 4 && noun == "runs") return Page{"runs", arguments};
  if (parts.size() == 5 && noun == "runs" && (parts[4] == "logs" || parts[4] == "artifacts" || parts[4] == "why")) return Page{parts[4], arguments};
  if (parts.size() == 6 && noun == "runs" && parts[4] == "artifacts") {
    arguments["name"] = percent_decoded(parts[5]);
    return Page{"artifacts", arguments};
  }
  return std::nullopt;
}

constexpr std::string_view webhooks = "/v1/webhooks/";

HttpResponse refusal(int status, const Error& error) { return json_response(status, to_text(document_of(error))); }

/// What the notes of a commit say, newest state per context.
HttpResponse statuses_of(Workshop& shop, const CommitId& commit) {
  json::array found;
  const auto store = shop.objects();
  if (!store) return refusal(503, store.error());
  for (const auto& repository : shop.configuration.repositories) {
    const auto note = store->note(repository.name + "/tandem", commit);
    if (!note || !*note) continue;
    if (const auto parsed = parse_json(**note, "the note")) found.push_back({{"repository", repository.name}, {"note", *parsed}});
  }
  return json_response(found.empty() ? 404 : 200, to_text(json::object{{"schema", "tandem.commit-statuses/1"}, {"commit", commit.value}, {"notes", found}}));
}

/// Every idle connection holds a descriptor, of the 1024 that a program begins with; runs must not fail for want of one.
void raise_descriptor_limit() {
  constexpr rlim_t wanted = 16384;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log(Level::Warning, "daemon.few_descriptors", {{"error", std::strerror(errno)}});
}

}  // namespace

Daemon::Daemon(Workshop& shop) : office_(shop), scheduler_(office_) {}

Result<std::unique_ptr<Daemon>> Daemon::start(Workshop& shop, const DaemonOptions& options) {
  raise_descriptor_limit();
  std::unique_ptr<Daemon> daemon(new Daemon(shop));
  for (const auto& environment : shop.configuration.environments) {
    const auto opened = shop.target(environment.name);
    if (!opened) return Error(std::move(opened.error())).during("starting the daemon");
  }
  TRY(daemon->office_.resume(), "going on with unfinished runs");
  const auto handler = [raw = daemon.get()](const HttpRequest& request) { return raw->answer(request); };
  const auto socket = shop.folders.socket();
  daemon->socket_ = TRY(HttpServer::listen_unix(socket, handler), "listening at {}", socket.string());
  daemon->http_ = TRY(HttpServer::listen(options.port, handler), "listening on port {}", options.port);
  daemon->address_ = {fmt::format("http://127.0.0.1:{}", daemon->http_->port()), socket.string(), ::getpid()};
  TRY(replace_file(shop.folders.daemon(),
                   to_pretty_text(json::object{{"pid", daemon->address_.pid}, {"url", daemon->address_.url}, {"socket", daemon->address_.socket}}), 0600));
  TRY(shop.ledger->record("daemon.started", "daemon", json::object{{"pid", daemon->address_.pid}, {"url", daemon->address_.url}}));
  daemon->watcher_ = std::jthread([raw = daemon.get(), options](std::stop_token stop) { raw->watch_repositories(stop, options); });
  return daemon;
}

Daemon::~Daemon() {
  watcher_.request_stop();
  if (watcher_.joinable()) watcher_.join();
  auto& shop = office_.shop();
  if (auto gone = tandem::remove_all(shop.folders.daemon()); !gone) log(Level::Warning, "daemon.file_left", {{"error", gone.error().what}});
}

HttpResponse Daemon::answer(const HttpRequest& request) {
  constexpr std::string_view commands = "/v1/commands/";
  const bool from_socket = request.peer.empty();
  if (request.path.starts_with(webhooks)) return hear_webhook(request);   // comes through a proxy of another name; its signature counts
  if (!from_socket && !is_own_host(request)) return json_response(403, R"({"message":"ask 127.0.0.1"})");
  if (request.path == "/v1/health") return json_response(200, R"({"status":"healthy"})");
  if (request.method == "POST" && request.path.starts_with(commands)) {
    if (!from_socket) return json_response(403, R"({"message":"commands are taken at the unix socket only"})");
    const auto arguments = parse_json(request.body.empty() ? "{}" : request.body, "the arguments");
    if (!arguments || !arguments->is_object()) return response_of(failure(Fault::Invalid, "the arguments are no JSON object").with_code("TD0102"));
    const auto answer = office_.perform(request.path.substr(commands.size()), arguments->as_object());
    return answer ? response_of(*answer) : response_of(answer.error());
  }
  if (request.method != "GET" && request.method != "HEAD") return json_response(405, R"({"message":"only GET here"})");
  const auto parts = split(request.path, '/');
  if (parts.size() == 5 && parts[1] == "v1" && parts[2] == "commits" && parts[4] == "statuses") return statuses_of(office_.shop(), CommitId{parts[3]});
  const auto page = page_of(request);
  if (!page) return json_response(404, R"({"message":"no such page; try /v1/status, /v1/runs, /v1/releases"})");
  const auto answer = office_.perform(page->command, page->arguments);
  if (answer) return json_response(200, to_text(answer->document));
  return json_response(answer.error().fault == Fault::Missing ? 404 : 400, to_text(document_of(answer.error())));
}

/// A delivery that is proven makes us look at the repository, and that is all it does: what was pushed is read there. Telling
/// it twice, or not at all, changes nothing but how soon we look.
HttpResponse Daemon::hear_webhook(const HttpRequest& request) {
  if (request.method != "POST") return json_response(405, R"({"message":"only POST here"})");
  const auto name = percent_decoded(request.path.substr(webhooks.size()));
  const auto& shop = office_.shop();
  const auto* repository = shop.configuration.find_repository(name);
  if (repository == nullptr || repository->webhook_secrets.empty())
    return refusal(404, failure(Fault::Missing, "no repository of this name takes webhooks").with_code("TD0150").with_next("name it as in tandem.yaml, and give it webhook-secrets there"));
  std::vector<std::string> secrets;
  for (const auto& each : repository->webhook_secrets)
    if (const auto secret = shop.secrets.find(each); secret && *secret) secrets.push_back(**secret);
  if (secrets.empty())
    return refusal(503, failure(Fault::Unavailable, "none of the secrets that webhook-secrets of {} names is set", name).with_code("TD0153").with_next("tandem secrets set " + repository->webhook_secrets.front()));
  const auto delivery = event::read_delivery(request.headers, request.body, secrets, shop.clock.now());
  if (!delivery) {
    log(Level::Warning, "webhook.refused", {{"repository", name}, {"peer", request.peer}, {"error", delivery.error().what}});
    return refusal(delivery.error().fault == Fault::Denied ? 401 : 400, delivery.error());
  }
  log(Level::Info, "webhook.heard", {{"repository", name}, {"event", delivery->event}, {"delivery", delivery->id}, {"branch", delivery->branch}});
  const bool looks = delivery->kind == event::Delivery::Kind::Push || delivery->kind == event::Delivery::Kind::PullRequest;
  json::object said{{"repository", name}, {"event", delivery->event}, {"looks", looks}};
  if (delivery->kind == event::Delivery::Kind::Other) said["note"] = "this starts nothing: pushes and pull requests do";
  if (delivery->pull_request) {
    auto told = *delivery->pull_request;
    told.repository = name;
    const auto heard = PullRequests(office_).hear(std::move(told), delivery->actor);
    if (!heard) return refusal(heard.error().fault == Fault::Invalid ? 400 : 503, heard.error());
  }
  if (!looks) return json_response(200, to_text(said));
  {
    const std::lock_guard lock(told_mutex_);
    auto& branches = told_[name];
    if (!delivery->branch.empty()) branches[delivery->branch] = delivery->actor;
    told_news_.notify_all();
  }
  return json_response(202, to_text(said));
}

/// The safety net under the hooks: a push that nobody told of is found by looking.
void Daemon::watch_repositories(std::stop_token stop, DaemonOptions options) {
  std::map<std::string, std::chrono::steady_clock::time_point> next;
  while (!stop.stop_requested()) {
    Told told;
    {
      const std::lock_guard lock(told_mutex_);
      told.swap(told_);
    }
    for (const auto& repository : office_.shop().configuration.repositories) {
      const auto now = std::chrono::steady_clock::now();
      if (now < next[repository.name] && !told.contains(repository.name)) continue;
      next[repository.name] = now + (repository.is_here() ? options.poll_local : options.poll_remote);
      const auto looked = look_at(repository, told[repository.name]);
      if (!looked) log(Level::Warning, "repository.unreachable", {{"repository", repository.name}, {"error", looked.error().what}});
    }
    prune_now_and_then();
    if (const auto fired = scheduler_.look(); !fired) log(Level::Warning, "schedule.not_read", {{"error", fired.error().what}});
    std::unique_lock lock(told_mutex_);
    told_news_.wait_for(lock, stop, std::min<Duration>(options.poll_local, std::chrono::seconds{1}), [this] { return !told_.empty(); });
  }
}

/// At the start and every hour. The journal's file keeps its size: what is free in it is used again.
void Daemon::prune_now_and_then() {
  constexpr auto between = std::chrono::hours{1};
  const auto now = std::chrono::steady_clock::now();
  auto& shop = office_.shop();
  if (!shop.configuration.prunes_by_itself || (pruned_ && now - *pruned_ < between)) return;
  pruned_ = now;
  const auto pruned = prune(shop, prune_policy(shop));
  if (!pruned) return log(Level::Warning, "history.not_pruned", {{"error", pruned.error().what}});
  if (!pruned->runs.empty())
    log(Level::Info, "history.pruned", {{"runs", static_cast<std::int64_t>(pruned->runs.size())}, {"records", pruned->records}, {"artifacts", pruned->artifacts}});
}

Done Daemon::look_at(const RepositoryConfiguration& repository, const std::map<std::string, std::string>& actors) {
  std::vector<git::RemoteRef> refs;
  if (repository.is_here()) {
    const auto opened = TRY(git::Repository::open(repository.url));
    for (const auto& name : TRY(opened.refs("refs/heads/")))
      if (const auto commit = TRY(opened.find_ref(name))) refs.push_back({name, *commit});
  } else {
    refs = TRY(git::ls_remote(repository.url));
  }
  auto& ledger = *office_.shop().ledger;
  const auto known = TRY(ledger.history([&](store::History& history) { return history.tips(repository.name); }));
  for (const auto& ref : refs) {
    constexpr std::string_view heads = "refs/heads/";
    if (!ref.name.starts_with(heads) || ref.name.starts_with("refs/heads/tandem/")) continue;
    const auto branch = ref.name.substr(heads.size());
    const auto seen = std::ranges::find_if(known, [&](const store::Tip& tip) { return tip.branch == branch; });
    if (seen != known.end() && seen->commit == ref.id) continue;
    if (known.empty()) {  // never looked at before: what is there is the beginning, not news
      TRY(ledger.record("branch.seen", repository.name, json::object{{"repository", repository.name}, {"branch", branch}, {"commit", ref.id.value}}));
      continue;
    }
    const auto actor = actors.find(branch);
    TRY(office_.saw_branch(repository.name, branch, seen == known.end() ? CommitId{} : seen->commit, ref.id, actor == actors.end() ? "push" : actor->second),
        "handling the push of {} to {}", branch, repository.name);
  }
  return PullRequests(office_).look(repository.name);
}

}  // namespace tandem::run
