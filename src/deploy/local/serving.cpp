#include "deploy/local/serving.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "base/log.hpp"
#include "deploy/local/invoke.hpp"
#include "deploy/local/serving_view.hpp"

namespace tandem::deploy::local {
namespace {

constexpr std::string_view live = "live";
constexpr std::chrono::seconds warming_limit{15};

/// Everything alive of the serving side. Members are in the order in which they must outlive each other.
class LocalServing final : public Serving {
 public:
  LocalServing(ServingOptions options, const Clock& clock, std::unique_ptr<Nursery> nursery)
      : options_(std::move(options)), logs_(options_.folder / "logs", clock), clock_(clock),
        ground_{.house = {.python_runtime = options_.python_runtime, .region = options_.region, .account = options_.account,
                          .dynamodb_endpoint = options_.dynamodb_endpoint, .sandbox = Sandbox::found_here()},
                .folder = options_.folder, .nursery = *nursery, .logs = logs_, .clock = clock,
                .idle_limit = options_.idle_limit, .processes_max = options_.processes_max},
        gateways_{.logs = logs_, .clock = clock, .region = options_.region, .account = options_.account},
        ports_(options_.folder / "ports.json"), nursery_(std::move(nursery)),
        pools_(std::make_unique<Pools>(ground_)) {}

  ~LocalServing() override {
    views_.with([](auto& views) { return std::exchange(views, {}); });
    pools_.reset();  // ends what runs in the background, too; only then can its threads be waited for
  }

  Result<Addresses> show(const std::string& name, const Scene& scene) override {
    const std::lock_guard one_at_a_time(changing_);
    return show_now(name, scene, {});
  }

  Result<Addresses> become(const std::string& from, const std::string& to, const Scene& scene) override {
    const std::lock_guard one_at_a_time(changing_);
    const auto before = find(from);
    std::set<std::pair<std::string, std::string>> warm;
    if (const auto shown = before ? before->shown() : nullptr)
      for (const auto& pool : shown->functions->pools())
        if (pool->counts().processes > 0) warm.insert({pool->function().name, pool->function().version});
    const auto addresses = TRY(show_now(to, scene, warm), "making {} what {} was", to, from);
    if (from != to) hide_now(from);
    return addresses;
  }

  void hide(const std::string& name) override {
    const std::lock_guard one_at_a_time(changing_);
    hide_now(name);
  }

  Result<Addresses> addresses(const std::string& name) const override { return TRY(shown(name))->addresses; }
  Result<Scene> showing(const std::string& name) const override { return TRY(shown(name))->scene; }

  Result<Invocation> invoke(const std::string& view, const std::string& function, const std::string& qualifier,
                            const std::string& payload, InvokeMode mode) override;
  json::value metrics() const override;
  std::vector<std::string> log_lines(const std::string& group, size_t count) const override {
    return group.empty() ? logs_.names() : logs_.last_lines(group, count);
  }

 private:
  using Warm = std::set<std::pair<std::string, std::string>>;
  std::shared_ptr<View> find(const std::string& name) const {
    return views_.with([&](const auto& views) {
      const auto found = views.find(name);
      return found == views.end() ? nullptr : found->second;
    });
  }

  Result<std::shared_ptr<const Shown>> shown(const std::string& name) const {
    const auto view = find(name);
    auto current = view ? view->shown() : nullptr;
    if (!current) return failure(Fault::Missing, "nothing is shown as {}", name);
    return current;
  }

  Result<Addresses> show_now(const std::string& name, const Scene& scene, const Warm& warm);
  std::shared_ptr<Shown> make_shown(const Scene& scene, const Addresses& addresses, const View& view);
  void hide_now(const std::string& name);
  void run_later(std::shared_ptr<Pool> pool, InvokeOrder order);

  const ServingOptions options_;
  LogGroups logs_;
  const Clock& clock_;
  FunctionGround ground_;
  const GatewayGround gateways_;
  RememberedPorts ports_;
  std::unique_ptr<Nursery> nursery_;
  std::unique_ptr<Pools> pools_;
  std::mutex changing_;                   ///< held while a view changes, never while a request is answered
  Guarded<std::map<std::string, std::shared_ptr<View>>> views_;
  /// An invocation that nobody waits for.
  struct Later {
    std::shared_ptr<std::atomic<bool>> done;
    std::jthread thread;
  };
  Guarded<std::vector<Later>> later_;
};

std::shared_ptr<Shown> LocalServing::make_shown(const Scene& scene, const Addresses& addresses, const View& view) {
  auto shown = std::make_shared<Shown>();
  shown->scene = scene;
  shown->addresses = addresses;
  const auto localised = [of = shown.get()](const std::string& text) { return of->addresses.localised(text, of->scene); };
  shown->functions = std::make_unique<FunctionTable>(scene, *pools_, localised);
  for (const auto& api : scene.apis)
    shown->gateways[listener_key(api)] = std::make_unique<Gateway>(api, *shown->functions, gateways_, view.port(listener_key(api)));
  for (const auto& site : scene.sites) {
    const auto bucket = scene.buckets.find(site.bucket);
    shown->sites[listener_key(site)] =
        std::make_unique<SiteHost>(site, bucket == scene.buckets.end() ? std::string() : bucket->second, localised);
  }
  return shown;
}

Result<Addresses> LocalServing::show_now(const std::string& name, const Scene& scene, const Warm& warm) {
  auto view = find(name);
  const bool is_new = view == nullptr;
  if (is_new) view = std::make_shared<View>(name, name == live ? &ports_ : nullptr);
  const auto addresses = TRY(view->listen_for(scene), "showing {}", name);
  const auto shown = make_shown(scene, addresses, *view);
  for (const auto& pool : shown->functions->pools())
    if (warm.count({pool->function().name, pool->function().version}) > 0)
      pool->warm(std::chrono::steady_clock::now() + warming_limit);
  const auto before = view->swap(shown);
  if (is_new) views_.with([&](auto& views) { views[name] = view; });
  view->close_all_but(scene);
  return addresses;
}

void LocalServing::hide_now(const std::string& name) {
  auto view = views_.with([&](auto& views) {
    auto found = views.extract(name);
    return found.empty() ? nullptr : std::move(found.mapped());
  });
  if (!view) return;
  auto pools = view->shown() ? view->shown()->functions->pools() : std::vector<std::shared_ptr<Pool>>{};
  view.reset();  // waits for its requests
  pools_->end(std::move(pools));
}

Result<Invocation> LocalServing::invoke(const std::string& view, const std::string& function, const std::string& qualifier,
                                        const std::string& payload, InvokeMode mode) {
  const auto seen = TRY(shown(view));
  auto name = FunctionName::parse(function);
  if (!qualifier.empty()) name.qualifier = qualifier;
  const auto found = TRY(seen->functions->find(name, random_draw()));
  Invocation invocation{.status = 200, .payload = {}, .function_error = {}, .executed_version = found.version, .log_tail = {}};
  InvokeOrder order{.request_id = fresh_uuid(), .payload = payload, .function_arn = found.arn};
  if (mode == InvokeMode::Check) {
    invocation.status = 204;
    return invocation;
  }
  if (mode == InvokeMode::Later) {
    run_later(found.pool, std::move(order));
    invocation.status = 202;
    return invocation;
  }
  const auto call = std::make_shared<FunctionCall>(order.request_id);
  const auto invoked = found.pool->invoke(std::move(order), call);
  if (const auto* throttled = std::get_if<Throttled>(&invoked)) {
    invocation.status = 429;
    invocation.payload = to_text(json::object{{"Reason", throttled->reason}, {"Type", "User"}, {"message", "Rate Exceeded."}});
    return invocation;
  }
  const auto& outcome = std::get<FunctionOutcome>(invoked);  // it waits without limit, so nobody gave up
  invocation.payload = outcome.payload;
  if (outcome.failed) invocation.function_error = "Unhandled";
  invocation.log_tail = call->log_tail(std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
  return invocation;
}

/// Once, without the retries of AWS. Threads that are done are let go of when the next one starts.
void LocalServing::run_later(std::shared_ptr<Pool> pool, InvokeOrder order) {
  order.give_up = std::chrono::steady_clock::now() + std::chrono::minutes(15);
  auto done = std::make_shared<std::atomic<bool>>(false);
  std::jthread thread([pool = std::move(pool), order = std::move(order), done] {
    [[maybe_unused]] const auto end = pool->invoke(order);
    *done = true;
  });
  later_.with([&](auto& all) {
    std::erase_if(all, [](const Later& later) { return later.done->load(); });
    all.push_back({std::move(done), std::move(thread)});
  });
}

json::value LocalServing::metrics() const {
  json::object views;
  for (const auto& [name, view] : views_.with([](const auto& all) { return all; })) {
    auto counts = view->metrics().to_json();
    std::uint64_t cold_starts = 0;
    if (const auto seen = view->shown())
      for (const auto& pool : seen->functions->pools()) cold_starts += pool->counts().cold_starts;
    counts["cold_starts"] = cold_starts;
    views[name] = std::move(counts);
  }
  return json::object{{"views", std::move(views)}, {"functions", pools_->metrics()}, {"notes", json_of(ground_.house.sandbox.notes())}};
}

}  // namespace

Result<std::unique_ptr<Serving>> Serving::open(ServingOptions options, const Clock& clock) {
  if (const int swept = sweep_leftovers(options.folder); swept > 0)
    log(Level::Warning, "serving.swept", {{"processes", swept}});
  auto nursery = TRY(Nursery::open());
  return std::unique_ptr<Serving>(std::make_unique<LocalServing>(std::move(options), clock, std::move(nursery)));
}

}  // namespace tandem::deploy::local
