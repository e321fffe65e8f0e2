// Resources: every case of resource.json, and the two state machines on a channel that loses,
// repeats and damages.
#include <gtest/gtest.h>

#include <deque>

#include "controlplane/endpoint/compression.h"
#include "controlplane/endpoint/resource_receiver.h"
#include "controlplane/endpoint/resource_sender.h"
#include "core/crypto/hash.h"
#include "core/crypto/token.h"
#include "core/wire/link.h"
#include "tests/unit/vector_file.h"

namespace mehr::endpoint {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

std::vector<wire::MapHash> map_of(const Bytes& bytes) {
  std::vector<wire::MapHash> map;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    map.push_back(*wire::MapHash::from(ByteView(bytes).subspan(i)));
  }
  return map;
}

Bytes packet_of(const Json& item, wire::PacketType type, wire::Context kind, ByteView data) {
  wire::Packet packet;
  packet.destination_type = wire::DestinationType::kLink;
  packet.packet_type = type;
  packet.context = kind;
  packet.destination = fixed_hex<16>(item["link_id"]);
  packet.data = data;
  return wire::encode_packet(packet);
}

/// The plaintext of a sealed packet of the vectors, whose header must be as we would write it.
Bytes opened(const Json& item, const char* name, wire::Context kind) {
  const Bytes raw = hex(item[name]);
  const auto packet = wire::decode_packet(raw);
  EXPECT_EQ(packet_of(item, wire::PacketType::kData, kind, packet->data), raw);
  return crypto::open_token(hex(item["link_key"]), packet->data).value();
}

void check_advertisement(const Json& item) {
  const Bytes plaintext = hex(item["advertisement"]);
  EXPECT_EQ(opened(item, "advertisement_packet", wire::Context::kResourceAdvertisement), plaintext);
  const auto advertisement = wire::decode_resource_advertisement(plaintext);
  ASSERT_TRUE(advertisement);
  EXPECT_EQ(advertisement->transfer_size, item["transfer_size"].get<std::uint64_t>());
  EXPECT_EQ(advertisement->data_size, item["total_size"].get<std::uint64_t>());
  EXPECT_EQ(advertisement->parts, item["parts"].get<std::uint64_t>());
  EXPECT_EQ(advertisement->hash, fixed_hex<32>(item["resource_hash"]));
  EXPECT_EQ(advertisement->original_hash, fixed_hex<32>(item["original_hash"]));
  EXPECT_EQ(advertisement->random, fixed_hex<4>(item["random_hash"]));
  EXPECT_EQ(advertisement->segment, item["segment_index"].get<std::uint64_t>());
  EXPECT_EQ(advertisement->segments, item["total_segments"].get<std::uint64_t>());
  EXPECT_EQ(advertisement->compressed, item["compressed"].get<bool>());
  EXPECT_EQ(advertisement->encrypted, item["encrypted"].get<bool>());
  EXPECT_EQ(advertisement->flags(), item["adv_flags"].get<unsigned>());
  EXPECT_EQ(advertisement->map.size(), item["adv_hashmap_entries"].get<std::size_t>());
  EXPECT_EQ(advertisement->has_metadata, !item["metadata"].is_null());
  EXPECT_EQ(wire::encode_resource_advertisement(*advertisement), plaintext);
}

void check_control(const Json& item) {
  const Hash32 hash = fixed_hex<32>(item["resource_hash"]);
  const auto map = map_of(hex(item["hashmap"]));
  EXPECT_EQ(map.size(), item["parts"].get<std::size_t>());
  EXPECT_EQ(crypto::sha256(hex(item["hashmap"])), fixed_hex<32>(item["hashmap_sha256"]));
  EXPECT_EQ(wire::resource_sdu(item["mtu"].get<std::size_t>()), item["sdu"].get<std::size_t>());

  wire::ResourceRequest request{hash, std::nullopt, {}};
  request.wanted.assign(map.begin(), map.begin() + std::min<std::ptrdiff_t>(
                                                       4, static_cast<std::ptrdiff_t>(map.size())));
  EXPECT_EQ(wire::encode_resource_request(request), hex(item["request_plaintext"]));
  EXPECT_EQ(opened(item, "request_packet", wire::Context::kResourceRequest),
            hex(item["request_plaintext"]));
  const auto decoded = wire::decode_resource_request(hex(item["request_plaintext"]));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->wanted, request.wanted);

  const Bytes proof = wire::encode_resource_proof({hash, fixed_hex<32>(item["expected_proof"])});
  EXPECT_EQ(packet_of(item, wire::PacketType::kProof, wire::Context::kResourceProof, proof),
            hex(item["proof_packet"]));

  if (!item.contains("hmu_plaintext")) return;
  const auto middle = map.begin() + static_cast<std::ptrdiff_t>(wire::kResourceMapEntries);
  const wire::ResourceMapUpdate update{hash, 1, {middle, map.end()}};
  EXPECT_EQ(wire::encode_resource_map_update(update), hex(item["hmu_plaintext"]));
  EXPECT_EQ(wire::decode_resource_map_update(hex(item["hmu_plaintext"]))->map, update.map);
  EXPECT_EQ(wire::encode_resource_request({hash, *(middle - 1), {}}),
            hex(item["exhausted_request_plaintext"]));
}

/// Takes the stream apart, checks the data, and prepares the same stream from the data again.
void check_stream(const Json& item, const Bytes& stream) {
  const auto advertisement = wire::decode_resource_advertisement(hex(item["advertisement"]));
  const Bytes key = hex(item["link_key"]);
  const auto decrypted = crypto::open_token(key, stream);
  ASSERT_TRUE(decrypted);
  const auto data = assemble_segment(*decrypted, *advertisement, item["total_size"]);
  ASSERT_TRUE(data);
  EXPECT_EQ(crypto::sha256(*data), fixed_hex<32>(item["data_sha256"]));
  EXPECT_EQ(segment_proof(*data, advertisement->hash), fixed_hex<32>(item["expected_proof"]));

  std::deque<wire::MapHash> randoms = {*wire::MapHash::from(*decrypted),
                                       fixed_hex<4>(item["random_hash"])};
  const SegmentCrypto crypto{[&](ByteView plaintext) {
                               return crypto::seal_token(key, *FixedBytes<16>::from(stream),
                                                         plaintext);
                             },
                             [&] {
                               const wire::MapHash next = randoms.front();
                               randoms.pop_front();
                               return next;
                             }};
  const ResourceSegment segment = prepare_segment(*data, true, item["sdu"], crypto);
  EXPECT_EQ(segment.stream, stream);
  EXPECT_EQ(segment.compressed, item["compressed"].get<bool>());
  EXPECT_EQ(segment.map, map_of(hex(item["hashmap"])));
  EXPECT_EQ(segment.hash, fixed_hex<32>(item["resource_hash"]));
  EXPECT_EQ(segment.expected_proof, fixed_hex<32>(item["expected_proof"]));
}

TEST(Resource, EveryCaseOfTheReference) {
  std::size_t whole = 0;
  VectorFile("resource").each("resources", [&](const Json& item) {
    check_advertisement(item);
    check_control(item);
    if (!item["data"].is_null()) {
      const Bytes data = hex(item["data"]);
      EXPECT_EQ(segment_hash(data, fixed_hex<4>(item["random_hash"])),
                fixed_hex<32>(item["resource_hash"]));
      EXPECT_EQ(segment_proof(data, fixed_hex<32>(item["resource_hash"])),
                fixed_hex<32>(item["expected_proof"]));
    }
    if (item["first_parts"].is_null()) return;
    const auto map = map_of(hex(item["hashmap"]));
    Bytes stream;
    for (std::size_t i = 0; i < item["first_parts"].size(); ++i) {
      const Bytes part = hex(item["first_parts"][i]);
      EXPECT_EQ(map_hash(part, fixed_hex<4>(item["random_hash"])), map[i]);
      append(stream, part);
      if (i < item["first_part_packets"].size()) {
        EXPECT_EQ(packet_of(item, wire::PacketType::kData, wire::Context::kResource, part),
                  hex(item["first_part_packets"][i]));
      }
    }
    if (item["first_parts"].size() != item["parts"].get<std::size_t>()) return;
    ++whole;
    check_stream(item, stream);
  });
  EXPECT_GE(whole, 4U);
}

TEST(Compression, StopsAtTheCap) {
  const Bytes zeros(5'000'000);
  const Bytes small = compress(zeros);
  EXPECT_LT(small.size(), 1'000U);
  EXPECT_EQ(decompress(small, zeros.size()), zeros);
  EXPECT_EQ(decompress(small, zeros.size() - 1), std::nullopt);
  EXPECT_EQ(decompress(ByteView(small).first(small.size() - 1), zeros.size()), std::nullopt);
  EXPECT_EQ(decompress(Bytes(100, 7), 1'000), std::nullopt);
  EXPECT_EQ(decompress(Bytes(), 1'000), std::nullopt);
}

/// Both ends of a link in one object: what one sends is queued for the other.
class Pipe final : public ResourceChannel {
 public:
  Sent send(wire::Context kind, ByteView plaintext) override {
    out.emplace_back(kind, to_bytes(plaintext));
    return {random_.fixed<32>(), plaintext.size() + 67};
  }
  Sent send_clear(wire::PacketType, wire::Context kind, ByteView data) override {
    out.emplace_back(kind, to_bytes(data));
    return {random_.fixed<32>(), data.size() + 19};
  }
  Bytes seal(ByteView plaintext) override {
    return crypto::seal_token(key_.view(), FixedBytes<16>{}, plaintext);
  }
  std::optional<Bytes> unseal(ByteView token) const override {
    return crypto::open_token(key_.view(), token);
  }
  const LinkId& id() const override { return id_; }
  Duration rtt() const override { return 50ms; }
  std::size_t mtu() const override { return 500; }
  double bits_per_second() const override { return 50'000; }
  Random& random() override { return random_; }
  Time now() const override { return time; }

  std::deque<std::pair<wire::Context, Bytes>> out;
  Time time{1s};

 private:
  SeededRandom random_{99};
  FixedBytes<64> key_;
  LinkId id_;
};

struct Transfer {
  explicit Transfer(Bytes content) : data(std::move(content)), sender(pipe, data, false) {
    sender.start();
  }
  /// Delivers one queued packet to whom it is for.
  void step() {
    const auto [kind, bytes] = pipe.out.front();
    pipe.out.pop_front();
    switch (kind) {
      case wire::Context::kResourceAdvertisement:
        if (!receiver) {
          receiver.emplace(pipe, *wire::decode_resource_advertisement(bytes), data.size(),
                           TransferRate{});
          receiver->start();
        } else {
          receiver->advertised_again();
        }
        return;
      case wire::Context::kResourceRequest:
        return sender.requested(*wire::decode_resource_request(bytes), pipe.random().fixed<32>());
      case wire::Context::kResource:
        return receiver->part(bytes);
      case wire::Context::kResourceHashmapUpdate:
        return receiver->map_update(*wire::decode_resource_map_update(bytes));
      case wire::Context::kResourceReceiverCancel:
        return sender.refused();
      case wire::Context::kResourceInitiatorCancel:
        return receiver->cancelled();
      default:
        return;
    }
  }
  void run(const std::function<bool(wire::Context, const Bytes&)>& lose = {}) {
    for (int i = 0; i < 100'000; ++i) {
      if (sender.finished() && pipe.out.empty()) return;
      if (pipe.out.empty()) {
        Time next = sender.next_due();
        if (receiver) next = std::min(next, receiver->next_due());
        if (next == Time::max()) return;
        pipe.time = std::max(pipe.time, next);
        sender.tick();
        if (receiver) receiver->tick();
        continue;
      }
      pipe.time += 2ms;
      if (lose && lose(pipe.out.front().first, pipe.out.front().second)) {
        pipe.out.pop_front();
        continue;
      }
      step();
      if (receiver && receiver->state() == ResourceReceiver::State::kComplete && !proved) {
        proved = true;
        sender.proved({receiver->advertisement().hash, receiver->proof()});
      }
    }
    FAIL() << "the transfer does not end";
  }

  Pipe pipe;
  Bytes data;
  ResourceSender sender;
  std::optional<ResourceReceiver> receiver;
  bool proved = false;
};

Bytes random_bytes(std::size_t size) {
  SeededRandom random(size);
  Bytes out(size);
  random.fill(out);
  return out;
}

TEST(Resource, MapUpdatesAndWindowsCarryThroughAnySize) {
  for (const std::size_t size : {1U, 396U, 397U, 464U, 74U * 464, 74U * 464 + 1, 75U * 464,
                                 148U * 464, 149U * 464, 400U * 464 + 7}) {
    Transfer transfer(random_bytes(size));
    transfer.run();
    EXPECT_EQ(transfer.sender.state(), ResourceSender::State::kComplete) << size;
    EXPECT_EQ(transfer.receiver->take_data(), transfer.data) << size;
  }
}

TEST(Resource, LossOfAnyKindOfPacketIsMadeGood) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SeededRandom random(seed);
    Transfer transfer(random_bytes(100'000));
    transfer.run([&](wire::Context, const Bytes&) { return random.below(5) == 0; });
    EXPECT_EQ(transfer.sender.state(), ResourceSender::State::kComplete) << seed;
    EXPECT_EQ(transfer.receiver->take_data(), transfer.data) << seed;
  }
}

TEST(Resource, EndsWhenTheOtherSideIsSilent) {
  Transfer dead(random_bytes(10'000));
  dead.run([](wire::Context, const Bytes&) { return true; });
  EXPECT_EQ(dead.sender.state(), ResourceSender::State::kFailed);

  Transfer half(random_bytes(100'000));
  int parts = 0;
  half.run([&](wire::Context kind, const Bytes&) {
    return kind == wire::Context::kResource && ++parts > 20;
  });
  EXPECT_EQ(half.sender.state(), ResourceSender::State::kFailed);
  EXPECT_EQ(half.receiver->state(), ResourceReceiver::State::kFailed);
}

TEST(Resource, ForeignPartsAreIgnoredAndWrongDataIsCorrupt) {
  Transfer transfer(random_bytes(5'000));
  transfer.step();  // advertisement
  transfer.receiver->part(random_bytes(464));
  transfer.receiver->part({});
  EXPECT_EQ(transfer.receiver->state(), ResourceReceiver::State::kTransferring);
  // Parts that match the map but belong to a stream with another tag.
  wire::ResourceAdvertisement lie;
  const Bytes stream = random_bytes(200);
  lie.transfer_size = stream.size();
  lie.data_size = 100;
  lie.parts = 1;
  lie.map = {map_hash(stream, lie.random)};
  ResourceReceiver receiver(transfer.pipe, lie, 100, {});
  receiver.start();
  receiver.part(stream);
  EXPECT_EQ(receiver.state(), ResourceReceiver::State::kCorrupt);
}

TEST(Resource, SenderRefusesNonsenseRequests) {
  Transfer transfer(random_bytes(100'000));
  wire::ResourceRequest request{transfer.sender.hash(), wire::MapHash{}, {}};
  transfer.sender.requested(request, Hash32{});
  EXPECT_EQ(transfer.sender.state(), ResourceSender::State::kFailed);

  Transfer other(random_bytes(1'000));
  other.sender.requested({Hash32{}, std::nullopt, {}}, Hash32{});
  EXPECT_EQ(other.sender.state(), ResourceSender::State::kAdvertised);
  other.sender.proved({other.sender.hash(), Hash32{}});
  EXPECT_FALSE(other.sender.finished());
  other.sender.refused();
  EXPECT_EQ(other.sender.state(), ResourceSender::State::kRefused);
}

}  // namespace
}  // namespace mehr::endpoint
