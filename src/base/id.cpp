#include "base/id.hpp"

#include <chrono>

#include "base/crypto.hpp"
#include "base/digest.hpp"

namespace tandem {

std::string fresh_id(std::string_view prefix) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch()).count();
  return fmt::format("{}-{:011x}{}", prefix, now, hex(random_bytes(4)));
}

}  // namespace tandem
