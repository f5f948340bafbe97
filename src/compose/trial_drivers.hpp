#pragma once
// The programs that run in a function's place during a trial: Python, whatever the function is written in.

#include <string>

namespace tandem::compose {

/// Arguments: folder, handler, folder of the runtime's packages or nothing. Answers one JSON document on standard output:
/// {"stage": "import"|"call"|"done", "error", "frames": [[file, line]...], "status", "function"}.
std::string python_driver();
/// The same for `bootstrap` of a folder: serves the Runtime API on 127.0.0.1, starts it, hands out one event.
std::string native_driver();

}  // namespace tandem::compose
