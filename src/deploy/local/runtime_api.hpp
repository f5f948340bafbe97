#pragma once
// The Lambda Runtime API as one function process sees it: a listener of its own, so that no header is trusted to
// say who calls.

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem::deploy::local {

constexpr size_t payload_bytes_max = 6'291'556;   ///< of an event and of a response

/// One event as `next` hands it out.
struct RuntimeEvent {
  std::string request_id;
  std::string payload;
  Instant deadline{};
  std::string function_arn;     ///< with the alias or version that was invoked
  std::string trace_id;
  std::string client_context{};
};

/// What the runtime said about an event or about its initialisation.
struct RuntimeAnswer {
  bool failed = false;
  std::string payload;
  std::string error_type{};     ///< Lambda-Runtime-Function-Error-Type, when it failed
};

/// Hears what the runtime does, on the threads of its connections. Must not destroy the RuntimeApi.
class RuntimeFollower {
 public:
  virtual ~RuntimeFollower() = default;
  virtual void on_ready() = 0;                                 ///< it asks for the next event; it has none yet
  virtual void on_answer(const std::string& request_id, RuntimeAnswer answer) = 0;
  virtual void on_init_error(RuntimeAnswer answer) = 0;
};

class RuntimeApi {
 public:
  /// 127.0.0.1, any free port. Errors: Unavailable.
  static Result<std::unique_ptr<RuntimeApi>> listen(RuntimeFollower& follower);
  ~RuntimeApi();                                               ///< closes
  RuntimeApi(const RuntimeApi&) = delete;

  std::string address() const;                                 ///< host:port
  /// Gives the runtime its next event. Only after `on_ready`, once for each. Nothing happens when it is closed.
  void give(RuntimeEvent event);
  /// Answers those who wait with an error and waits for their threads; the follower hears nothing any more. By one
  /// thread, that is none of the follower's.
  void close();

 private:
  struct State;
  explicit RuntimeApi(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::deploy::local
