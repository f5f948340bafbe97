#pragma once
// What a world shows to the outside. Pure.

#include "base/result.hpp"
#include "deploy/local/scene.hpp"
#include "deploy/local/world.hpp"

namespace tandem::deploy::local {

/// Errors: Invalid for what the serving side cannot show, e.g. two stages of one REST API with
/// different deployments.
Result<Scene> scene_of(const World& world);

/// Whether the bucket's policy lets the distribution (empty = anybody, for websites) read its
/// objects. An Allow with a condition this does not understand does not count.
bool lets_read(const json::value& policy_document, const std::string& bucket,
               const std::string& distribution_arn);

}  // namespace tandem::deploy::local
