#pragma once
// Infrastructure tree -> Assembly: runs the CDK app itself, and not at all when nothing it reads has changed.

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "record/release.hpp"

namespace tandem::deploy {

/// The library validates templates on every run, which is most of its time. The path leaves it out
/// (CDK_VALIDATION=false), because the deploy target checks each template it is given; the checks turn it on.
enum class Validation { Off, On };

/// What the app is run with. Everything here except `cache`, `tools` and `time_limit` decides what comes out.
struct SynthRequest {
  std::filesystem::path folder;                  ///< a fresh extraction of the infrastructure tree; the build may write into it
  std::filesystem::path cache;                   ///< installed packages and assemblies of earlier runs; shared by parallel runs
  std::string entry_point{};                     ///< TANDEM_HANDLER: what the function's Handler must be
  std::string environment{};                     ///< TANDEM_ENVIRONMENT
  Digest bundle{};                               ///< stands for the files at `bundle_path`, which are then not read again
  std::string bundle_path{};                     ///< where in `folder` the bundle was put, e.g. "lambda"
  json::object context{};                        ///< laid over that of cdk.json and cdk.context.json
  std::map<std::string, std::string> variables{};///< further environment variables of the app
  std::string region{};                          ///< CDK_DEFAULT_REGION; empty = the app stays free of an environment
  std::string account{};                         ///< CDK_DEFAULT_ACCOUNT
  Validation validation = Validation::Off;
  std::map<std::string, std::string> tools = tool_environment();   ///< PATH, HOME and the like for node and npm
  Duration time_limit = std::chrono::minutes{10};                  ///< of each program that is run
};

/// Gets every line that npm, the build and the app print.
using LineSink = std::function<void(std::string_view)>;

/// Installs the packages that package-lock.json names (once for each lock file) and, for an app that starts with Python, those of
/// requirements.txt (once for each text of it), runs `build` and `app` of cdk.json
/// with CDK_OUTDIR, and checks what came out. The app sees no AWS credentials and none of our own environment.
///
/// The result's folder lies in `cache` under the digest of all inputs: the tree's files, the bundle, context, variables
/// and the versions of node and Python. When it is there already nothing is run and `reused` is set. Clocks and networks an app
/// may read are not inputs.
///
/// Errors: Invalid with code, place and next step for what the tree gets wrong (no cdk.json, no lock file, an aws-cdk
/// that refuses current libraries, the app's own error with its file and line); Missing for node, npm, Python and pip; Unavailable
/// when the registry cannot be reached; TimedOut; Cancelled.
Result<Assembly> synthesise(const SynthRequest& request, const LineSink& on_line = {}, std::stop_token stop = {});

}  // namespace tandem::deploy
