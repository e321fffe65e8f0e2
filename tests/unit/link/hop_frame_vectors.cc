// Frame vectors, declared in hop_vectors.h.
#include "controlplane/link/epoch.h"
#include "core/crypto/aead.h"
#include "core/wire/path_cost.h"
#include "hop_vectors.h"

namespace mehr::link {
namespace {

struct Sample {
  wire::HopClass hop_class;
  std::uint8_t price_or_type;
  Bytes body;
};

OrderedJson fields_of(const wire::HopClass& hop_class) {
  return {{"byte", hop_class.packed()},
          {"priority", static_cast<unsigned>(hop_class.priority)},
          {"path_policy", hop_class.path_policy},
          {"probe", hop_class.probe},
          {"reserved_flow", hop_class.reserved_flow},
          {"control", hop_class.control}};
}

OrderedJson frame(const std::string& id, std::uint32_t index, wire::HopCounter counter,
                  bool compact, const std::vector<Sample>& records, std::size_t padding,
                  Random& random) {
  const auto key = random.fixed<32>();
  Bytes plaintext;
  OrderedJson list = OrderedJson::array();
  for (const Sample& record : records) {
    wire::append_hop_record(plaintext, {record.hop_class, record.price_or_type, record.body});
    list.push_back({{"class", record.hop_class.packed()},
                    {"price_or_type", record.price_or_type},
                    {"body", to_hex(record.body)}});
  }
  if (padding > 0) wire::append_hop_padding(plaintext, padding);
  Bytes out = wire::encode_hop_header(index, counter, compact);
  append(out, crypto::seal_aead(key, counter.packed(), out, plaintext));
  return {{"id", id},
          {"compact", compact},
          {"key", to_hex(key)},
          {"receiver_index", index},
          {"lane", counter.lane},
          {"sequence", counter.sequence},
          {"records", list},
          {"padding", padding},
          {"plaintext", to_hex(plaintext)},
          {"frame", to_hex(out)}};
}

OrderedJson frames(Random& random) {
  const auto bytes = [&random](std::size_t size) {
    Bytes out(size);
    random.fill(out);
    return out;
  };
  const auto control = [](wire::HopControl type, Bytes body) {
    return Sample{{.priority = wire::HopPriority::kP0, .control = true},
                  static_cast<std::uint8_t>(type),
                  std::move(body)};
  };
  const Sample keep_alive = control(wire::HopControl::kKeepAlive, {});
  const Sample packet{{.priority = wire::HopPriority::kP1, .path_policy = 5}, 0x21, bytes(83)};
  const Sample bulk{{.priority = wire::HopPriority::kP3, .reserved_flow = true}, 0, bytes(1'000)};
  const Bytes cost = wire::encode_path_cost_record({Hash16{}, 7, {.cost_code = 300, .hops = 2}});
  const Sample told = control(wire::HopControl::kPathCost, cost);
  const std::uint64_t beyond = (std::uint64_t{5} << 24) + 3;
  OrderedJson out = OrderedJson::array();
  out.push_back(frame("empty", 1, {0, 0}, false, {}, 0, random));
  out.push_back(frame("keep-alive", 0xDEADBEEF, {0, 1}, false, {keep_alive}, 0, random));
  out.push_back(frame("packet, padded", 2, {3, 77}, false, {packet}, 41, random));
  out.push_back(frame("path cost and packet", 3, {0, 9}, false, {told, packet}, 0, random));
  out.push_back(frame("bulk on the last lane, last sequence", 0xFFFFFFFF,
                      {255, wire::kHopSequenceMax}, false, {bulk}, 0, random));
  out.push_back(frame("radio, first", 0, {0, 0}, true, {keep_alive}, 0, random));
  out.push_back(frame("radio, beyond 24 bits", 63, {0, beyond}, true, {packet, packet}, 0, random));
  return out;
}

OrderedJson sequences() {
  constexpr std::uint64_t kSpan = std::uint64_t{1} << 24;
  OrderedJson out = OrderedJson::array();
  for (const std::uint64_t highest :
       {std::uint64_t{0}, kSpan / 2, kSpan / 2 + 1, kSpan - 1, kSpan, 5 * kSpan + 17}) {
    for (const std::uint32_t low : {0U, 1U, 20U, 0x7FFFFFU, 0x800000U, 0x800001U, 0xFFFFFFU}) {
      out.push_back({{"highest", highest},
                     {"low", low},
                     {"sequence", wire::rebuild_hop_sequence(highest, low)}});
    }
  }
  return out;
}

OrderedJson path_costs() {
  OrderedJson out = OrderedJson::array();
  struct Case {
    double umhr;
    std::uint16_t latency;
    double bps;
    std::uint8_t hops;
    std::uint32_t mtu;
  };
  for (const Case& one : {Case{0, 0, 1'200, 1, 500}, Case{1, 250, 1e6, 2, 1'280},
                          Case{50, 65'535, 1e9, 255, 8'192}, Case{1e6, 12, 300, 3, 215}}) {
    const wire::PathCost cost{wire::code_of_cost(one.umhr), one.latency,
                              wire::encode_bottleneck(one.bps), one.hops,
                              wire::encode_mtu(one.mtu)};
    const wire::PathCostRecord record{*Hash16::from(Bytes(16, one.hops)), 0x0A0B0C0D, cost};
    out.push_back({{"umhr_per_mib", one.umhr},
                   {"worst_latency_ms", one.latency},
                   {"bottleneck_bps", one.bps},
                   {"hops", one.hops},
                   {"mtu", one.mtu},
                   {"cost_code", cost.cost_code},
                   {"bottleneck_code", cost.bottleneck_code},
                   {"mtu_code", cost.mtu_code},
                   {"bytes", to_hex(wire::encode_path_cost(cost))},
                   {"announce", to_hex(record.announce)},
                   {"relay_sequence", record.relay_sequence},
                   {"record", to_hex(wire::encode_path_cost_record(record))}});
  }
  return out;
}

OrderedJson malformed() {
  OrderedJson out = OrderedJson::array();
  const auto add = [&out](const char* what, const char* why, const Bytes& bytes) {
    out.push_back({{"what", what}, {"why", why}, {"bytes", to_hex(bytes)}});
  };
  const auto changed = [](Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = value;
    return bytes;
  };
  const Bytes hello = wire::encode_hop_hello({7, {}, {}, true});
  add("hello", "reserved byte 1 set", changed(hello, 1, 1));
  add("hello", "reserved byte 3 set", changed(hello, 3, 1));
  add("hello", "padding not zero", changed(hello, 203, 1));
  add("hello", "neither 56 nor 204 bytes", Bytes(hello.begin(), hello.begin() + 57));
  add("hello", "version 2", changed(hello, 0, 0xA1));
  const Bytes answer = concat({wire::encode_hop_answer_clear({7, 8, {}, {}, {}}), Bytes(160, 9)});
  add("answer", "a byte short", Bytes(answer.begin(), answer.end() - 1));
  add("answer", "reserved byte 2 set", changed(answer, 2, 1));
  const Bytes finish = concat({wire::encode_hop_finish_clear(8), Bytes(160, 9)});
  add("finish", "a byte long", concat({finish, Bytes(1)}));
  add("finish", "type of an answer", changed(finish, 0, 0x92));
  add("cookie", "a byte long", concat({wire::encode_hop_cookie({7, {}}), Bytes(1)}));
  const Bytes capabilities = wire::encode_hop_capabilities({});
  add("capabilities", "unknown flag", changed(capabilities, 1, 4));
  add("capabilities", "no lane", changed(capabilities, 4, 0));
  add("capabilities", "reserved byte set", changed(capabilities, 7, 1));
  const Bytes header = concat({wire::encode_hop_header(1, {0, 1}, false), Bytes(16)});
  add("frame", "reserved byte set", changed(header, 2, 1));
  add("frame", "shorter than header and tag", Bytes(header.begin(), header.end() - 1));
  add("frame", "type 6", changed(header, 0, 0x96));
  add("frame", "a Reticulum packet", changed(header, 0, 0x00));
  add("compact frame", "shorter than header and tag", Bytes(19, 0xC1));
  Bytes records;
  wire::append_hop_record(records, {{}, 0, Bytes(3, 1)});
  const std::size_t at = records.size();
  wire::append_hop_padding(records, 8);
  add("records", "cut in the header", Bytes(records.begin(), records.begin() + 3));
  add("records", "cut in the body", Bytes(records.begin(), records.begin() + 5));
  add("records", "padding not zero", changed(records, records.size() - 1, 1));
  add("records", "padding of another class", changed(records, at + 2, 0x41));
  add("records", "something behind padding", concat({records, Bytes(4)}));
  add("rekey", "a byte short", Bytes(39));
  add("path cost", "a byte long", Bytes(8));
  add("path cost record", "a byte short", Bytes(26));
  return out;
}

}  // namespace

OrderedJson hop_frame_vectors() {
  SeededRandom random(21);
  OrderedJson out{{"format", 1}, {"source", "make_hop_vectors"}};
  out["frames"] = frames(random);
  out["sequences"] = sequences();
  auto& classes = out["classes"] = OrderedJson::array();
  for (const unsigned byte : {0x00U, 0x01U, 0x40U, 0x80U, 0xC0U, 0x38U, 0x04U, 0x02U, 0xFFU})
    classes.push_back(fields_of(wire::HopClass::unpack(static_cast<std::uint8_t>(byte))));
  out["path_costs"] = path_costs();
  out["malformed"] = malformed();
  return out;
}

}  // namespace mehr::link
