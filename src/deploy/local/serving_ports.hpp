#pragma once
// The ports of the live view, remembered across restarts so that its addresses stay.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/http.hpp"
#include "base/result.hpp"

namespace tandem::deploy::local {

/// Remembers in one file which listener had which port. An unreadable file is as good as none.
class RememberedPorts {
 public:
  explicit RememberedPorts(std::filesystem::path file);
  /// Listens where `key` listened before; when somebody else has that port, on another, which is remembered from now on.
  Result<HttpServer> listen(const std::string& key, HttpServer::Handler handler, HttpServer::Limits limits);

 private:
  Done keep() const;
  std::filesystem::path file_;
  std::map<std::string, std::uint16_t> ports_;
};

}  // namespace tandem::deploy::local
