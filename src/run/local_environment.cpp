#include "run/local_environment.hpp"

#include "base/files.hpp"
#include "base/http.hpp"
#include "base/log.hpp"
#include "deploy/local/engine_tables.hpp"
#include "deploy/local/invoke.hpp"
#include "deploy/local/local_target.hpp"
#include "deploy/local/runtime.hpp"
#include "deploy/local/serving.hpp"
#include "deploy/local/table/engine.hpp"

namespace tandem::run {
namespace {
namespace local = deploy::local;

/// The port that was used before, so that SDKs and functions keep finding us; another one when it is taken.
Result<HttpServer> listen_again(const std::filesystem::path& remembered, HttpServer::Handler handler) {
  std::uint16_t wanted = 0;
  if (const auto text = read_file(remembered)) wanted = static_cast<std::uint16_t>(std::strtoul(text->c_str(), nullptr, 10));
  auto server = HttpServer::listen(wanted, handler);
  if (!server && wanted != 0) server = HttpServer::listen(0, handler);
  auto listening = TRY(std::move(server), "listening for AWS requests");
  TRY(replace_file(remembered, fmt::format("{}\n", listening.port())));
  return listening;
}

/// Members in the order they stand on each other; destroyed from the last to the first.
class LocalHome final : public TargetHome {
 public:
  static Result<std::unique_ptr<TargetHome>> open(const EnvironmentConfiguration& environment, const Folders& folders, const Clock& clock) {
    const auto folder = folders.target(environment.name);
    TRY(make_folders(folder));
    auto home = std::unique_ptr<LocalHome>(new LocalHome);
    home->engine_ = std::make_unique<local::table::Engine>(TRY(local::table::Engine::open(folder / "tables.db", clock)));
    home->edge_ = TRY(listen_again(folder / "edge-port", [raw = home.get()](const HttpRequest& request) { return raw->answer(request); }));
    const auto runtime = TRY(local::ensure_python_runtime(folders.cache() / "python", "python3", [](std::string_view line) {
      log(Level::Info, "python.runtime", {{"line", line}});
    }), "making the Python runtime of functions");
    const auto endpoint = environment.endpoint.empty() ? fmt::format("http://127.0.0.1:{}", home->edge_->port()) : environment.endpoint;
    home->serving_ = TRY(local::Serving::open({.folder = folder / "serving", .python_runtime = runtime, .region = environment.region,
                                               .dynamodb_endpoint = endpoint}, clock));
    home->tables_ = std::make_unique<local::EngineTables>(*home->engine_);
    home->target_ = TRY(local::open_local_target({.folder = folder / "stacks", .region = environment.region}, *home->tables_, *home->serving_, clock));
    return std::unique_ptr<TargetHome>(std::move(home));
  }

  deploy::Target& target() override { return *target_; }

 private:
  LocalHome() = default;

  HttpResponse answer(const HttpRequest& request) {
    if (request.path.starts_with("/2015-03-31/functions/") && serving_ != nullptr) return local::invoke_api(*serving_, "live", request);
    return engine_->handle(request);
  }

  std::unique_ptr<local::table::Engine> engine_;
  std::unique_ptr<local::Tables> tables_;
  std::unique_ptr<local::Serving> serving_;
  std::unique_ptr<deploy::Target> target_;
  std::optional<HttpServer> edge_;     ///< last: no request finds the rest half gone
};

}  // namespace

OpenTarget open_environments(const Clock& clock) {
  return [&clock](const EnvironmentConfiguration& environment, const Folders& folders) -> Result<std::unique_ptr<TargetHome>> {
    if (environment.target == TargetKind::Local) return LocalHome::open(environment, folders, clock);
    return failure(Fault::Invalid, "the environment {} has the target aws, which is not available in this version of tandem", environment.name)
        .with_code("TD0130").with_next("use target: local");
  };
}

}  // namespace tandem::run
