#pragma once
// The APIs of a world. Used by scene.cpp only.

#include "base/result.hpp"
#include "deploy/local/scene.hpp"
#include "deploy/local/world.hpp"

namespace tandem::deploy::local {

/// Routes from the snapshot that the stage's Deployment took when it was made.
Done add_rest_apis(const World& world, Scene& scene);
Done add_http_apis(const World& world, Scene& scene);

}  // namespace tandem::deploy::local
