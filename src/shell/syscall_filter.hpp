#pragma once
// System calls that no build or test needs, and that have been ways out of sandboxes.

#include <string>

namespace tandem::shell {

/// A seccomp program as bubblewrap loads it: those calls answer EPERM, and so does every call of another architecture's
/// table. Empty where this kernel or processor has no use for one.
std::string syscall_filter();

}  // namespace tandem::shell
