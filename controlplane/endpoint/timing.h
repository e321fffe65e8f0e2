// Every interval, retry count and cap of the endpoint, in one place with its reason. Plain
// constants. Source: reticulum-wire §14, §16, §18, §30, where a number is the protocol's; the rest
// is chosen.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/base/time.h"

namespace mehr::endpoint {

// --- announces ---
/// After the first tick: interfaces, radios above all (RNode bring-up takes 3 s), need to come up.
inline constexpr Duration kFirstAnnounceDelay = 4s;
/// Interfaces that came up later and wait for our announces; more come when those were served.
inline constexpr std::size_t kMaxGreetings = 256;
/// Path requests for a destination of our own whose last announce we do not remember: with the
/// first announce, and with the first interfaces that come up later.
inline constexpr int kAsksForOwn = 4;
/// A finished path response is sent again instead of signed anew within this time.
inline constexpr Duration kPathResponseReuse = 1s;

// --- outgoing messages ---
/// Over two hops that lose a fifth of all packets each way a packet is proved in two of five cases:
/// eight attempts then fail one message in seventy (LXMF's five: one in fourteen).
inline constexpr std::uint32_t kMessageAttempts = 8;
/// Wait after each failed attempt. With the proof timeouts in between the last attempt starts over
/// five minutes after the first: a gateway that restarts meanwhile costs a delay, not the message.
inline constexpr std::array<Duration, kMessageAttempts - 1> kRetryWaits = {5s,  10s, 20s, 30s,
                                                                           45s, 60s, 60s};
/// Link requests within one attempt; the messages that need links are long and their attempts dear.
inline constexpr int kLinkRequests = 2;
/// Path requests while no path is known: after 15, 30, 45 s, then every minute, for five minutes.
inline constexpr Duration kPathRequestStep = 15s;
inline constexpr Duration kPathRequestWaitMax = 60s;
inline constexpr Duration kPathlessPatience = 300s;
/// From here on a failed attempt also forgets the path, so that an older announce can replace it.
inline constexpr std::uint32_t kAttemptsBeforePathDrop = 2;
inline constexpr Duration kPerHopTimeout = 6s;
/// Hops waited for at most: the count is what others say, and who says 200 must not make one
/// attempt last twenty minutes. Proofs that come later still count (kReceiptLife).
inline constexpr int kHopsWaitedFor = 32;
/// How long an answer over so many hops may take, the first hop's own time left out.
inline Duration patience_for(int hops) {
  return kPerHopTimeout * std::clamp(hops, 1, kHopsWaitedFor);
}
/// Unproved opportunistic packets on their way to one destination; more would only fill the queue
/// of a slow radio and time out there.
inline constexpr std::size_t kInFlightPerDestination = 4;
/// A proof may come long after we stopped waiting for it; the receipt stays this long.
inline constexpr Duration kReceiptLife = 600s;
inline constexpr std::size_t kMaxReceipts = 8'192;
/// Times one message is sent over one link, each waiting longer, before the attempt has failed.
inline constexpr int kLinkPacketTries = 6;
inline constexpr int kTrafficTimeoutFactor = 6;  ///< of the round trip time

// --- incoming messages ---
inline constexpr std::size_t kRecentMessages = 8'192;  ///< ids remembered against duplicates
inline constexpr std::size_t kMaxUnstored = 1'024;     ///< received, not yet durable
inline constexpr Duration kUnstoredLife = 300s;
inline constexpr std::size_t kMaxProofsPerMessage =
    4;                                             ///< copies that arrived before it was durable
inline constexpr std::size_t kMaxUnverified = 64;  ///< waiting for the sender's announce
inline constexpr std::size_t kUnverifiedBytesMax = 65'536;

// --- peers ---
inline constexpr std::size_t kMaxPeers = 10'000;
inline constexpr Duration kRatchetLife = 30 * 24h;

// --- pings ---
inline constexpr std::size_t kMaxPings = 64;

// --- links ---
inline constexpr Duration kKeepaliveMin = 5s;
inline constexpr Duration kKeepaliveMax = 360s;
inline constexpr double kKeepalivePerRtt = 360.0 / 1.75;
/// Keepalive intervals without a packet. The reference gives up after two, which one lost keepalive
/// reaches; the other end cannot tell that we wait longer.
inline constexpr int kStaleFactor = 3;
/// While the other end is silent we ask this much more often than once an interval.
inline constexpr int kSilentKeepalives = 3;
inline constexpr int kStaleRttFactor = 4;
inline constexpr Duration kStaleGrace = 5s;
inline constexpr Duration kResponderPatience = 360s;  ///< for the initiator's first packet
/// Our own links are closed when no payload crossed them for this long, as LXMF does.
inline constexpr Duration kLinkIdleClose = 600s;

// --- resources ---
inline constexpr std::size_t kWindowInitial = 4;
inline constexpr std::size_t kWindowMin = 2;
inline constexpr std::size_t kWindowMaxSlow = 10;
inline constexpr std::size_t kWindowMaxVerySlow = 4;
inline constexpr std::size_t kWindowFlexibility = 4;
inline constexpr int kFastRounds = 4;      ///< over 50 kbit/s, then the largest window is allowed
inline constexpr int kVerySlowRounds = 2;  ///< under 2 kbit/s, then the smallest one applies
inline constexpr double kFastBitsPerSecond = 50'000;
inline constexpr double kVerySlowBitsPerSecond = 2'000;
inline constexpr int kPartRetries = 16;
inline constexpr int kAdvertisementRetries = 8;
inline constexpr int kProofQueries = 6;
inline constexpr Duration kResourceGrace = 10s;
inline constexpr Duration kProcessingGrace = 1s;
inline constexpr Duration kRetryGrace = 250ms;
inline constexpr Duration kPerRetryDelay = 500ms;
inline constexpr double kMapWaitFactor = 3.5;
inline constexpr std::size_t kResourcesPerLink = 2;          ///< incoming at a time
inline constexpr std::size_t kResourceMemoryMax = 64 << 20;  ///< of all incoming ones, bytes
inline constexpr std::size_t kQueuedTransfersPerLink = 64;
inline constexpr std::size_t kRememberedResourceProofs = 16;  ///< per link, to answer again

}  // namespace mehr::endpoint
