// Numeric addresses against inet_pton, which the pure folders do not use.
#include "core/config/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "core/base/random.h"

namespace mehr::config {
namespace {

bool system_says(int family, const std::string& text) {
  std::array<unsigned char, 16> address{};
  return inet_pton(family, text.c_str(), address.data()) == 1;
}

TEST(Address, AgreesWithTheSystemOnKnownForms) {
  for (const std::string text : {"0.0.0.0",
                                 "255.255.255.255",
                                 "256.0.0.1",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "01.2.3.4",
                                 "1.2.3.4 ",
                                 "",
                                 ".",
                                 "1..2.3",
                                 "::",
                                 "::1",
                                 "1::",
                                 ":",
                                 ":::",
                                 "1:2:3:4:5:6:7:8",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1:2:3:4:5:6:7::",
                                 "::2:3:4:5:6:7:8",
                                 "1::3::5",
                                 "12345::",
                                 "g::",
                                 "::ffff:1.2.3.4",
                                 "1.2.3.4::",
                                 "::1.2.3.4:5",
                                 "1:2:3:4:5:6:1.2.3.4",
                                 "fe80::1%eth0",
                                 "localhost",
                                 "[::1]",
                                 "1:",
                                 ":1",
                                 "::1:"}) {
    EXPECT_EQ(is_ipv4_address(text), system_says(AF_INET, text)) << text;
    EXPECT_EQ(is_ipv6_address(text), system_says(AF_INET6, text)) << text;
  }
}

TEST(Address, AgreesWithTheSystemOnRandomTexts) {
  SeededRandom random(7);
  const std::string letters = "::::..0125fg";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::uint64_t n = random.below(14); n > 0; --n)
      text += letters[random.below(12)];
    ASSERT_EQ(is_ipv4_address(text), system_says(AF_INET, text)) << text;
    ASSERT_EQ(is_ipv6_address(text), system_says(AF_INET6, text)) << text;
  }
}

}  // namespace
}  // namespace mehr::config
