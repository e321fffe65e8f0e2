// Bit 7 of the first byte says whether a frame carries a code; it has to agree with the interface.
#include "controlplane/interface/gate.h"

namespace mehr::interface {
namespace {

constexpr std::uint8_t kCodePresent = 0x80;
/// Flags and hops; a frame of no more than these is nothing.
constexpr std::size_t kHead = 2;
constexpr std::size_t kDefaultBytes = 16, kDefaultRadioBytes = 8;

std::size_t code_bytes(const config::InterfaceConfig& config) {
  constexpr std::size_t kBitsPerByte = 8;
  if (config.access_code_bits) return *config.access_code_bits / kBitsPerByte;
  return config.kind == config::InterfaceKind::kRnode ? kDefaultRadioBytes : kDefaultBytes;
}

}  // namespace

Gate::Gate(const config::InterfaceConfig& config, border::Counters& counters)
    : counters_(counters) {
  if (config.network_name.empty() && config.passphrase.empty()) return;
  code_.emplace(config.network_name, config.passphrase, code_bytes(config));
}

ByteView Gate::protect(ByteView packet) {
  if (!code_) return packet;
  protected_ = code_->protect(packet);
  return protected_;
}

std::optional<ByteView> Gate::admit(ByteView frame) {
  if (frame.size() <= kHead) {
    counters_.add(border::Counter::kRxTooShort);
    return std::nullopt;
  }
  const bool present = (frame[0] & kCodePresent) != 0;
  if (!code_) {
    if (!present) return frame;
    counters_.add(border::Counter::kAccessUnexpected);
    return std::nullopt;
  }
  if (!present) {
    counters_.add(border::Counter::kAccessMissing);
    return std::nullopt;
  }
  auto packet = code_->admit(frame);
  if (!packet) {
    counters_.add(border::Counter::kAccessWrong);
    return std::nullopt;
  }
  admitted_ = *std::move(packet);
  return admitted_;
}

}  // namespace mehr::interface
