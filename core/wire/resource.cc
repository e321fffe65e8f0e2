// Encoding and decoding of resource control messages; every count is checked against its limit.
#include "core/wire/resource.h"

#include <algorithm>
#include <array>

#include "core/wire/msgpack.h"

namespace mehr::wire {
namespace {

constexpr std::uint8_t kMapNotExhausted = 0x00;
constexpr std::uint8_t kMapExhausted = 0xFF;
// Total data size is bounded by the receiver's own limit; this one only keeps sums from
// overflowing.
constexpr std::uint64_t kDataSizeMax = std::uint64_t{1} << 40;

void write_map(ByteWriter& out, const std::vector<MapHash>& map, std::size_t limit) {
  for (std::size_t i = 0; i < std::min(map.size(), limit); ++i)
    out.bytes(map[i].view());
}

std::optional<std::vector<MapHash>> read_map(ByteView bytes, std::size_t limit) {
  if (bytes.size() % MapHash::kSize != 0 || bytes.size() / MapHash::kSize > limit) {
    return std::nullopt;
  }
  std::vector<MapHash> map(bytes.size() / MapHash::kSize);
  ByteReader reader(bytes);
  for (MapHash& entry : map)
    entry = reader.fixed<4>();
  return map;
}

/// One key of an advertisement; false when the value does not fit it.
bool read_field(char key, MsgpackReader& reader, ResourceAdvertisement& out) {
  const auto number = [&](std::uint64_t& to) {
    const auto value = reader.unsigned_integer();
    if (value) to = *value;
    return value.has_value();
  };
  const auto hash = [&](auto& to) {
    const auto bytes = reader.bytes();
    if (!bytes || bytes->size() != to.view().size()) return false;
    to = *std::remove_reference_t<decltype(to)>::from(*bytes);
    return true;
  };
  switch (key) {
    case 't':
      return number(out.transfer_size);
    case 'd':
      return number(out.data_size);
    case 'n':
      return number(out.parts);
    case 'i':
      return number(out.segment);
    case 'l':
      return number(out.segments);
    case 'h':
      return hash(out.hash);
    case 'r':
      return hash(out.random);
    case 'o':
      return hash(out.original_hash);
    case 'q':
      if (reader.peek() == MsgpackKind::kNil) return reader.nil();
      return hash(out.request_id.emplace());
    case 'f': {
      std::uint64_t flags = 0;
      if (!number(flags) || flags > 0xFF) return false;
      out.encrypted = (flags & 1) != 0;
      out.compressed = (flags >> 1 & 1) != 0;
      out.split = (flags >> 2 & 1) != 0;
      out.is_request = (flags >> 3 & 1) != 0;
      out.is_response = (flags >> 4 & 1) != 0;
      out.has_metadata = (flags >> 5 & 1) != 0;
      return true;
    }
    case 'm': {
      const auto bytes = reader.bytes();
      auto map = bytes ? read_map(*bytes, kResourceMapEntries) : std::nullopt;
      if (map) out.map = std::move(*map);
      return map.has_value();
    }
    default:
      return reader.value().has_value();  // later versions may say more
  }
}

}  // namespace

std::uint8_t ResourceAdvertisement::flags() const {
  const auto bit = [](bool set, unsigned position) { return set ? 1U << position : 0U; };
  return static_cast<std::uint8_t>(bit(encrypted, 0) | bit(compressed, 1) | bit(split, 2) |
                                   bit(is_request, 3) | bit(is_response, 4) | bit(has_metadata, 5));
}

Bytes encode_resource_advertisement(const ResourceAdvertisement& advertisement) {
  ByteWriter map;
  write_map(map, advertisement.map, kResourceMapEntries);
  MsgpackWriter out;
  out.map(11);
  out.string("t").unsigned_integer(advertisement.transfer_size);
  out.string("d").unsigned_integer(advertisement.data_size);
  out.string("n").unsigned_integer(advertisement.parts);
  out.string("h").binary(advertisement.hash.view());
  out.string("r").binary(advertisement.random.view());
  out.string("o").binary(advertisement.original_hash.view());
  out.string("i").unsigned_integer(advertisement.segment);
  out.string("l").unsigned_integer(advertisement.segments);
  out.string("q");
  if (advertisement.request_id) {
    out.binary(advertisement.request_id->view());
  } else {
    out.nil();
  }
  out.string("f").unsigned_integer(advertisement.flags());
  out.string("m").binary(map.written());
  return out.take();
}

std::optional<ResourceAdvertisement> decode_resource_advertisement(ByteView plaintext) {
  constexpr std::string_view kKeys = "tdnhroilqfm";
  MsgpackReader reader(plaintext);
  const auto pairs = reader.map();
  if (!pairs) return std::nullopt;
  ResourceAdvertisement out;
  std::array<bool, kKeys.size()> seen{};
  for (std::size_t i = 0; i < *pairs; ++i) {
    const auto key = reader.bytes();
    if (!key) return std::nullopt;
    const char name = key->size() == 1 ? static_cast<char>((*key)[0]) : '\0';
    const std::size_t index = kKeys.find(name);
    if (index != std::string_view::npos) {
      if (seen[index]) return std::nullopt;
      seen[index] = true;
    }
    if (!read_field(name, reader, out)) return std::nullopt;
  }
  const bool complete = std::all_of(seen.begin(), seen.end(), [](bool s) { return s; });
  if (!reader.finished() || !complete) return std::nullopt;
  if (out.transfer_size == 0 || out.transfer_size > kResourceTransferMax) return std::nullopt;
  if (out.data_size > kDataSizeMax || out.parts == 0 || out.parts > out.transfer_size) {
    return std::nullopt;
  }
  if (out.segment == 0 || out.segments == 0 || out.segment > out.segments) return std::nullopt;
  // Every segment but the last is full, so a larger count is a lie.
  if (out.segments > out.data_size / kResourceSegmentMax + 1) return std::nullopt;
  if (out.map.empty()) return std::nullopt;
  return out;
}

Bytes encode_resource_request(const ResourceRequest& request) {
  ByteWriter out;
  if (request.last_known) {
    out.u8(kMapExhausted).bytes(request.last_known->view());
  } else {
    out.u8(kMapNotExhausted);
  }
  out.bytes(request.hash.view());
  write_map(out, request.wanted, kResourceWindowMax);
  return out.take();
}

std::optional<ResourceRequest> decode_resource_request(ByteView plaintext) {
  ByteReader reader(plaintext);
  ResourceRequest out;
  if (reader.u8() == kMapExhausted) out.last_known = reader.fixed<4>();
  out.hash = reader.fixed<32>();
  if (reader.failed()) return std::nullopt;
  auto wanted = read_map(reader.rest(), kResourceWindowMax);
  if (!wanted) return std::nullopt;
  out.wanted = std::move(*wanted);
  return out;
}

Bytes encode_resource_map_update(const ResourceMapUpdate& update) {
  ByteWriter map;
  write_map(map, update.map, kResourceMapEntries);
  MsgpackWriter body;
  body.array(2).unsigned_integer(update.segment).binary(map.written());
  return concat({update.hash.view(), body.take()});
}

std::optional<ResourceMapUpdate> decode_resource_map_update(ByteView plaintext) {
  ByteReader header(plaintext);
  ResourceMapUpdate out;
  out.hash = header.fixed<32>();
  if (header.failed()) return std::nullopt;
  MsgpackReader reader(header.rest());
  const auto count = reader.array();
  if (!count || *count != 2) return std::nullopt;
  const auto segment = reader.unsigned_integer();
  const auto bytes = reader.bytes();
  if (!segment || !bytes || !reader.finished() || *segment > kResourceTransferMax) {
    return std::nullopt;
  }
  auto map = read_map(*bytes, kResourceMapEntries);
  if (!map || map->empty()) return std::nullopt;
  out.segment = *segment;
  out.map = std::move(*map);
  return out;
}

Bytes encode_resource_proof(const ResourceProof& proof) {
  return concat({proof.hash.view(), proof.proof.view()});
}

std::optional<ResourceProof> decode_resource_proof(ByteView data) {
  if (data.size() != 2 * Hash32::kSize) return std::nullopt;
  return ResourceProof{*Hash32::from(data), *Hash32::from(data.subspan(Hash32::kSize))};
}

}  // namespace mehr::wire
