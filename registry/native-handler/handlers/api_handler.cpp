// The last handler of the chain: proves that the function itself runs, and does nothing else.
#include <cstdlib>
#include <cstring>

#include "../handler.h"

namespace {

constexpr tandem_header headers[] = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};

/// Good enough for the two paths it knows: the event is Lambda's own, and compact or not, it names the path once.
bool asks_for_health(const tandem_invocation& invocation) {
  return memmem(invocation.event, invocation.event_size, "\"/health\"", 9) != nullptr;
}

}  // namespace

extern "C" int tandem_handle(const tandem_invocation* invocation, tandem_answer* answer) {
  const bool health = asks_for_health(*invocation);
  const char* const body = health ? R"({"status":"healthy","features":{},"build":{"commit":null,"release":null},"handler":"api_handler","fallback":false})"
                                  : R"({"code":"application_absent","message":"no application is part of this deployment; only GET /health is served"})";
  answer->status = health ? 200 : 503;
  answer->headers = headers;
  answer->header_count = 2;
  answer->body = strdup(body);
  answer->body_size = answer->body == nullptr ? 0 : strlen(body);
  return answer->body == nullptr ? 1 : 0;
}
