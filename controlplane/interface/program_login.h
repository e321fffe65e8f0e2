// One call of a program on this host, as a state machine: both prove that they have the key, then
// there is one call and one answer. The form is the one of Python's multiprocessing connections: a
// length of four bytes, big endian, before every message, and an HMAC over what the other drew
// (SHA-256, or MD5 from programs before Python 3.12). Owns no socket. Reactor thread.
//
//   we      #CHALLENGE# {sha256} 40 random bytes     program  HMAC
//   we      #WELCOME#                                program  #CHALLENGE# ...
//   we      HMAC                                     program  #WELCOME#
//   program one MessagePack value                    we       one MessagePack value
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace mehr::interface {

inline constexpr std::size_t kLoginMessageMax = 256;  ///< bytes of a message before the call
inline constexpr std::size_t kCallMax = 4'096;        ///< bytes of a call

class ProgramLogin {
 public:
  enum class State : std::uint8_t {
    kTalking,    ///< more is to come
    kCalled,     ///< call() is complete, nothing more is read
    kRefused,    ///< the wrong key; send what is to be sent, then close
    kMalformed,  ///< close
  };
  /// @param key not empty
  ProgramLogin(Bytes key, Random& random);

  /// Takes bytes as they come. Hostile bytes end in kRefused or kMalformed.
  State append(ByteView data);
  /// What is to be sent now, with its lengths; empty when nothing is.
  Bytes take_outgoing();
  [[nodiscard]] const Bytes& call() const { return call_; }

  /// A message with its length.
  static Bytes framed(ByteView message);

 private:
  enum class Step : std::uint8_t { kAnswer, kChallenge, kWelcome, kCall };

  State message(ByteView body);
  [[nodiscard]] bool is_our_answer(ByteView body) const;
  /// Proves the key for what the program drew; nullopt when it asks for a digest we do not have.
  [[nodiscard]] std::optional<Bytes> answer_to(ByteView drawn) const;

  Bytes key_;
  Bytes drawn_;  ///< with the name of its digest
  Bytes in_, out_, call_;
  Step step_ = Step::kAnswer;
  State state_ = State::kTalking;
};

}  // namespace mehr::interface
