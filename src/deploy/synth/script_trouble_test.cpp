#include "deploy/synth/script_trouble.hpp"

#include <gtest/gtest.h>

namespace tandem::deploy::synth {
namespace {

TEST(ScriptTrouble, TypeScriptNamesFileLineAndColumn) {
  const auto classic = trouble_in("lib/api-stack.ts(12,5): error TS2304: Cannot find name 'foo'.\nlib/b.ts(1,1): error TS1: x\n", "", "/tree");
  EXPECT_EQ(classic.what, "TS2304: Cannot find name 'foo'.");
  EXPECT_EQ(classic.place, (Place{"lib/api-stack.ts", 12, 5}));
  const auto pretty = trouble_in("", "\x1b[96mbin/app.ts\x1b[0m:\x1b[93m5\x1b[0m:\x1b[93m7\x1b[0m - \x1b[91merror\x1b[0m\x1b[90m TS2345: \x1b[0mwrong\n", "/tree");
  EXPECT_EQ(pretty.place, (Place{"bin/app.ts", 5, 7}));
}

TEST(ScriptTrouble, NodesStackSkipsOtherPeoplesPackages) {
  const auto trouble = trouble_in("",
      "/tree/node_modules/aws-cdk-lib/core/lib/stack.js:1\n\"use strict\";\n^\n\nValidationError: Resolution error\n"
      "    at Stack.x (/tree/node_modules/aws-cdk-lib/core/lib/stack.js:1:99)\n    at new ApiStack (/tree/lib/api.js:40:11)\n\nNode.js v20\n", "/tree");
  EXPECT_EQ(trouble.what, "ValidationError: Resolution error");
  EXPECT_EQ(trouble.place, (Place{"lib/api.js", 40, 11}));
}

TEST(ScriptTrouble, PythonsLastFrameOfTheTreeCounts) {
  const auto trouble = trouble_in("", "Traceback (most recent call last):\n  File \"/tree/app.py\", line 3, in <module>\n"
      "  File \"/usr/lib/python3/site-packages/x.py\", line 9, in f\nValueError: no key\n", "/tree");
  EXPECT_EQ(trouble.what, "ValueError: no key");
  EXPECT_EQ(trouble.place, (Place{"app.py", 3}));
}

TEST(ScriptTrouble, ElseTheLastLineThatSaysSomething) {
  EXPECT_EQ(trouble_in("", "first\nit broke\n\nnpm notice new\n", "/tree").what, "it broke");
  EXPECT_EQ(trouble_in("only out\n", "", "/tree").what, "only out");
  EXPECT_EQ(trouble_in("", "", "/tree").what, "it said nothing");
}

}  // namespace
}  // namespace tandem::deploy::synth
