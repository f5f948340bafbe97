#include "run/action_log.hpp"

namespace tandem::run {
namespace {
constexpr size_t piece_bytes_max = 64UL << 10;
}

void ActionLog::add(std::string_view line) {
  if (written_ + line.size() + 1 <= limit_ && last_.empty()) {
    written_ += line.size() + 1;
    (waiting_ += line) += '\n';
    if (waiting_.size() >= piece_bytes_max) flush();
    return;
  }
  last_.emplace_back(line);
  last_bytes_ += line.size();
  while (last_bytes_ > last_bytes_max && last_.size() > 1) {
    left_out_bytes_ += last_.front().size() + 1;
    ++left_out_lines_;
    last_bytes_ -= last_.front().size();
    last_.pop_front();
  }
}

void ActionLog::flush() {
  if (waiting_.empty()) return;
  write_(waiting_);
  waiting_.clear();
}

void ActionLog::finish() {
  flush();
  if (last_.empty()) return;
  if (left_out_lines_ > 0) write_(fmt::format("[{} lines, {} bytes left out: the log of an action holds {} MiB]", left_out_lines_, left_out_bytes_, limit_ >> 20));
  for (const auto& line : last_) (waiting_ += line) += '\n';
  flush();
  last_.clear();
}

}  // namespace tandem::run
