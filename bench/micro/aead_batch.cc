// The batch AEAD beside libipsec-mb's job interface: windows of some microseconds of one and of the
// other in turn, so that both meet the same noise. Prints the quiet cost (5th percentile, TSC
// cycles a packet) of each and the median ratio of neighbouring windows. Run it pinned: taskset -c
// 1 .../aead-batch [kernel] [windows].
#include "core/crypto/aead_batch.h"

#include <intel-ipsec-mb.h>
#include <sodium.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace {

using namespace mehr;
using crypto::AeadBatch;
using crypto::AeadJob;
using crypto::AeadKernel;
using crypto::AeadKey;

constexpr std::size_t kSessions = 64;
constexpr std::size_t kBuffers = 256;
constexpr std::size_t kRoom = 4096 + 64;
constexpr std::uint32_t kAssociated = 16;

struct Packet {
  std::uint8_t associated[kAssociated];
  std::uint8_t text[kRoom];
  std::uint8_t opened[kRoom];
  std::uint8_t tag[crypto::kAeadTag];
};

/// A mix in arrival order and how the dataplane would hand it over.
struct Load {
  const char* name;
  std::vector<std::uint32_t> sizes;  ///< drawn from, uniformly
  std::size_t burst;
};

class Rig {
 public:
  explicit Rig(AeadKernel kernel) : batch_(AeadBatch::of(kernel)), mb_(alloc_mb_mgr(0)) {
    if (!batch_ || mb_ == nullptr) std::abort();
    if (kernel == AeadKernel::kAvx2) {
      init_mb_mgr_avx2(mb_);  // each on the instructions of the other
    } else {
      init_mb_mgr_auto(mb_, nullptr);
    }
    packets_.resize(kBuffers);
    for (auto& key : keys_)
      randombytes_buf(key.bytes.data(), key.bytes.size());
  }
  ~Rig() { free_mb_mgr(mb_); }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /// @param open all sealed already, opened to a place apart so that they stay so; else sealed in
  /// place
  void load(const Load& load, bool open) {
    burst_ = load.burst;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < kBuffers; ++i) {
      const std::uint32_t size =
          load.sizes[randombytes_uniform(static_cast<std::uint32_t>(load.sizes.size()))];
      Packet& packet = packets_[i];
      jobs_[i] = {&keys_[randombytes_uniform(kSessions)],
                  packet.associated,
                  packet.text,
                  packet.text,
                  packet.tag,
                  size,
                  kAssociated,
                  {}};
      jobs_[i].set_counter(i);
      bytes += size + 100;
    }
    // A window of about 20 us: 1 byte costs about half a cycle.
    const std::size_t mean = bytes / kBuffers;
    window_ = std::min(kBuffers, (60000 / mean + burst_) / burst_ * burst_);
    window_ = std::max(burst_, window_ / burst_ * burst_);
    check();
    for (std::size_t i = 0; open && i < kBuffers; ++i) {
      batch_->seal(*scratch_, {&jobs_[i], 1});
      jobs_[i].out = packets_[i].opened;
    }
  }

  std::uint64_t ours(bool open) {
    const std::uint64_t before = __rdtsc();
    for (std::size_t i = 0; i + burst_ <= window_; i += burst_) {
      const std::span<const AeadJob> burst{&jobs_[(at_ + i) % kBuffers], burst_};
      if (open) {
        if (batch_->open(*scratch_, burst) != ~std::uint64_t{0} >> (64 - burst_)) std::abort();
      } else {
        batch_->seal(*scratch_, burst);
      }
    }
    return __rdtsc() - before;
  }

  std::uint64_t theirs(bool open) {
    const std::uint64_t before = __rdtsc();
    for (std::size_t i = 0; i < window_; ++i) {
      const AeadJob& from = jobs_[(at_ + i) % kBuffers];
      submit(from, open, open ? ignored_ : from.tag);
    }
    return __rdtsc() - before;
  }

  void next_window() { at_ = (at_ + window_) % kBuffers + window_ > kBuffers ? 0 : at_ + window_; }

  /// Both against libsodium on this load; aborts when they differ.
  void check() {
    std::vector<std::uint8_t> expected(kRoom);
    std::uint8_t tag[16];
    for (std::size_t i = 0; i + burst_ <= kBuffers; i += burst_) {
      std::vector<std::vector<std::uint8_t>> plain;
      for (std::size_t j = i; j < i + burst_; ++j) {
        plain.emplace_back(jobs_[j].in, jobs_[j].in + jobs_[j].size);
      }
      batch_->seal(*scratch_, {&jobs_[i], burst_});
      for (std::size_t j = i; j < i + burst_; ++j) {
        const AeadJob& job = jobs_[j];
        crypto_aead_chacha20poly1305_ietf_encrypt_detached(
            expected.data(), tag, nullptr, plain[j - i].data(), job.size, job.associated,
            job.associated_size, nullptr, job.nonce.data(), job.key->bytes.data());
        std::uint8_t theirs_tag[16];
        submit(job, true, theirs_tag);  // takes the sealed text back to plain text
        const bool same = std::memcmp(job.tag, tag, 16) == 0 &&
                          std::memcmp(theirs_tag, tag, 16) == 0 &&
                          std::memcmp(job.in, plain[j - i].data(), job.size) == 0;
        if (!same) std::abort();
      }
    }
  }

  [[nodiscard]] std::size_t window() const { return window_; }

 private:
  void submit(const AeadJob& from, bool open, std::uint8_t* tag) {
    IMB_JOB* job = IMB_GET_NEXT_JOB(mb_);
    job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    job->cipher_direction = open ? IMB_DIR_DECRYPT : IMB_DIR_ENCRYPT;
    job->chain_order = open ? IMB_ORDER_HASH_CIPHER : IMB_ORDER_CIPHER_HASH;
    job->enc_keys = from.key->bytes.data();
    job->dec_keys = from.key->bytes.data();
    job->key_len_in_bytes = 32;
    job->iv = from.nonce.data();
    job->iv_len_in_bytes = 12;
    job->src = from.in;
    job->dst = from.out;
    job->cipher_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = from.size;
    job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = from.size;
    job->auth_tag_output = tag;
    job->auth_tag_output_len_in_bytes = 16;
    job->u.CHACHA20_POLY1305.aad = from.associated;
    job->u.CHACHA20_POLY1305.aad_len_in_bytes = from.associated_size;
    const IMB_JOB* done = IMB_SUBMIT_JOB_NOCHECK(mb_);
    if (done == nullptr || done->status != IMB_STATUS_COMPLETED) std::abort();
  }

  std::optional<AeadBatch> batch_;
  IMB_MGR* mb_;
  std::vector<Packet> packets_;
  std::array<AeadKey, kSessions> keys_;
  std::array<AeadJob, kBuffers> jobs_;
  std::unique_ptr<crypto::AeadScratch> scratch_ = std::make_unique<crypto::AeadScratch>();
  std::size_t burst_ = 1;
  std::size_t window_ = 1;
  std::size_t at_ = 0;
  std::uint8_t ignored_[16];
};

double percentile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void measure(Rig& rig, const Load& load, bool open, std::size_t windows) {
  rig.load(load, open);
  std::vector<double> ours, theirs, ratio;
  const auto packets = static_cast<double>(rig.window());
  for (std::size_t i = 0; i < windows + 20; ++i) {
    const double a = static_cast<double>(rig.ours(open)) / packets;
    const double b = static_cast<double>(rig.theirs(open)) / packets;
    rig.next_window();
    if (i < 20) continue;  // warming up
    ours.push_back(a);
    theirs.push_back(b);
    ratio.push_back(b / a);
  }
  std::printf("%-6s %-22s %5zu %8.0f %8.0f %8.2f %6.2f..%.2f\n", open ? "open" : "seal", load.name,
              load.burst, percentile(ours, 0.05), percentile(theirs, 0.05), percentile(ratio, 0.5),
              percentile(ratio, 0.25), percentile(ratio, 0.75));
}

/// TSC cycles of one decrement and branch: tells a quiet core from a shared one.
double probe() {
  double best = 1e9;
  for (int i = 0; i < 50; ++i) {
    std::uint64_t count = 20000;
    const std::uint64_t before = __rdtsc();
    __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(count) : : "cc");
    best = std::min(best, static_cast<double>(__rdtsc() - before) / 20000);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "avx512";
  const auto windows = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 600);
  const AeadKernel kernel = name == "avx512" ? AeadKernel::kAvx512
                            : name == "avx2" ? AeadKernel::kAvx2
                                             : AeadKernel::kPortable;
  if (!AeadBatch::of(kernel)) {
    std::printf("aead-batch: this processor does not run %s\n", argc > 1 ? argv[1] : "avx512");
    return 0;
  }
  const auto rig = std::make_unique<Rig>(kernel);
  const std::vector<std::uint32_t> imix{64, 64, 64, 64, 64, 64, 64, 484, 484, 484, 484, 1500};
  std::vector<Load> loads;
  for (const std::size_t burst : {64U, 32U}) {
    loads.push_back({"64", {64}, burst});
    loads.push_back({"128", {128}, burst});
    loads.push_back({"484", {484}, burst});
    loads.push_back({"1500", {1500}, burst});
    loads.push_back({"4096", {4096}, burst});
    loads.push_back({"imix 64/484/1500 7:4:1", imix, burst});
    loads.push_back({"484/1500/4096", {484, 1500, 4096}, burst});
  }
  for (const std::size_t burst : {16U, 8U, 4U, 2U, 1U}) {
    loads.push_back({"64", {64}, burst});
    loads.push_back({"484", {484}, burst});
    loads.push_back({"1500", {1500}, burst});
    loads.push_back({"4096", {4096}, burst});
    loads.push_back({"imix 64/484/1500 7:4:1", imix, burst});
  }
  std::printf("probe: %.3f TSC cycles per core cycle; 16 bytes associated; TSC cycles per packet\n",
              probe());
  std::printf("what   bytes                  burst     ours ipsec-mb    ratio  p25..p75\n");
  for (const bool open : {false, true}) {
    for (const Load& load : loads)
      measure(*rig, load, open, windows);
  }
  std::printf("probe: %.3f\n", probe());
  return 0;
}
