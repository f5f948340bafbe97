#include "run/folders.hpp"

#include <unistd.h>

#include "base/digest.hpp"

namespace tandem::run {

std::filesystem::path Folders::socket() const {
  constexpr size_t room = 100;
  auto beside = state / "tandem.sock";
  if (beside.string().size() < room) return beside;
  return std::filesystem::path("/tmp") /
         fmt::format("tandem-{}-{}.sock", ::getuid(), sha256_hex(state.string()).substr(0, 16));
}

}  // namespace tandem::run
