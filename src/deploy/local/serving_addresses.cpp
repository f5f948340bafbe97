// How AWS's host names of a scene become this machine's addresses.
#include "base/text.hpp"
#include "deploy/local/serving.hpp"

namespace tandem::deploy::local {
namespace {

/// "http://127.0.0.1:4711" in place of `host` and of a https:// (also as JSON writes it) before it.
std::string with_address(const std::string& text, const std::string& host, const std::string& address) {
  if (host.empty() || text.find(host) == std::string::npos) return text;
  const auto bare = address.substr(address.find("//") + 2);
  auto out = replaced(text, "https://" + host, address);
  out = replaced(out, R"(https:\/\/)" + host, R"(http:\/\/)" + bare);
  out = replaced(out, "https%3A%2F%2F" + host, "http%3A%2F%2F" + percent_encoded(bare));
  out = replaced(out, "wss://" + host, "ws://" + bare);
  return replaced(out, host, bare);
}

/// The host names `<id>.execute-api.<region>.amazonaws.com` that stand in `text`.
std::vector<std::string> hosts_of_api(const std::string& text, const std::string& id) {
  constexpr std::string_view end = ".amazonaws.com";
  const auto start = id + ".execute-api.";
  std::vector<std::string> hosts;
  for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const auto region = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", at + start.size());
    if (region == std::string::npos || text.compare(region, end.size(), end) != 0) continue;
    hosts.push_back(text.substr(at, region + end.size() - at));
  }
  return hosts;
}

}  // namespace

std::string Addresses::localised(const std::string& text, const Scene& scene) const {
  std::string out = text;
  for (const auto& [id, address] : apis)
    for (const auto& host : hosts_of_api(out, id)) out = with_address(out, host, address);
  for (const auto& site : scene.sites)
    if (const auto address = sites.find(site.id); address != sites.end()) out = with_address(out, site.domain, address->second);
  return out;
}

}  // namespace tandem::deploy::local
