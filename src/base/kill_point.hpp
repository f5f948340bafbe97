#pragma once
// Named places where a process may be told to die, so that tests can try every one of them.
//
// A test seam: off unless the program arms it. tandem.cpp does so from TANDEM_KILL_AT=NAME[@TIMES] or #NUMBER.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tandem {

/// Passing one is free while nothing is armed. When its turn comes the process gets SIGKILL: nothing runs afterwards.
void kill_point(std::string_view name);

/// "before:run.created" the first passing, "before:run.created@3" the third, "#17" the seventeenth of any.
/// Errors: Invalid when it is none of these.
Done arm_kill_point(std::string_view text);

}  // namespace tandem
