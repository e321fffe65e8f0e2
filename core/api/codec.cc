// Framing and verification of the admin protocol.
#include "core/api/codec.h"

namespace mehr::api {
namespace {

// A request is one table in a union; a response at most a list of tables. The depth leaves room for
// fields to come, the table counts bound the time a verifier may take.
constexpr flatbuffers::uoffset_t kDepthMax = 16;
constexpr flatbuffers::uoffset_t kRequestTablesMax = 64;
constexpr flatbuffers::uoffset_t kResponseTablesMax = 200'000;

template <typename Table>
Bytes encode(const typename Table::NativeTableType& value, std::size_t body_max) {
  flatbuffers::FlatBufferBuilder builder(1024);
  builder.Finish(Table::Pack(builder, &value));
  if (builder.GetSize() > body_max) return {};
  ByteWriter out(kLengthBytes + builder.GetSize());
  out.u32_le(builder.GetSize());
  out.bytes({builder.GetBufferPointer(), builder.GetSize()});
  return out.take();
}

// The verifier checks alignment against the address, so it gets a copy that the allocator aligned.
template <typename Table>
std::unique_ptr<typename Table::NativeTableType> decode(ByteView body,
                                                        flatbuffers::uoffset_t tables_max) {
  const Bytes aligned = to_bytes(body);
  flatbuffers::Verifier verifier(aligned.data(), aligned.size(), kDepthMax, tables_max);
  if (!verifier.VerifyBuffer<Table>(nullptr)) return nullptr;
  const Table* table = flatbuffers::GetRoot<Table>(aligned.data());
  if (table->body() == nullptr) return nullptr;
  auto value = std::unique_ptr<typename Table::NativeTableType>(table->UnPack());
  if (value->body.value == nullptr) return nullptr;
  return value;
}

}  // namespace

Bytes encode_request(const RequestT& request) {
  return encode<Request>(request, kRequestBytesMax);
}

Bytes encode_response(const ResponseT& response) {
  return encode<Response>(response, kResponseBytesMax);
}

std::unique_ptr<RequestT> decode_request(ByteView body) {
  if (body.size() > kRequestBytesMax) return nullptr;
  return decode<Request>(body, kRequestTablesMax);
}

std::unique_ptr<ResponseT> decode_response(ByteView body) {
  if (body.size() > kResponseBytesMax) return nullptr;
  return decode<Response>(body, kResponseTablesMax);
}

bool FrameReader::append(ByteView data) {
  if (failed_) return false;
  if (start_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
    start_ = 0;
  }
  mehr::append(buffer_, data);
  const auto length = announced_length();
  failed_ = (length && (*length == 0 || *length > body_max_)) ||
            buffer_.size() > 2 * (kLengthBytes + body_max_);
  return !failed_;
}

std::optional<Bytes> FrameReader::next() {
  const auto length = announced_length();
  if (failed_ || !length) return std::nullopt;
  if (*length == 0 || *length > body_max_) {
    failed_ = true;
    return std::nullopt;
  }
  if (buffered_bytes() < kLengthBytes + *length) return std::nullopt;
  const ByteView body = ByteView(buffer_).subspan(start_ + kLengthBytes, *length);
  start_ += kLengthBytes + *length;
  return to_bytes(body);
}

std::optional<std::size_t> FrameReader::announced_length() const {
  if (buffered_bytes() < kLengthBytes) return std::nullopt;
  return ByteReader(ByteView(buffer_).subspan(start_)).u32_le();
}

ResponseT error_response(ErrorCode code, std::string text) {
  ErrorT error;
  error.code = code;
  error.text = std::move(text);
  return response_of(std::move(error));
}

}  // namespace mehr::api
