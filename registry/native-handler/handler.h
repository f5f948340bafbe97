// What a native handler is: a shared object with one function. Plain C, so that any language can make one, and so that
// the bootstrap and its handlers need not be built by the same compiler.
#ifndef TANDEM_HANDLER_H
#define TANDEM_HANDLER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// One request: the event as Lambda hands it over (JSON), alive until the function returns.
struct tandem_invocation {
  const char* event;
  size_t event_size;
  const char* request_id;
  long long deadline_ms;        // Unix time in milliseconds
};

struct tandem_header {
  const char* name;
  const char* value;
};

// The answer. Zero-filled before the call. `body` comes from malloc and is freed by the bootstrap; headers must stay alive
// until the next call.
struct tandem_answer {
  int status;                   // 200
  const struct tandem_header* headers;
  size_t header_count;
  char* body;
  size_t body_size;
};

// Exported by every handler. 0 = answered; anything else is told to Lambda as a failure, without details. No exception may
// leave it.
int tandem_handle(const struct tandem_invocation* invocation, struct tandem_answer* answer);

#ifdef __cplusplus
}
#endif

#endif
