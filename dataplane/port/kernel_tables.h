// The kernel's routes and neighbours, asked over netlink: through which gateway, from which address
// and to which MAC a datagram to an address leaves by a given device. Owns two netlink sockets, one
// to ask, one that tells of changes. Control thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/result.h"

struct mnl_socket;

namespace mehr::dataplane {

class KernelTables {
 public:
  using Address = std::array<std::uint8_t, 16>;  ///< IPv4 in the first 4 bytes
  using Mac = std::array<std::uint8_t, 6>;
  struct Way {
    Address local{};  ///< the kernel's choice of source
    Mac mac{};        ///< of the gateway, or of the address itself
  };

  static Result<KernelTables> open();
  KernelTables(KernelTables&& from) noexcept;
  KernelTables& operator=(KernelTables&&) = delete;
  ~KernelTables();

  /// @param interface index of the device it must leave by @param six whether `to` is IPv6
  /// @return nullopt when there is no route by that device, or the MAC is not known yet; then the
  ///         kernel has been made to ask for it, and a change will follow
  std::optional<Way> find(int interface, const Address& to, bool six);
  /// Readable when something changed.
  [[nodiscard]] int descriptor() const;
  /// Reads the changes away. @return whether there were any
  bool changed();

 private:
  KernelTables(mnl_socket* ask, mnl_socket* changes) : ask_(ask), changes_(changes) {}
  struct Route;
  std::optional<Route> route(int interface, const Address& to, bool six);
  std::optional<Mac> neighbour(int interface, const Address& to, bool six);
  void make_it_ask(int interface, const Address& to, bool six);
  /// Sends, and hands every answer to `each`. @return false on an error
  template <typename Each>
  bool talk(const void* request, Each each);

  mnl_socket* ask_;
  mnl_socket* changes_;
  std::uint32_t sequence_ = 0;
};

}  // namespace mehr::dataplane
