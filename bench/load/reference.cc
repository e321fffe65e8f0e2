// One job at a time, as its own examples submit them.
#include "bench/load/reference.h"

#ifdef MEHR_IPSEC_MB
#include <intel-ipsec-mb.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "core/base/random.h"
#endif

namespace mehr::bench {

#ifdef MEHR_IPSEC_MB
namespace {

class IpsecMb final : public Reference {
 public:
  explicit IpsecMb(std::size_t bytes) : bytes_(bytes), manager_(alloc_mb_mgr(0)) {
    if (manager_ == nullptr) std::abort();
    init_mb_mgr_auto(manager_, nullptr);
    SeededRandom random(7);
    for (auto& key : keys_)
      random.fill(key);
    buffers_.resize(kBuffers);
    for (auto& buffer : buffers_)
      buffer.resize(bytes + 64);
  }
  ~IpsecMb() override { free_mb_mgr(manager_); }
  IpsecMb(const IpsecMb&) = delete;
  IpsecMb& operator=(const IpsecMb&) = delete;

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i)
      seal();
  }

 private:
  static constexpr std::size_t kKeys = 64, kBuffers = 256;

  void seal() {
    ++sequence_;
    auto& buffer = buffers_[sequence_ % kBuffers];
    const auto& key = keys_[sequence_ * 31 % kKeys];
    for (unsigned i = 0; i < 8; ++i)
      nonce_[4 + i] = static_cast<std::uint8_t>(sequence_ >> (8 * i));
    IMB_JOB* job = IMB_GET_NEXT_JOB(manager_);
    job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_CIPHER_HASH;
    job->enc_keys = key.data();
    job->dec_keys = key.data();
    job->key_len_in_bytes = 32;
    job->iv = nonce_.data();
    job->iv_len_in_bytes = 12;
    job->src = buffer.data() + 16;
    job->dst = buffer.data() + 16;
    job->cipher_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = bytes_;
    job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = bytes_;
    job->auth_tag_output = buffer.data() + 16 + bytes_;
    job->auth_tag_output_len_in_bytes = 16;
    job->u.CHACHA20_POLY1305.aad = buffer.data();
    job->u.CHACHA20_POLY1305.aad_len_in_bytes = 16;
    const IMB_JOB* done = IMB_SUBMIT_JOB(manager_);
    if (done == nullptr || done->status != IMB_STATUS_COMPLETED) std::abort();
  }

  std::size_t bytes_;
  IMB_MGR* manager_;
  std::array<std::array<std::uint8_t, 32>, kKeys> keys_;
  std::array<std::uint8_t, 12> nonce_{};
  std::vector<std::vector<std::uint8_t>> buffers_;
  std::uint64_t sequence_ = 0;
};

}  // namespace

std::unique_ptr<Reference> Reference::make(std::size_t packet_bytes) {
  return std::make_unique<IpsecMb>(packet_bytes);
}
#else
std::unique_ptr<Reference> Reference::make(std::size_t) {
  return nullptr;
}
#endif

}  // namespace mehr::bench
