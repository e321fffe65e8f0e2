// The login of programs on this host, played by a program of either age; wrong keys, wrong order,
// wrong lengths, any cut.
#include "controlplane/interface/program_login.h"

#include <gtest/gtest.h>

#include "core/crypto/hash.h"

namespace mehr::interface {
namespace {

using State = ProgramLogin::State;

const Bytes kKey = Bytes(16, 0x4B);

Bytes body_of(const Bytes& framed) {
  return {framed.begin() + 4, framed.end()};
}
Bytes after(const Bytes& message, std::string_view prefix) {
  EXPECT_EQ(as_text(message).substr(0, prefix.size()), prefix);
  return {message.begin() + static_cast<std::ptrdiff_t>(prefix.size()), message.end()};
}

class ProgramLoginTest : public ::testing::Test {
 protected:
  ProgramLoginTest() : login(kKey, random) {
    drawn = after(body_of(login.take_outgoing()), "#CHALLENGE#");
  }
  State say(ByteView message) { return login.append(ProgramLogin::framed(message)); }
  State prove() {
    return say(concat({as_bytes("{sha256}"), crypto::hmac_sha256(kKey, drawn).view()}));
  }
  SeededRandom random{3};
  ProgramLogin login;
  Bytes drawn;
};

TEST_F(ProgramLoginTest, AProgramOfTodayAndItsCall) {
  EXPECT_EQ(prove(), State::kTalking);
  EXPECT_EQ(as_text(body_of(login.take_outgoing())), "#WELCOME#");
  const Bytes theirs = concat({as_bytes("{sha256}"), Bytes(40, 0x11)});
  EXPECT_EQ(say(concat({as_bytes("#CHALLENGE#"), theirs})), State::kTalking);
  EXPECT_EQ(after(body_of(login.take_outgoing()), "{sha256}"),
            to_bytes(crypto::hmac_sha256(kKey, theirs).view()));
  EXPECT_EQ(say(as_bytes("#WELCOME#")), State::kTalking);
  EXPECT_EQ(say(as_bytes("call")), State::kCalled);
  EXPECT_EQ(as_text(login.call()), "call");
}

TEST_F(ProgramLoginTest, AProgramOfBefore312ByteByByte) {
  // HMAC-MD5 of RFC 2202, case 1.
  EXPECT_EQ(to_hex(crypto::hmac_md5(Bytes(16, 0x0B), as_bytes("Hi There"))),
            "9294727a3638bb1c13f48ef8158bfc9d");
  const Bytes theirs(20, 0x22);
  Bytes all;
  for (const Bytes& part :
       {to_bytes(crypto::hmac_md5(kKey, drawn).view()), concat({as_bytes("#CHALLENGE#"), theirs}),
        to_bytes(as_bytes("#WELCOME#")), to_bytes(as_bytes("call"))}) {
    append(all, ProgramLogin::framed(part));
  }
  for (const std::uint8_t& byte : all)
    login.append({&byte, 1});
  EXPECT_EQ(login.append({}), State::kCalled);
  const Bytes out = login.take_outgoing();
  EXPECT_EQ(Bytes(out.end() - 16, out.end()), to_bytes(crypto::hmac_md5(kKey, theirs).view()));
}

TEST_F(ProgramLoginTest, AWrongKeyIsRefused) {
  const Bytes wrong(16, 0x4C);
  EXPECT_EQ(say(concat({as_bytes("{sha256}"), crypto::hmac_sha256(wrong, drawn).view()})),
            State::kRefused);
  EXPECT_EQ(as_text(body_of(login.take_outgoing())), "#FAILURE#");
  EXPECT_EQ(prove(), State::kRefused);  // no second try
}

TEST_F(ProgramLoginTest, NothingIsSkipped) {
  EXPECT_EQ(say(as_bytes("#WELCOME#")), State::kRefused);
  ProgramLogin second(kKey, random);
  drawn = after(body_of(second.take_outgoing()), "#CHALLENGE#");
  second.append(ProgramLogin::framed(crypto::hmac_md5(kKey, drawn).view()));
  EXPECT_EQ(second.append(ProgramLogin::framed(as_bytes("call"))), State::kMalformed);
}

TEST_F(ProgramLoginTest, LengthsAreBounded) {
  EXPECT_EQ(login.append(Bytes{0, 0, 1, 1}), State::kTalking);
  EXPECT_EQ(login.append(Bytes{0}), State::kMalformed);
  ProgramLogin empty(kKey, random);
  EXPECT_EQ(empty.append(Bytes{0, 0, 0, 0, 0}), State::kMalformed);
}

}  // namespace
}  // namespace mehr::interface
