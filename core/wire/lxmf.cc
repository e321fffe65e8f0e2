// LXMF packing and unpacking over the bounded MessagePack reader.
#include "core/wire/lxmf.h"

#include <cmath>

#include "core/wire/msgpack.h"

namespace mehr::wire {
namespace {

constexpr std::size_t kNameMax = 128;
constexpr std::uint64_t kFunctionCompression = 0;  // "supported functionality" code of LXMF
constexpr std::uint8_t kEmptyMap = 0x80;

/// Cuts after at most kNameMax bytes without splitting a UTF-8 character.
std::string_view cut_name(std::string_view name) {
  if (name.size() <= kNameMax) return name;
  std::size_t end = kNameMax;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80)
    --end;
  return name.substr(0, end);
}

/// Names come from strangers and end up on terminals: no control characters.
std::string printable(ByteView name) {
  std::string out;
  for (const std::uint8_t byte : name) {
    if (byte >= 0x20 && byte != 0x7F) out.push_back(static_cast<char>(byte));
  }
  return std::string(cut_name(out));
}

}  // namespace

std::optional<Lxmf> decode_lxmf(ByteView packed) {
  if (packed.size() < kLxmfSmallest) return std::nullopt;
  ByteReader header(packed);
  Lxmf out;
  out.destination = header.fixed<16>();
  out.source = header.fixed<16>();
  out.signature = header.fixed<64>();
  const ByteView payload = header.rest();

  MsgpackReader reader(payload);
  const auto count = reader.array();
  if (!count || *count < 4 || *count > 5) return std::nullopt;
  const std::size_t elements = payload.size() - reader.remaining();
  const auto timestamp = reader.number();
  const auto title = reader.bytes();
  const auto content = reader.bytes();
  if (!timestamp || !title || !content || !std::isfinite(*timestamp)) return std::nullopt;
  const MsgpackKind fields_kind = reader.peek();
  const auto fields = reader.value();
  if (!fields || (fields_kind != MsgpackKind::kMap && fields_kind != MsgpackKind::kNil)) {
    return std::nullopt;
  }
  const ByteView four = payload.subspan(elements, payload.size() - reader.remaining() - elements);
  if (*count == 5 && !reader.value()) return std::nullopt;  // the stamp: work done, nothing said
  if (!reader.finished()) return std::nullopt;

  out.timestamp = *timestamp;
  out.title = *title;
  out.content = *content;
  out.fields = fields_kind == MsgpackKind::kMap ? to_bytes(*fields) : Bytes{kEmptyMap};
  // The id does not cover a stamp: what it covers is the array as it was before the stamp came in.
  out.payload = *count == 5 ? MsgpackWriter().array(4).encoded(four).take() : to_bytes(payload);
  return out;
}

Bytes encode_lxmf_payload(double timestamp, ByteView title, ByteView content, ByteView fields) {
  return MsgpackWriter()
      .array(4)
      .real(timestamp)
      .binary(title)
      .binary(content)
      .encoded(fields)
      .take();
}

Bytes lxmf_hashed_part(const DestinationHash& destination, const DestinationHash& source,
                       ByteView payload) {
  return concat({destination.view(), source.view(), payload});
}

Bytes lxmf_signed_material(const DestinationHash& destination, const DestinationHash& source,
                           ByteView payload, const Hash32& id) {
  return concat({destination.view(), source.view(), payload, id.view()});
}

Bytes encode_lxmf(const DestinationHash& destination, const DestinationHash& source,
                  const Signature& signature, ByteView payload) {
  return concat({destination.view(), source.view(), signature.view(), payload});
}

Bytes encode_lxmf_announce(std::string_view display_name) {
  MsgpackWriter out;
  out.array(3);
  if (display_name.empty()) {
    out.nil();
  } else {
    out.binary(as_bytes(cut_name(display_name)));
  }
  return out.nil().array(1).unsigned_integer(kFunctionCompression).take();
}

LxmfAnnounce decode_lxmf_announce(ByteView app_data) {
  LxmfAnnounce out;
  if (app_data.empty()) return out;
  const bool array = (app_data[0] >= 0x90 && app_data[0] <= 0x9F) || app_data[0] == 0xDC;
  if (!array) {
    out.display_name = printable(app_data);
    return out;
  }
  MsgpackReader reader(app_data);
  const std::size_t count = reader.array().value_or(0);
  if (count >= 1) {
    const MsgpackKind kind = reader.peek();
    if (kind == MsgpackKind::kBinary || kind == MsgpackKind::kString) {
      out.display_name = printable(reader.bytes().value_or(ByteView{}));
    } else {
      reader.value();
    }
  }
  if (count >= 2) {
    if (reader.peek() == MsgpackKind::kInteger) {
      out.stamp_cost = reader.unsigned_integer();
    } else {
      reader.value();
    }
  }
  if (count >= 3 && reader.peek() == MsgpackKind::kArray) {
    out.compression = false;
    for (std::size_t left = reader.array().value_or(0); left > 0 && !reader.failed(); --left) {
      if (reader.peek() == MsgpackKind::kInteger) {
        out.compression |= reader.unsigned_integer() == kFunctionCompression;
      } else {
        reader.value();
      }
    }
  }
  return out;
}

}  // namespace mehr::wire
