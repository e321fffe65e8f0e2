// A keyed 64-bit digest of a packet's invariant part, the same bytes whose SHA-256 is the packet
// hash: low nibble of the flags, then all behind hop byte and transport id. By it the dataplane
// tells duplicates at a hundredth of the cost. Owns the key, never shown to anybody and new with
// every start. Called by the dedup stage; any thread; pure.
//
// Construction: the bytes as pairs of 64-bit words, before them one pair of nibble and length.
// First a sum of products, each key word used once, in one of two ways:
//   integers    NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, 1999): the sum modulo 2^128 of
//               (word + key) * (word + key), the inner sums modulo 2^64; the last pair is the last
//               16 bytes, whatever they overlap
//   carry-less  CLNH (Lemire, Kaser: Faster 64-bit universal hashing using carry-less
//               multiplications, 2016): the same over GF(2), every + an exclusive or; zeroes after
//               the end. Taken where the processor does four of them at once (AVX-512, VPCLMULQDQ)
// Then multiply-add-shift (Dietzfelbinger 1996) of that sum's two halves, keyed by three 128-bit
// numbers, to 64 bits. Last a keyed permutation of the 64 bits (multiplications by odd numbers and
// shifts): it changes no bound, but without it packets that count up would make digests that count
// up, and fill some lines of a table before others.
//
// Bound: two different packets, chosen by somebody who does not know the key, have the same digest
// with probability at most 2^-64 (NH, CLNH; lengths that differ make the first pair differ, whose
// second key word nothing else uses) + 2^-64 (the shift, which is pairwise independent). With a
// million digests remembered a new packet is taken for a duplicate with less than 2^-43.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace mehr::dataplane {

enum class DigestKernel : std::uint8_t { kIntegers, kCarryless };

class PacketDigest {
 public:
  static constexpr std::size_t kLongest = 65'535;  ///< bytes of a packet

  /// @param random 64 KiB of it become the key
  explicit PacketDigest(Random& random);
  /// With that sum. @param kernel one that runs_here
  PacketDigest(Random& random, DigestKernel kernel);
  ~PacketDigest();
  PacketDigest(const PacketDigest&) = delete;
  PacketDigest& operator=(const PacketDigest&) = delete;

  /// @param packet one that wire::decode_packet accepts, up to kLongest bytes
  [[nodiscard]] std::uint64_t of(ByteView packet) const { return of_(*key_, packet); }
  /// @param out as many as packets
  void of(std::span<const ByteView> packets, std::span<std::uint64_t> out) const;
  [[nodiscard]] static bool runs_here(DigestKernel kernel);

 private:
  struct Key;
  static std::uint64_t by_integers(const Key& key, ByteView packet);
  static std::uint64_t carryless(const Key& key, ByteView packet);

  std::unique_ptr<Key> key_;
  std::uint64_t (*of_)(const Key& key, ByteView packet);
};

}  // namespace mehr::dataplane
