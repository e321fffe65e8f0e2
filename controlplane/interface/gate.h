// The access code of one interface, between framing and router: added to what leaves, checked and
// removed from what arrives. Owns no framing. One a living interface; reactor thread.
// Source: reticulum-wire §21.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/border/counters.h"
#include "core/config/config.h"
#include "core/crypto/access_code.h"

namespace mehr::interface {

class Gate {
 public:
  /// Open when the configuration names neither network nor passphrase.
  Gate(const config::InterfaceConfig& config, border::Counters& counters);

  /// Code bytes added to each packet; 0 on open interfaces.
  [[nodiscard]] std::size_t size() const { return code_ ? code_->size() : 0; }
  /// The frame for a packet of at least 2 bytes. The view points into `packet` or into this gate
  /// and lives until the next call.
  [[nodiscard]] ByteView protect(ByteView packet);
  /// The packet of a frame; nullopt, counted, when it must not pass. The view points into `frame`
  /// or into this gate and lives until the next call.
  [[nodiscard]] std::optional<ByteView> admit(ByteView frame);

 private:
  border::Counters& counters_;
  std::optional<crypto::AccessCode> code_;
  Bytes admitted_, protected_;
};

}  // namespace mehr::interface
