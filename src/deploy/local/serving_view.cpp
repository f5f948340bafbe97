#include "deploy/local/serving_view.hpp"

#include <set>
#include <thread>

namespace tandem::deploy::local {
namespace {

constexpr std::chrono::seconds drain_limit{31};   // a little more than an integration may take
/// A handler that has returned has not yet been sent: its bytes need this long to leave on loopback.
constexpr std::chrono::milliseconds last_bytes{20};

}  // namespace

std::string listener_key(const Api& api) { return "api " + api.stack + "/" + api.logical_id; }
std::string listener_key(const Site& site) { return "site " + site.stack + "/" + site.logical_id; }

void View::Listener::drain() {
  std::unique_lock lock(mutex);
  closing = true;
  const bool was_busy = under_way > 0;
  quiet.wait_for(lock, drain_limit, [&] { return under_way == 0; });
  lock.unlock();
  if (was_busy) std::this_thread::sleep_for(last_bytes);
  server.reset();
}

View::~View() {
  for (auto& [key, listener] : listeners_) listener->drain();
}

Result<std::uint16_t> View::listen(const std::string& key) {
  if (const auto known = listeners_.find(key); known != listeners_.end()) return known->second->server->port();
  auto listener = std::make_unique<Listener>();
  // A little over what a gateway takes, so that it is the gateway that refuses.
  const HttpServer::Limits limits{.body_bytes = (10UL << 20) + (1UL << 20), .connections = 1000, .idle = std::chrono::seconds(60)};
  const auto handler = [this, key, of = listener.get()](const HttpRequest& request) { return answer(key, *of, request); };
  listener->server = TRY(ports_ == nullptr ? HttpServer::listen(0, handler, limits) : ports_->listen(key, handler, limits));
  const auto port = listener->server->port();
  listeners_[key] = std::move(listener);
  return port;
}

Result<Addresses> View::listen_for(const Scene& scene) {
  Addresses addresses;
  for (const auto& api : scene.apis) {
    const auto port = TRY(listen(listener_key(api)), "listening for API {}", api.logical_id);
    addresses.apis[api.id] = fmt::format("http://127.0.0.1:{}", port);
  }
  for (const auto& site : scene.sites) {
    const auto port = TRY(listen(listener_key(site)), "listening for distribution {}", site.logical_id);
    addresses.sites[site.id] = fmt::format("http://127.0.0.1:{}", port);
  }
  return addresses;
}

std::uint16_t View::port(const std::string& key) const { return listeners_.at(key)->server->port(); }

std::shared_ptr<const Shown> View::swap(std::shared_ptr<const Shown> shown) {
  return shown_.with([&](auto& current) { return std::exchange(current, std::move(shown)); });
}

std::shared_ptr<const Shown> View::shown() const {
  return shown_.with([](const auto& current) { return current; });
}

void View::close_all_but(const Scene& scene) {
  std::set<std::string> wanted;
  for (const auto& api : scene.apis) wanted.insert(listener_key(api));
  for (const auto& site : scene.sites) wanted.insert(listener_key(site));
  std::erase_if(listeners_, [&](auto& entry) {
    if (wanted.count(entry.first) > 0) return false;
    entry.second->drain();
    return true;
  });
}

HttpResponse View::answer(const std::string& key, Listener& listener, const HttpRequest& request) {
  {
    const std::lock_guard lock(listener.mutex);
    if (listener.closing) return {.status = 503, .headers = {{"Connection", "close"}}, .body = "this view is going away\n"};
    ++listener.under_way;
  }
  struct Leaving {
    Listener& of;
    ~Leaving() {
      const std::lock_guard lock(of.mutex);
      if (--of.under_way == 0) of.quiet.notify_all();
    }
  } const leaving{listener};
  const auto began = std::chrono::steady_clock::now();
  auto response = serve(key, request);
  metrics_.count(response.status, std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began));
  return response;
}

HttpResponse View::serve(const std::string& key, const HttpRequest& request) const {
  const auto seen = shown();  // held to the end of the request, whatever is switched meanwhile
  if (seen) {
    if (const auto gateway = seen->gateways.find(key); gateway != seen->gateways.end()) return gateway->second->answer(request);
    if (const auto site = seen->sites.find(key); site != seen->sites.end()) return site->second->answer(request);
  }
  return json_response(404, R"({"message":"Not Found"})");
}

}  // namespace tandem::deploy::local
