#include "shell/line_stream.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.hpp"

namespace tandem::shell {
namespace {

struct World {
  Masker masker{{{"s", "hush-hush"}}};
  std::vector<std::string> seen;
  LineStream stream{masker, "\x1eM ", [this](std::string_view line) { seen.emplace_back(line); },
                    [this](std::string_view words) { seen.push_back(fmt::format("<{}>", words)); }};
};

TEST(LineStream, CutsPiecesIntoLinesWhereverTheyBreak) {
  World world;
  for (const char c : std::string_view("one\r\n\ntwo\nrest")) world.stream.add(std::string_view(&c, 1));
  world.stream.finish();
  world.stream.finish();
  EXPECT_EQ(world.seen, (std::vector<std::string>{"one", "", "two", "rest"}));
}

TEST(LineStream, MasksASecretThatComesInPieces) {
  World world;
  world.stream.add("my hush");
  world.stream.add("-hu");
  world.stream.add("sh.\n");
  EXPECT_EQ(world.seen, std::vector<std::string>{"my ***."});
}

TEST(LineStream, HandsMarkedLinesOverAsSignalsAlsoAfterALineWithoutEnd) {
  World world;
  world.stream.add("text\x1eM begin 1\n\x1eM end 1 0\nmore\n");
  world.stream.add(std::string(200'000, 'x') + "\x1eM begin 2\nlast\n");
  ASSERT_EQ(world.seen.size(), 7u);
  EXPECT_EQ(world.seen[0], "text");
  EXPECT_EQ(world.seen[1], "<begin 1>");
  EXPECT_EQ(world.seen[2], "<end 1 0>");
  EXPECT_EQ(world.seen[5], "<begin 2>");
  EXPECT_EQ(world.seen[6], "last");
}

TEST(LineStream, CutsALineAt64KbAndSaysHowMuchIsMissing) {
  World world;
  world.stream.add(std::string(LineStream::line_bytes_max, 'x') + "\n");
  world.stream.add(std::string(1'000'000, 'x'));
  world.stream.add("\n");
  EXPECT_EQ(world.seen[0].size(), LineStream::line_bytes_max);
  EXPECT_TRUE(world.seen[1].ends_with(fmt::format("x [line cut, {} bytes left out]", 1'000'000 - LineStream::line_bytes_max))) << world.seen[1].substr(65'000);
}

TEST(LineStream, MasksASecretThatLiesAcrossTheCut) {
  for (size_t before = LineStream::line_bytes_max - 12; before <= LineStream::line_bytes_max + 2; ++before) {
    World world;
    world.stream.add(std::string(before, 'x') + "hush-hush" + std::string(1000, 'y') + "\n");
    EXPECT_EQ(world.seen[0].find("hush"), std::string::npos) << before;
    EXPECT_EQ(world.seen[0].find("xh"), std::string::npos) << before;
  }
}

TEST(LineStream, ShowsBytesThatAreNoTextAsEscapes) {
  EXPECT_EQ(as_utf8("grüße \xff\xfe|\xc3"), "grüße \\xff\\xfe|\\xc3");
  EXPECT_EQ(as_utf8(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(as_utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_TRUE(is_valid_utf8(as_utf8("\x80\xf0\x9f\x98")));
}

}  // namespace
}  // namespace tandem::shell
