#pragma once
// The people API in memory, for tests: keeps its contract until it is told to misbehave.

#include <map>
#include <set>
#include <string>
#include <thread>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/guarded.hpp"
#include "base/http.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem::verify {

inline constexpr const char* admin_email = "admin@example.invalid";
inline constexpr const char* admin_password = "only-in-tests";

/// Everything it is told to do wrong is a word in `faults`.
class FakePeopleApi {
 public:
  FakePeopleApi() : server_(*HttpServer::listen(0, [this](const HttpRequest& request) { return answer(request); })) {
    state_.with([](State& state) { state.people["admin"] = person("00000000-0000-4000-8000-00000000000a", {{"firstName", "Ada"}, {"lastName", "Admin"}, {"email", admin_email}, {"isAdmin", true}}); });
    state_.with([](State& state) { state.passwords[admin_email] = admin_password; });
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/prod", server_.port()); }
  void misbehave(const std::string& fault) { state_.with([&](State& state) { state.faults.insert(fault); }); }
  size_t people_count() { return state_.with([](State& state) { return state.people.size(); }); }
  size_t session_count() { return state_.with([](State& state) { return state.sessions.size(); }); }

 private:
  struct State {
    std::set<std::string> faults;
    std::map<std::string, json::object> people;           ///< by id
    std::map<std::string, std::string> passwords;         ///< by email
    std::map<std::string, std::string> sessions;          ///< token -> email
    bool is(const char* fault) const { return faults.contains(fault); }
  };

  static HttpResponse message(int status, const std::string& text) {
    return json_response(status, to_text(json::object{{"code", "x"}, {"message", text}}));
  }
  static HttpResponse invalid(const std::string& field) {
    return json_response(422, to_text(json::object{{"code", "invalid"}, {"message", "fields at fault"}, {"detail", json::array{{{"field", field}, {"message", "is wrong"}}}}}));
  }
  static json::object person(const std::string& id, const json::object& fields) {
    json::object out{{"id", id}, {"firstName", ""}, {"lastName", ""}, {"email", ""}, {"phone", nullptr}, {"dateOfBirth", nullptr}, {"address", nullptr},
                     {"isAdmin", false}, {"isActive", true}, {"createdAt", "2026-11-23T22:00:00.000Z"}, {"updatedAt", "2026-11-23T22:00:00.000Z"}};
    for (const auto& [name, value] : fields)
      if (out.contains(name) && std::string_view(name) != "id") out[name] = value;
    return out;
  }
  static std::string uuid() {
    const auto text = hex(random_bytes(16));
    return fmt::format("{}-{}-{}-{}-{}", text.substr(0, 8), text.substr(8, 4), text.substr(12, 4), text.substr(16, 4), text.substr(20));
  }

  HttpResponse answer(const HttpRequest& request) {
    return state_.with([&](State& state) { return route(state, request); });
  }

  HttpResponse route(State& state, const HttpRequest& request) {
    if (!request.path.starts_with("/prod/")) return message(404, "no stage");
    const auto path = request.path.substr(5);
    if (state.is("502")) return message(502, "Internal server error");
    if (state.is("missing-token")) return json_response(403, R"({"message":"Missing Authentication Token"})");
    if (state.is("throttled") && path != "/health") return message(429, "Too Many Requests");
    if (path == "/health") return request.method == "GET" ? health(state) : message(405, "method");
    if (state.is("500")) return message(500, "boom");
    if (path == "/auth/login") return request.method == "POST" ? login(state, request) : message(405, "method");
    const bool collection = path == "/people";
    if (collection && request.method != "GET" && request.method != "POST") return message(405, "method");
    const bool known = collection || path.starts_with("/people/") || path == "/auth/me" || path == "/auth/logout";
    if (!known) return state.is("unknown-is-200") ? json_response(200, "{}") : message(404, "no route");
    return protected_route(state, request, path);
  }

  HttpResponse health(State& state) {
    const bool fallback = state.is("fallback");
    if (state.is("slow")) std::this_thread::sleep_for(std::chrono::milliseconds{30});
    auto response = json_response(200, to_text(json::object{{"status", "healthy"}, {"features", json::object{}},
        {"build", {{"commit", state.is("old-commit") ? "0ld" : "c0ffee"}, {"release", "rel-1"}}},
        {"handler", fallback ? "api_handler" : "integrated_api_handler"}, {"fallback", fallback}}));
    if (state.is("stand-in-that-lies")) response.headers.add("X-Tandem-Fallback", "api_handler");
    return response;
  }

  HttpResponse login(State& state, const HttpRequest& request) {
    const auto body = parse_json(request.body);
    if (!body || !body->is_object()) return state.is("malformed-is-500") ? message(500, "boom") : invalid("body");
    const auto* email = body->as_object().if_contains("email");
    const auto* password = body->as_object().if_contains("password");
    if (email == nullptr || password == nullptr || !email->is_string() || !password->is_string()) return invalid("email");
    const std::string who(email->as_string());
    const auto known = state.passwords.find(who);
    if (!state.is("any-password") && (known == state.passwords.end() || known->second != password->as_string())) return message(401, "refused");
    const auto token = hex(random_bytes(16));
    state.sessions[token] = who;
    const auto* user = by_email(state, who);
    return json_response(200, to_text(json::object{{"accessToken", token}, {"tokenType", "Bearer"}, {"expiresIn", 3600}, {"user", user == nullptr ? json::value(nullptr) : json::value(*user)}}));
  }

  static json::object* by_email(State& state, const std::string& email) {
    for (auto& [id, someone] : state.people)
      if (someone.at("email").as_string() == email) return &someone;
    return nullptr;
  }

  HttpResponse protected_route(State& state, const HttpRequest& request, const std::string& path) {
    const auto header = request.headers.find("Authorization").value_or("");
    const auto token = header.starts_with("Bearer ") ? header.substr(7) : "";
    const auto session = state.sessions.find(token);
    if (session == state.sessions.end()) return state.is("no-auth") ? json_response(200, "{}") : message(401, "no session");
    auto* const caller = by_email(state, session->second);
    if (caller == nullptr) return message(401, "gone");
    if (path == "/auth/me") return json_response(200, to_text(*caller));
    if (path == "/auth/logout") {
      if (!state.is("immortal-tokens")) state.sessions.erase(session);
      return HttpResponse{204};
    }
    const bool admin = caller->at("isAdmin").as_bool() || state.is("everybody-is-admin");
    const bool own = path == fmt::format("/people/{}", std::string_view(caller->at("id").as_string()));
    if (!admin && !(own && request.method != "DELETE")) return message(403, "admins only");
    if (path == "/people") return request.method == "GET" ? list(state, request) : create(state, request);
    if (path == "/people/search" && !state.is("search-is-an-id")) return search(state, request);
    return one(state, request, path.substr(8), admin);
  }

  static std::string query_value(const HttpRequest& request, std::string_view name) {
    for (const auto& [key, value] : parse_query(request.query))
      if (key == name) return value;
    return {};
  }

  static HttpResponse page(const State& state, const json::array& all, const HttpRequest& request) {
    const auto text = query_value(request, "limit");
    const int limit = text.empty() ? 50 : std::atoi(text.c_str());
    if (limit < 1 || limit > 100) return invalid("limit");
    if (query_value(request, "cursor") == "not-a-cursor") return invalid("cursor");
    json::array items;
    const auto start = static_cast<size_t>(std::atoi(query_value(request, "cursor").c_str()));
    for (size_t i = start; i < all.size() && (items.size() < static_cast<size_t>(limit) || state.is("no-limit")); ++i) items.push_back(all[i]);
    const auto next = start + items.size();
    return json_response(200, to_text(json::object{{"items", items}, {"nextCursor", next < all.size() ? json::value(std::to_string(next)) : json::value(nullptr)}}));
  }

  static HttpResponse list(const State& state, const HttpRequest& request) {
    json::array all;
    for (const auto& [id, someone] : state.people) all.push_back(someone);
    return page(state, all, request);
  }

  static HttpResponse search(const State& state, const HttpRequest& request) {
    const auto query = query_value(request, "query");
    if (query.empty() || query.size() > 100) return invalid("query");
    json::array found;
    for (const auto& [id, someone] : state.people)
      for (const auto* field : {"firstName", "lastName", "email"}) {
        if (state.is("search-ignores-last-name") && std::string_view(field) == "lastName") continue;
        if (!std::string_view(someone.at(field).as_string()).contains(query)) continue;
        found.push_back(someone);
        break;
      }
    return page(state, found, request);
  }

  static std::string fault_in(const json::object& body) {
    for (const auto& [name, value] : body)
      if (std::string_view(name) == "favouriteColour") return std::string(name);
    if (const auto* date = body.if_contains("dateOfBirth"); date != nullptr && *date == "1990-02-30") return "dateOfBirth";
    if (const auto* phone = body.if_contains("phone"); phone != nullptr && *phone == "call me") return "phone";
    if (const auto* name = body.if_contains("firstName"); name != nullptr && name->is_string() && name->as_string().size() > 100) return "firstName";
    return {};
  }

  HttpResponse create(State& state, const HttpRequest& request) {
    const auto parsed = parse_json(request.body);
    if (!parsed || !parsed->is_object()) return invalid("body");
    const auto& body = parsed->as_object();
    if (!state.is("no-validation")) {
      if (!body.contains("email")) return invalid("email");
      if (const auto field = fault_in(body); !field.empty()) return invalid(field);
    }
    const std::string email(body.contains("email") ? body.at("email").as_string().c_str() : "");
    if (by_email(state, email) != nullptr && !state.is("duplicates")) return message(409, "taken");
    const auto id = uuid();
    auto made = person(id, body);
    if (state.is("shows-password")) made["passwordHash"] = "x";
    state.people[id] = made;
    if (const auto* password = body.if_contains("password"); password != nullptr) state.passwords[email] = password->as_string();
    if (state.is("create-hides")) return message(504, "timeout");
    return json_response(201, to_text(made));
  }

  HttpResponse one(State& state, const HttpRequest& request, const std::string& id, bool admin) {
    const auto found = state.people.find(id);
    if (found == state.people.end()) return message(404, "nobody");
    if (request.method == "GET") return json_response(200, to_text(found->second));
    if (request.method == "DELETE") {
      if (state.is("delete-fails")) return message(500, "boom");
      state.people.erase(found);
      return HttpResponse{204};
    }
    const auto parsed = parse_json(request.body);
    if (!parsed || !parsed->is_object()) return invalid("body");
    if (const auto field = fault_in(parsed->as_object()); !field.empty()) return invalid(field);
    if (parsed->as_object().contains("isAdmin") && !admin) return message(403, "admins only");
    if (!state.is("put-forgets"))
      for (const auto& [name, value] : parsed->as_object())
        if (found->second.contains(name)) found->second[name] = value;
    return json_response(200, to_text(found->second));
  }

  Guarded<State> state_;
  HttpServer server_;
};

}  // namespace tandem::verify
