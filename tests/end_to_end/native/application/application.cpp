// A People API that holds nobody: a native application, as small as one can be that keeps the public part of the contract.
#include "handler.h"
#include "text.h"

using tandem::Piece;
using tandem::Text;

namespace {

constexpr tandem_header headers[] = {{"Content-Type", "application/json"}};

const char* setting(const char* name) {
  const char* const value = getenv(name);
  return value == nullptr ? "" : value;
}

/// The value of a JSON text member, or nothing.
Piece member(Piece object, const char* wanted) {
  Piece found;
  tandem::each_member(object, [&](Piece name, Piece value) {
    if (name.is(wanted) && value.size > 1 && value.data[0] == '"') found = Piece(value.data + 1, value.size - 2);
  });
  return found;
}

/// What synchronisation wrote beside this library.
void read_metadata(Text& out) {
  Text path;
  path.add(setting("LAMBDA_TASK_ROOT")).add("/sync-metadata.json");
  FILE* const file = fopen(path.c_str(), "re");
  if (file == nullptr) return;
  char piece[512];
  for (size_t got = 0; (got = fread(piece, 1, sizeof piece, file)) > 0;) out.add(Piece(piece, got));
  fclose(file);
}

void write_health(Text& out) {
  Text metadata;
  read_metadata(metadata);
  out.add("{\"status\":\"healthy\",\"features\":{\"native\":true},\"build\":{\"commit\":").add_quoted(member(metadata.piece(), "source_commit"));
  out.add(",\"release\":").add_quoted(setting("TANDEM_RELEASE")).add("},\"handler\":").add_quoted(setting("TANDEM_SERVING_HANDLER"));
  out.add(",\"fallback\":false}");
}

/// 200 /health, 401 where a token is needed, 405 for a wrong method, 404 for the rest.
int status_of(Piece method, Piece path) {
  const bool gets = method.is("GET");
  if (path.is("/health")) return gets ? 200 : 405;
  if (path.is("/auth/login")) return method.is("POST") ? 401 : 405;
  if (path.is("/people")) return gets || method.is("POST") ? 401 : 405;
  const bool is_person = path.size > 8 && memcmp(path.data, "/people/", 8) == 0 && memchr(path.data + 8, '/', path.size - 8) == nullptr;
  if (is_person || path.is("/auth/me") || path.is("/auth/logout")) return 401;
  return 404;
}

}  // namespace

extern "C" int application_answer(const tandem_invocation* invocation, tandem_answer* answer) {
  const Piece event(invocation->event, invocation->event_size);
  Text body;
  answer->status = status_of(member(event, "httpMethod"), member(event, "path"));
  if (answer->status == 200) write_health(body);
  else body.add("{\"message\":\"not for you\"}");
  answer->headers = headers;
  answer->header_count = 1;
  answer->body = strdup(body.c_str());
  answer->body_size = body.size();
  return answer->body == nullptr ? 1 : 0;
}
