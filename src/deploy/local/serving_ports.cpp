#include "deploy/local/serving_ports.hpp"

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace tandem::deploy::local {

RememberedPorts::RememberedPorts(std::filesystem::path file) : file_(std::move(file)) {
  const auto text = read_file(file_);
  if (!text) return;
  const auto parsed = parse_json(*text, file_.string());
  const auto* known = parsed && parsed->is_object() ? parsed->as_object().if_contains("ports") : nullptr;
  if (known == nullptr || !known->is_object()) return;
  for (const auto& [key, port] : known->as_object())
    if (const auto* number = port.if_int64(); number != nullptr && *number > 0 && *number < 65536)
      ports_[key] = static_cast<std::uint16_t>(*number);
}

Result<HttpServer> RememberedPorts::listen(const std::string& key, HttpServer::Handler handler, HttpServer::Limits limits) {
  if (const auto known = ports_.find(key); known != ports_.end()) {
    auto server = HttpServer::listen(known->second, handler, limits);
    if (server) return server;
    log(Level::Warning, "serving.port_taken", {{"listener", key}, {"port", known->second}, {"what", server.error().what}});
  }
  auto server = TRY(HttpServer::listen(0, std::move(handler), limits));
  ports_[key] = server.port();
  TRY(keep());
  return server;
}

Done RememberedPorts::keep() const {
  json::object ports;
  for (const auto& [key, port] : ports_) ports[key] = port;
  return replace_file(file_, to_pretty_text(json::object{{"ports", std::move(ports)}}));
}

}  // namespace tandem::deploy::local
