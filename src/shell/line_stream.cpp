#include "shell/line_stream.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace tandem::shell {
namespace {
constexpr size_t tail_bytes_max = 256;
}

std::string as_utf8(std::string_view text) {
  if (is_valid_utf8(text) && text.find('\0') == text.npos) return std::string(text);
  std::string out;
  while (!text.empty()) {
    size_t size = 1;
    while (size <= 4 && size <= text.size() && !is_valid_utf8(text.substr(0, size))) ++size;
    const bool valid = size <= 4 && size <= text.size() && text.front() != '\0';
    if (valid) out += text.substr(0, size);
    else out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    text.remove_prefix(valid ? size : 1);
  }
  return out;
}

LineStream::LineStream(const Masker& masker, std::string marker, OnLine on_line, OnSignal on_signal)
    : masker_(masker), marker_(std::move(marker)), on_line_(std::move(on_line)), on_signal_(std::move(on_signal)) {}

void LineStream::add(std::string_view piece) {
  while (true) {
    const auto end = piece.find('\n');
    append(piece.substr(0, end));
    if (end == piece.npos) return;
    end_of_line();
    piece.remove_prefix(end + 1);
  }
}

void LineStream::finish() {
  if (!line_.empty() || left_out_ > 0) end_of_line();
}

/// Keeps a secret's length more than is shown, so that a secret across the limit is still seen whole.
void LineStream::append(std::string_view part) {
  const size_t room = line_bytes_max + masker_.longest() + tail_bytes_max - line_.size();
  line_ += part.substr(0, room);
  if (part.size() <= room) return;
  part.remove_prefix(room);
  left_out_ += part.size();
  tail_ += part.size() > tail_bytes_max ? part.substr(part.size() - tail_bytes_max) : part;
  if (tail_.size() > tail_bytes_max) tail_.erase(0, tail_.size() - tail_bytes_max);
}

void LineStream::end_of_line() {
  // A step that ends without a line end has the marker of the next on its own line.
  const auto joined = line_ + tail_;
  const auto at = joined.find(marker_);
  std::string_view shown = line_;
  if (at != joined.npos) {
    shown = shown.substr(0, at);
    left_out_ -= std::min(left_out_, joined.size() - at);
  }
  if (at != 0) show(shown);
  if (at != joined.npos) on_signal_(std::string_view(joined).substr(at + marker_.size()));
  line_.clear();
  tail_.clear();
  left_out_ = 0;
}

void LineStream::show(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto text = masker_.masked(line);
  if (text.size() <= line_bytes_max && left_out_ == 0) return on_line_(as_utf8(text));
  auto kept = std::min(text.size(), line_bytes_max);
  while (kept > 0 && kept < text.size() && (static_cast<unsigned char>(text[kept]) & 0xC0U) == 0x80U) --kept;
  const auto cut = text.size() - kept + left_out_;
  text.resize(kept);
  on_line_(fmt::format("{} [line cut, {} bytes left out]", as_utf8(text), cut));
}

}  // namespace tandem::shell
