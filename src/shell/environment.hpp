#pragma once
// What the steps of an action start with: which variables, under which names a shell can use.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shell/steps.hpp"

namespace tandem::shell {

bool is_shell_name(std::string_view name);
/// The name with everything that a shell's name cannot hold turned into '_'.
std::string shell_name(std::string name);
/// The variable that holds a secret.
std::string secret_variable(const std::string& name);
/// Where the first step starts: what the request says, else the primary input, else the action's root.
std::filesystem::path working_folder_of(const StepsRequest& request);
/// HOME of the steps.
std::filesystem::path home_of(const StepsRequest& request);

/// Everything but the secrets. Least important first: the allowed part of this machine's environment, what we provide,
/// the request's variables. The request's folders are as the steps see them. What cannot be set in a shell is left out with a warning.
std::map<std::string, std::string> environment_of(const StepsRequest& request, Isolation isolation, std::vector<std::string>& warnings);

}  // namespace tandem::shell
