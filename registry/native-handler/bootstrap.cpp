// Lambda starts this file. It loads the first handler of the chain that can be loaded and lets it answer every event.
// A handler that stands in for another says so: header x-tandem-fallback, "fallback": true in /health, a metric in the log.

#include <dlfcn.h>
#include <time.h>

#include "handler.h"
#include "runtime_api.h"

namespace tandem {
namespace {

using Handle = int (*)(const tandem_invocation*, tandem_answer*);
constexpr const char* default_chain = "integrated_api_handler\nenhanced_api_handler\napi_handler\n";
constexpr size_t name_max = 200;

const char* setting(const char* name, const char* otherwise) {
  const char* const value = getenv(name);
  return value == nullptr || *value == 0 ? otherwise : value;
}

/// What serves, and whether it was meant to.
struct Serving {
  char name[name_max] = "";
  Handle handle = nullptr;
  bool is_fallback = false;
};

/// tandem-handlers of the function's folder: one name a line, by priority.
void read_chain(const char* folder, Text& chain) {
  Text path;
  path.add(folder).add("/tandem-handlers");
  FILE* const file = fopen(path.c_str(), "re");
  if (file == nullptr) {
    chain.add(default_chain);
    return;
  }
  char piece[512];
  for (size_t got = 0; (got = fread(piece, 1, sizeof piece, file)) > 0;) chain.add(Piece(piece, got));
  fclose(file);
}

bool is_name(Piece name) {
  if (!name || name.size >= name_max) return false;
  for (size_t at = 0; at < name.size; ++at)
    if (name.data[at] == '/' || name.data[at] == 0) return false;
  return name.data[0] != '.';
}

Handle load(const char* folder, const char* name) {
  Text path;
  path.add(folder).add("/").add(name).add(".so");
  // Before it is loaded: it may ask while it starts.
  setenv("TANDEM_SERVING_HANDLER", name, 1);
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const found = library == nullptr ? nullptr : dlsym(library, "tandem_handle");
  if (found == nullptr) fprintf(stderr, "tandem: %s cannot be loaded: %s\n", name, dlerror());
  return reinterpret_cast<Handle>(found);
}

/// The first of the chain that can be loaded, from the one that the function's Handler names.
bool find_handler(const char* folder, Serving& serving) {
  Text chain;
  read_chain(folder, chain);
  const Piece wanted(setting("_HANDLER", ""));
  const char* line = chain.c_str();
  bool is_reached = strstr(chain.c_str(), wanted.data) == nullptr, is_first = true;
  while (*line != 0) {
    const size_t size = strcspn(line, "\r\n");
    const Piece name(line, size);
    line += size + strspn(line + size, "\r\n");
    is_reached = is_reached || !wanted || name.is(wanted);
    if (!is_reached || !is_name(name)) continue;
    memcpy(serving.name, name.data, name.size);
    serving.name[name.size] = 0;
    serving.handle = load(folder, serving.name);
    serving.is_fallback = !is_first;
    is_first = false;
    if (serving.handle != nullptr) return true;
  }
  return false;
}

Piece path_of(Piece event) {
  Piece path;
  each_member(event, [&](Piece name, Piece value) {
    if ((name.is("path") || name.is("rawPath")) && value.size > 1 && value.data[0] == '"') path = Piece(value.data + 1, value.size - 2);
  });
  return path;
}

/// A stand-in is never healthy, whatever it says of itself. What is no JSON object stays as it is.
void mark_health(Piece body, const Serving& serving, Text& out) {
  out.add("{\"status\":\"degraded\",\"fallback\":true,\"handler\":").add_quoted(serving.name);
  const bool is_object = each_member(body, [&](Piece name, Piece value) {
    if (name.is("status") || name.is("fallback") || name.is("handler")) return;
    out.add(",\"").add(name).add("\":").add(value);
  });
  out.add("}");
  if (is_object) return;
  out.clear();
  out.add(body);
}

/// One line in the embedded metric format.
void count(const Serving& serving) {
  printf("{\"_aws\":{\"Timestamp\":%lld,\"CloudWatchMetrics\":[{\"Namespace\":\"Tandem\",\"Dimensions\":[[\"Handler\"]],"
         "\"Metrics\":[{\"Name\":\"FallbackResponses\",\"Unit\":\"Count\"}]}]},\"Handler\":\"%s\",\"FallbackResponses\":1}\n",
         static_cast<long long>(time(nullptr)) * 1000, serving.name);
  fflush(stdout);
}

/// The answer as a REST API wants it.
void write_response(const tandem_answer& answer, const Serving& serving, Piece path, Text& out) {
  const Piece body(answer.body == nullptr ? "" : answer.body, answer.body == nullptr ? 0 : answer.body_size);
  out.add("{\"statusCode\":").add(static_cast<long long>(answer.status)).add(",\"headers\":{\"x-tandem-handler\":").add_quoted(serving.name);
  if (serving.is_fallback) out.add(",\"x-tandem-fallback\":").add_quoted(serving.name);
  for (size_t at = 0; at < answer.header_count; ++at) {
    const auto& header = answer.headers[at];
    if (strncasecmp(header.name, "x-tandem-", 9) == 0) continue;
    out.add(",").add_quoted(header.name).add(":").add_quoted(header.value);
  }
  out.add("},\"isBase64Encoded\":false,\"body\":");
  Text marked;
  const bool is_health = path.ends_with("/health") || path.ends_with("/health/");
  if (serving.is_fallback && is_health) mark_health(body, serving, marked);
  else marked.add(body);
  out.add_quoted(marked.piece()).add("}");
}

bool answer(RuntimeApi& api, const Invocation& invocation, const Serving& serving) {
  const tandem_invocation asked{invocation.event.c_str(), invocation.event.size(), invocation.request_id.c_str(), invocation.deadline_ms};
  tandem_answer said{};
  const int failed = serving.handle(&asked, &said);
  if (serving.is_fallback) count(serving);
  Text text;
  if (failed == 0) write_response(said, serving, path_of(invocation.event.piece()), text);
  free(said.body);
  if (failed == 0) return api.respond(invocation, text.piece());
  fprintf(stderr, "tandem: %s failed with %d\n", serving.name, failed);
  return api.fail(invocation, "{\"errorMessage\":\"the handler failed\",\"errorType\":\"Handler.Failed\",\"stackTrace\":[]}");
}

int run() {
  RuntimeApi api(setting("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"));
  Serving serving;
  if (!find_handler(setting("LAMBDA_TASK_ROOT", "."), serving)) {
    api.fail_init("{\"errorMessage\":\"no handler of the chain can be loaded\",\"errorType\":\"Runtime.NoHandler\",\"stackTrace\":[]}");
    return 1;
  }
  if (serving.is_fallback) fprintf(stderr, "tandem: %s serves instead\n", serving.name);
  Invocation invocation;
  while (api.next(invocation))
    if (!answer(api, invocation, serving)) break;
  fprintf(stderr, "tandem: the Runtime API is gone\n");
  return 1;
}

}  // namespace
}  // namespace tandem

int main() { return tandem::run(); }
