// The steps of a login in the order of the protocol.
#include "controlplane/interface/program_login.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/crypto/hash.h"

namespace mehr::interface {
namespace {

constexpr std::string_view kChallenge = "#CHALLENGE#";
constexpr std::string_view kWelcome = "#WELCOME#";
constexpr std::string_view kFailure = "#FAILURE#";
constexpr std::string_view kSha256 = "{sha256}";
constexpr std::size_t kDrawn = 40;
constexpr std::size_t kDrawnMin = 20;  // what a program must draw, as Python demands it
constexpr std::size_t kLengthBytes = 4;

bool starts_with(ByteView data, std::string_view text) {
  return data.size() >= text.size() && std::equal(text.begin(), text.end(), data.begin());
}

/// In a time that does not tell where they differ.
bool same(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  unsigned differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    differs |= static_cast<unsigned>(a[i] ^ b[i]);
  return differs == 0;
}

}  // namespace

ProgramLogin::ProgramLogin(Bytes key, Random& random) : key_(std::move(key)) {
  const auto drawn = random.fixed<kDrawn>();
  drawn_ = concat({as_bytes(kSha256), drawn.view()});
  out_ = framed(concat({as_bytes(kChallenge), drawn_}));
}

Bytes ProgramLogin::framed(ByteView message) {
  ByteWriter writer(kLengthBytes + message.size());
  writer.u32_be(static_cast<std::uint32_t>(message.size())).bytes(message);
  return writer.take();
}

Bytes ProgramLogin::take_outgoing() {
  return std::exchange(out_, {});
}

ProgramLogin::State ProgramLogin::append(ByteView data) {
  for (std::size_t at = 0; at < data.size() && state_ == State::kTalking;) {
    const std::size_t limit = step_ == Step::kCall ? kCallMax : kLoginMessageMax;
    std::size_t wanted = kLengthBytes;
    if (in_.size() >= kLengthBytes) {
      const std::size_t length = ByteReader(in_).u32_be();
      if (length == 0 || length > limit) return state_ = State::kMalformed;
      wanted += length;
    }
    const std::size_t taken = std::min(wanted - in_.size(), data.size() - at);
    mehr::append(in_, data.subspan(at, taken));
    at += taken;
    if (in_.size() < wanted || wanted == kLengthBytes) continue;
    const Bytes whole = std::exchange(in_, {});
    state_ = message(ByteView(whole).subspan(kLengthBytes));
  }
  return state_;
}

ProgramLogin::State ProgramLogin::message(ByteView body) {
  switch (step_) {
    case Step::kAnswer:
      if (!is_our_answer(body)) {
        out_ = framed(as_bytes(kFailure));
        return State::kRefused;
      }
      out_ = framed(as_bytes(kWelcome));
      step_ = Step::kChallenge;
      return State::kTalking;
    case Step::kChallenge: {
      if (!starts_with(body, kChallenge)) return State::kMalformed;
      const auto answer = answer_to(body.subspan(kChallenge.size()));
      if (!answer) return State::kMalformed;
      out_ = framed(*answer);
      step_ = Step::kWelcome;
      return State::kTalking;
    }
    case Step::kWelcome:
      if (body.size() != kWelcome.size() || !starts_with(body, kWelcome)) return State::kMalformed;
      step_ = Step::kCall;
      return State::kTalking;
    case Step::kCall:
      call_ = to_bytes(body);
      return State::kCalled;
  }
  return State::kMalformed;
}

bool ProgramLogin::is_our_answer(ByteView body) const {
  if (starts_with(body, kSha256)) {
    return same(body.subspan(kSha256.size()), crypto::hmac_sha256(key_, drawn_).view());
  }
  return same(body, crypto::hmac_md5(key_, drawn_).view());
}

std::optional<Bytes> ProgramLogin::answer_to(ByteView drawn) const {
  if (drawn.size() < kDrawnMin) return std::nullopt;
  if (starts_with(drawn, kSha256)) {
    return concat({as_bytes(kSha256), crypto::hmac_sha256(key_, drawn).view()});
  }
  // An answer to bytes of our own drawing would prove the program's key to itself.
  return to_bytes(crypto::hmac_md5(key_, drawn).view());
}

}  // namespace mehr::interface
