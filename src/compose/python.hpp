#pragma once
// The Python of this machine that stands for a function's runtime.

#include <map>
#include <string>

#include "base/python_here.hpp"
#include "base/result.hpp"

namespace tandem::compose {

using python::Interpreter;
using python::Needs;

/// Looks for `runtime` ("python3.11") under that name, as python3 and in /usr/bin; its version must be the runtime's.
/// Installer: pip must be there too. Errors: Missing (TD0402) naming what was found instead.
Result<Interpreter> find_python(const std::string& runtime, Needs needs);

/// Any Python 3 of this machine, to drive a trial with. Errors: Missing (TD0402).
Result<Interpreter> find_any_python();

/// The part of an environment that pip, its index and its certificates need: PIP_*, proxies, SSL_*, REQUESTS_CA_BUNDLE,
/// and HOME and XDG folders for its configuration files. Pure.
std::map<std::string, std::string> installer_environment(const std::map<std::string, std::string>& all);

}  // namespace tandem::compose
