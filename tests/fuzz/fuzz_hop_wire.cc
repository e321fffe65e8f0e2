// Any bytes as every hop message; what decodes must encode to the same bytes again.
#include <cstdlib>

#include "core/wire/hop_fragment.h"
#include "core/wire/hop_frame.h"
#include "core/wire/hop_handshake.h"
#include "core/wire/hop_probe.h"
#include "core/wire/hop_stream.h"
#include "core/wire/path_cost.h"

namespace {

using mehr::Bytes;
using mehr::ByteView;

void must_equal(const Bytes& encoded, ByteView original) {
  if (!std::equal(encoded.begin(), encoded.end(), original.begin(), original.end())) std::abort();
}

void try_data(ByteView input, bool compact) {
  const auto frame = mehr::wire::decode_hop_data(input, compact);
  if (!frame) return;
  must_equal(mehr::wire::encode_hop_header(frame->receiver_index, frame->counter, compact),
             frame->header);
}

// However the bytes arrive, the same frames come out; all but a cut end encodes to the same again.
void try_stream(ByteView input) {
  Bytes whole, pieces;
  mehr::wire::HopStreamDecoder at_once, slowly;
  const bool good = at_once.push(
      input, [&](ByteView frame) { mehr::append(whole, mehr::wire::encode_hop_stream(frame)); });
  for (std::size_t i = 0; i < input.size(); ++i) {
    slowly.push(input.subspan(i, 1), [&](ByteView frame) {
      mehr::append(pieces, mehr::wire::encode_hop_stream(frame));
    });
  }
  must_equal(whole, pieces);
  if (good) must_equal(whole, input.first(input.size() - at_once.held()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace wire = mehr::wire;
  const ByteView input{data, size};
  wire::hop_frame_kind(input);
  try_data(input, false);
  try_data(input, true);
  Bytes records;
  if (wire::decode_hop_records(
          input, [&](const wire::HopRecord& r) { wire::append_hop_record(records, r); })) {
    must_equal(records, input);
  }
  if (const auto hello = wire::decode_hop_hello(input)) {
    must_equal(wire::encode_hop_hello(*hello), input);
  }
  if (const auto answer = wire::decode_hop_answer(input)) {
    must_equal(mehr::concat({wire::encode_hop_answer_clear(*answer), answer->sealed}), input);
  }
  if (const auto finish = wire::decode_hop_finish(input)) {
    must_equal(
        mehr::concat({wire::encode_hop_finish_clear(finish->receiver_index), finish->sealed}),
        input);
  }
  if (const auto cookie = wire::decode_hop_cookie(input)) {
    must_equal(wire::encode_hop_cookie(*cookie), input);
  }
  if (const auto capabilities = wire::decode_hop_capabilities(input)) {
    must_equal(wire::encode_hop_capabilities(*capabilities), input);
  }
  if (const auto proof = wire::decode_hop_proof(input)) {
    must_equal(wire::encode_hop_proof(*proof), input);
  }
  if (const auto rekey = wire::decode_hop_rekey(input)) {
    must_equal(wire::encode_hop_rekey(*rekey), input);
  }
  if (const auto cost = wire::decode_path_cost(input)) {
    must_equal(wire::encode_path_cost(*cost), input);
    if (wire::accumulate(*cost, {1, 1, 1e6, 500}).cost_code < cost->cost_code) std::abort();
  }
  if (const auto record = wire::decode_path_cost_record(input)) {
    must_equal(wire::encode_path_cost_record(*record), input);
  }
  if (const auto probe = wire::decode_hop_probe(input)) {
    must_equal(wire::encode_hop_probe(*probe, input.size()), input);
  }
  if (const auto fragment = wire::decode_hop_fragment(input)) {
    must_equal(wire::encode_hop_fragment(*fragment), input);
  }
  try_stream(input);
  return 0;
}
