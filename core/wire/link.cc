// Reading and writing what sets a link up, declared in link.h.
#include "core/wire/link.h"

#include "core/base/assert.h"

namespace mehr::wire {
namespace {

constexpr std::size_t kTokenOverhead = 48;  ///< IV and MAC
constexpr std::size_t kCipherBlock = 16;
constexpr std::size_t kAccessCodeMin = 1;  ///< reserved in every size sum, used or not

}  // namespace

LinkSignallingBytes encode_link_signalling(const LinkSignalling& signalling) {
  const std::uint32_t value =
      (std::uint32_t{signalling.mode} & 7U) << 21 | (signalling.mtu & kLinkMtuMax);
  return {{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
           static_cast<std::uint8_t>(value)}};
}

LinkSignalling decode_link_signalling(const LinkSignallingBytes& bytes) {
  const std::uint32_t value =
      std::uint32_t{bytes.bytes[0]} << 16 | std::uint32_t{bytes.bytes[1]} << 8 | bytes.bytes[2];
  return {value & kLinkMtuMax, static_cast<std::uint8_t>(value >> 21)};
}

std::optional<LinkRequest> decode_link_request(ByteView payload) {
  if (payload.size() < kLinkRequestSize) return std::nullopt;
  ByteReader reader(payload);
  LinkRequest request;
  request.agreement_key = reader.fixed<32>();
  request.verify_key = reader.fixed<32>();
  if (reader.remaining() > 0) {
    request.mode = static_cast<std::uint8_t>(payload[kLinkRequestSize] >> 5);
  }
  if (reader.remaining() == kLinkSignallingSize) {
    request.signalling = decode_link_signalling(reader.fixed<kLinkSignallingSize>());
  }
  return request;
}

Bytes encode_link_request(const LinkRequest& request) {
  Bytes out = concat({request.agreement_key.view(), request.verify_key.view()});
  if (request.signalling) append(out, encode_link_signalling(*request.signalling).view());
  return out;
}

std::optional<LinkProof> decode_link_proof(ByteView payload) {
  if (payload.size() != kLinkProofSize && payload.size() != kLinkProofSize + kLinkSignallingSize) {
    return std::nullopt;
  }
  ByteReader reader(payload);
  LinkProof proof;
  proof.signature = reader.fixed<64>();
  proof.agreement_key = reader.fixed<32>();
  if (reader.remaining() > 0) proof.signalling = reader.fixed<kLinkSignallingSize>();
  return proof;
}

Bytes encode_link_proof(const LinkProof& proof) {
  return concat({proof.signature.view(), proof.agreement_key.view(),
                 proof.signalling ? proof.signalling->view() : ByteView{}});
}

Bytes with_link_mtu(ByteView raw, std::uint32_t mtu) {
  MEHR_ASSERT(raw.size() >= kHeaderMin + kLinkRequestSize + kLinkSignallingSize);
  const ByteView tail = raw.last(kLinkSignallingSize);
  LinkSignalling signalling = decode_link_signalling(*LinkSignallingBytes::from(tail));
  signalling.mtu = mtu;
  return concat(
      {raw.first(raw.size() - kLinkSignallingSize), encode_link_signalling(signalling).view()});
}

Bytes without_link_signalling(ByteView raw) {
  MEHR_ASSERT(raw.size() >= kHeaderMin + kLinkRequestSize + kLinkSignallingSize);
  return to_bytes(raw.first(raw.size() - kLinkSignallingSize));
}

std::size_t link_mdu(std::size_t mtu) {
  constexpr std::size_t kFixed = kAccessCodeMin + kHeaderMin + kTokenOverhead;
  if (mtu < kFixed + kCipherBlock) return 0;
  return (mtu - kFixed) / kCipherBlock * kCipherBlock - 1;
}

std::size_t resource_sdu(std::size_t mtu) {
  constexpr std::size_t kFixed = kHeaderMax + kAccessCodeMin;
  return mtu > kFixed ? mtu - kFixed : 0;
}

}  // namespace mehr::wire
