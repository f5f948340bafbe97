#include "deploy/local/runtime_api.hpp"

#include <condition_variable>
#include <mutex>

#include "base/http.hpp"
#include "base/json.hpp"

namespace tandem::deploy::local {
namespace {

constexpr std::string_view prefix = "/2018-06-01/runtime/";

enum class Phase { Starting, Waiting, Busy, Answered, Failed, Closed };

HttpResponse refusal(int status, std::string_view type, std::string_view message) {
  return json_response(status, to_text(json::object{{"errorMessage", message}, {"errorType", type}}));
}
HttpResponse wrong_state() { return refusal(403, "InvalidStateTransition", "State transition is not allowed"); }
HttpResponse accepted() { return json_response(202, R"({"status":"OK"})"); }

HttpResponse event_response(const RuntimeEvent& event) {
  HttpResponse response{.status = 200,
                        .headers = {{"Content-Type", "application/json"},
                                    {"Lambda-Runtime-Aws-Request-Id", event.request_id},
                                    {"Lambda-Runtime-Deadline-Ms", std::to_string(event.deadline.time_since_epoch().count())},
                                    {"Lambda-Runtime-Invoked-Function-Arn", event.function_arn},
                                    {"Lambda-Runtime-Trace-Id", event.trace_id}},
                        .body = event.payload};
  if (!event.client_context.empty()) response.headers.add("Lambda-Runtime-Client-Context", event.client_context);
  return response;
}

RuntimeAnswer failure_of(const HttpRequest& request) {
  return {true, request.body, request.headers.find("Lambda-Runtime-Function-Error-Type").value_or("Function.Unknown")};
}

}  // namespace

/// One runtime's place in its life. `changed` tells a parked `next` that there is an event or that it is over.
struct RuntimeApi::State {
  explicit State(RuntimeFollower& follower_) : follower(follower_) {}

  RuntimeFollower& follower;
  std::mutex mutex;
  std::condition_variable changed;
  Phase phase = Phase::Starting;
  std::optional<RuntimeEvent> event;     ///< given, not yet fetched
  std::string request_id;                ///< of the event being worked on
  std::optional<HttpServer> server;
  std::string address;

  HttpResponse answer(const HttpRequest& request);
  HttpResponse next();
  HttpResponse init_error(const HttpRequest& request);
  HttpResponse invocation(const HttpRequest& request, std::string_view rest);
};

HttpResponse RuntimeApi::State::next() {
  {
    const std::lock_guard lock(mutex);
    if (phase != Phase::Starting && phase != Phase::Answered) return wrong_state();
    phase = Phase::Waiting;
  }
  follower.on_ready();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return event || phase == Phase::Closed; });
  if (phase == Phase::Closed) return refusal(500, "Extension.Shutdown", "the environment is ending");
  const auto given = *std::exchange(event, std::nullopt);
  return event_response(given);
}

HttpResponse RuntimeApi::State::init_error(const HttpRequest& request) {
  {
    const std::lock_guard lock(mutex);
    if (phase != Phase::Starting) return wrong_state();
    phase = Phase::Failed;
  }
  follower.on_init_error(failure_of(request));
  return accepted();
}

HttpResponse RuntimeApi::State::invocation(const HttpRequest& request, std::string_view rest) {
  const auto slash = rest.rfind('/');
  const auto id = std::string(rest.substr(0, slash));
  const auto verb = rest.substr(slash == std::string_view::npos ? rest.size() : slash + 1);
  if (verb != "response" && verb != "error") return refusal(404, "UnknownOperation", "no such call");
  const bool too_large = request.body.size() > payload_bytes_max;
  {
    const std::lock_guard lock(mutex);
    if (phase != Phase::Busy && phase != Phase::Answered) return wrong_state();
    if (id != request_id) return refusal(400, "InvalidRequestID", "Invalid request ID");
    if (phase == Phase::Answered) return wrong_state();
    phase = Phase::Answered;
  }
  if (too_large && verb == "response") {
    const auto message = fmt::format("Response payload size exceeded maximum allowed payload size ({} bytes).", payload_bytes_max);
    const json::object error{{"errorMessage", message}, {"errorType", "Function.ResponseSizeTooLarge"}};
    follower.on_answer(id, {true, to_text(error), "Function.ResponseSizeTooLarge"});
    return refusal(413, "RequestEntityTooLarge", fmt::format("Exceeded maximum allowed payload size ({} bytes).", payload_bytes_max));
  }
  follower.on_answer(id, verb == "error" ? failure_of(request) : RuntimeAnswer{false, request.body});
  return accepted();
}

HttpResponse RuntimeApi::State::answer(const HttpRequest& request) {
  std::string_view path = request.path;
  if (!path.starts_with(prefix)) return refusal(404, "UnknownOperation", "no such call");
  path.remove_prefix(prefix.size());
  if (request.method == "GET" && path == "invocation/next") return next();
  if (request.method == "POST" && path == "init/error") return init_error(request);
  constexpr std::string_view one = "invocation/";
  if (request.method == "POST" && path.starts_with(one)) return invocation(request, path.substr(one.size()));
  return refusal(404, "UnknownOperation", "no such call");
}

RuntimeApi::RuntimeApi(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<RuntimeApi>> RuntimeApi::listen(RuntimeFollower& follower) {
  auto state = std::make_unique<State>(follower);
  // Room for a response that is too long to be allowed, so that its caller hears why; idle 0: `next` may wait for ever.
  const HttpServer::Limits limits{.body_bytes = 4 * payload_bytes_max, .connections = 64, .idle = std::chrono::seconds(0)};
  state->server = TRY(HttpServer::listen(0, [of = state.get()](const HttpRequest& request) { return of->answer(request); }, limits));
  state->address = fmt::format("127.0.0.1:{}", state->server->port());
  return std::unique_ptr<RuntimeApi>(new RuntimeApi(std::move(state)));
}

RuntimeApi::~RuntimeApi() { close(); }

void RuntimeApi::close() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->phase = Phase::Closed;
  }
  state_->changed.notify_all();
  state_->server.reset();
}

std::string RuntimeApi::address() const { return state_->address; }

void RuntimeApi::give(RuntimeEvent event) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->phase == Phase::Closed) return;
    CHECK(state_->phase == Phase::Waiting);
    state_->phase = Phase::Busy;
    state_->request_id = event.request_id;
    state_->event = std::move(event);
  }
  state_->changed.notify_all();
}

}  // namespace tandem::deploy::local
