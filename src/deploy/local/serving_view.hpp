#pragma once
// One view of the serving side: its listeners and what they show at the moment.

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/guarded.hpp"
#include "deploy/local/gateway.hpp"
#include "deploy/local/serving.hpp"
#include "deploy/local/serving_metrics.hpp"
#include "deploy/local/serving_ports.hpp"
#include "deploy/local/site.hpp"

namespace tandem::deploy::local {

/// A scene made ready to answer. Whoever answers a request holds it until he is done.
struct Shown {
  Scene scene;
  Addresses addresses;
  std::unique_ptr<FunctionTable> functions;
  std::map<std::string, std::unique_ptr<Gateway>> gateways;   ///< by listener
  std::map<std::string, std::unique_ptr<SiteHost>> sites;     ///< by listener
};

/// A listener keeps its key, "api Stack/LogicalId" or "site Stack/LogicalId", and so its port, across scenes.
std::string listener_key(const Api& api);
std::string listener_key(const Site& site);

class View {
 public:
  /// `ports` is null for views whose addresses nobody needs to find again.
  View(std::string name, RememberedPorts* ports) : name_(std::move(name)), ports_(ports) {}
  /// Waits for requests under way, at most half a minute, then stops listening.
  ~View();

  /// Listens for what `scene` has and is not listened for yet. Errors: Unavailable.
  Result<Addresses> listen_for(const Scene& scene);
  std::uint16_t port(const std::string& key) const;
  /// The switch: requests that come from now on see `shown`. Returns what was shown before.
  std::shared_ptr<const Shown> swap(std::shared_ptr<const Shown> shown);
  std::shared_ptr<const Shown> shown() const;
  /// Stops listening for what `scene` does not have.
  void close_all_but(const Scene& scene);
  const ViewMetrics& metrics() const { return metrics_; }

 private:
  struct Listener {
    std::mutex mutex;
    std::condition_variable quiet;
    int under_way = 0;
    bool closing = false;
    std::optional<HttpServer> server;
    void drain();
  };
  HttpResponse answer(const std::string& key, Listener& listener, const HttpRequest& request);
  HttpResponse serve(const std::string& key, const HttpRequest& request) const;
  Result<std::uint16_t> listen(const std::string& key);

  const std::string name_;
  RememberedPorts* ports_;
  std::map<std::string, std::unique_ptr<Listener>> listeners_;   ///< changed by one thread at a time: the Serving's
  Guarded<std::shared_ptr<const Shown>> shown_;
  ViewMetrics metrics_;
};

}  // namespace tandem::deploy::local
