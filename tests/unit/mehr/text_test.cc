// How figures, tables and hostile text look.
#include "tools/mehr/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace mehr::cli {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(TextTest, ShowsDurationsAsPeopleSayThem) {
  EXPECT_EQ(duration_text(0), "0.0 s");
  EXPECT_EQ(duration_text(9.94), "9.9 s");
  EXPECT_EQ(duration_text(59.9), "59 s");
  EXPECT_EQ(duration_text(185), "3 min 5 s");
  EXPECT_EQ(duration_text(7'800), "2 h 10 min");
  EXPECT_EQ(duration_text(442'800), "5 d 3 h");
  EXPECT_EQ(duration_text(-1), "-");
  EXPECT_EQ(duration_text(kNan), "-");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "-");
}

TEST(TextTest, ShowsSizesAndRates) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(std::numeric_limits<std::uint64_t>::max()), "16384.0 PiB");
  EXPECT_EQ(rate_text(0), "-");
  EXPECT_EQ(rate_text(300), "300 bit/s");
  EXPECT_EQ(rate_text(1'200), "1.2 kbit/s");
  EXPECT_EQ(rate_text(10'000'000), "10 Mbit/s");
  EXPECT_EQ(measure_text(-97, "dBm"), "-97.0 dBm");
  EXPECT_EQ(measure_text(kNan, "dBm"), "-");
}

TEST(TextTest, LetsNothingFromTheNetworkSteerTheTerminal) {
  EXPECT_EQ(printable("caf\xc3\xa9 \xe2\x9c\x93"), "caf\xc3\xa9 \xe2\x9c\x93");
  EXPECT_EQ(printable("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(printable("a\nb\tc"), "a\\x0ab\\x09c");
  EXPECT_EQ(printable("a\nb\tc\r", true), "a\nb\tc\\x0d");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "the one-byte escape of C1";
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xe2\x9c"), "\\xe2\\x9c");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(TextTest, AlignsTables) {
  Table table({"NAME", ">N", "NOTE"});
  table.row({"a", "1", "x"});
  table.row({"l\xc3\xa4nger", "1000", ""});
  EXPECT_EQ(table.text(false),
            "NAME       N  NOTE\n"
            "a          1  x\n"
            "l\xc3\xa4nger  1000\n");
  EXPECT_NE(table.text(true).find("\x1b[1mNAME\x1b[0m"), std::string::npos);
}

TEST(TextTest, LeavesOutEmptyFacts) {
  EXPECT_EQ(facts({{"a", "1"}, {"missing", ""}, {"bcd", "2"}}, false), "a:    1\nbcd:  2\n");
}

TEST(TextTest, IndentsEveryLine) {
  EXPECT_EQ(indented("a\nb\n", "  "), "  a\n  b\n");
}

}  // namespace
}  // namespace mehr::cli
