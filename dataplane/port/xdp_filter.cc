// The program is assembled by hand: some thirty instructions need no compiler for BPF.
#include "dataplane/port/xdp_filter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace mehr::dataplane {
namespace {

constexpr std::int16_t kEthernet = 14, kVlanTag = 4, kIp4 = 20, kIp6 = 40, kUdp = 8;
constexpr std::uint8_t kProtocolUdp = 17;

/// As a 16-bit load of network order sees it.
std::int32_t wire16(std::uint16_t value) {
  std::array<std::uint8_t, 2> bytes{static_cast<std::uint8_t>(value >> 8),
                                    static_cast<std::uint8_t>(value)};
  std::uint16_t out;
  std::memcpy(&out, bytes.data(), 2);
  return out;
}

/// Instructions with two exits whose places are known at the end.
class Assembler {
 public:
  enum Register : std::uint8_t { r0, r1, r2, r3, r4, r5, r6 };

  void load(std::uint8_t size, Register to, Register from, std::int16_t offset) {
    put(static_cast<std::uint8_t>(BPF_LDX | BPF_MEM | size), to, from, offset, 0);
  }
  void copy(Register to, Register from) { put(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void set(Register to, std::int32_t value) { put(BPF_ALU64 | BPF_MOV | BPF_K, to, r0, 0, value); }
  void add(Register to, std::int32_t value) { put(BPF_ALU64 | BPF_ADD | BPF_K, to, r0, 0, value); }
  void mask(Register to, std::int32_t value) { put(BPF_ALU64 | BPF_AND | BPF_K, to, r0, 0, value); }
  /// To the kernel unless r2 + size is within the frame. Uses r4.
  void need(std::int16_t size) {
    copy(r4, r2);
    add(r4, size);
    passes_.push_back(code_.size());
    put(BPF_JMP | BPF_JGT | BPF_X, r4, r3, 0, 0);
  }
  /// To the kernel unless the register has that value.
  void only(Register what, std::int32_t value) {
    passes_.push_back(code_.size());
    put(BPF_JMP | BPF_JNE | BPF_K, what, r0, 0, value);
  }
  /// To the port when it has that value.
  void take_if(Register what, std::int32_t value) {
    takes_.push_back(code_.size());
    put(BPF_JMP | BPF_JEQ | BPF_K, what, r0, 0, value);
  }
  /// Skips what follows up to land() unless the register has that value.
  std::size_t skip_unless(Register what, std::int32_t value) {
    put(BPF_JMP | BPF_JNE | BPF_K, what, r0, 0, value);
    return code_.size() - 1;
  }
  void land(std::size_t jump) { aim(jump, code_.size()); }
  void pass() {
    passes_.push_back(code_.size());
    put(BPF_JMP | BPF_JA, r0, r0, 0, 0);
  }
  std::vector<bpf_insn> finish(int map) {
    const std::size_t take = code_.size();
    load(BPF_W, r2, r6, offsetof(xdp_md, rx_queue_index));
    put(BPF_LD | BPF_IMM | BPF_DW, r1, static_cast<Register>(BPF_PSEUDO_MAP_FD), 0, map);
    put(0, r0, r0, 0, 0);
    set(r3, XDP_PASS);  // when no socket is behind the queue
    put(BPF_JMP | BPF_CALL, r0, r0, 0, BPF_FUNC_redirect_map);
    put(BPF_JMP | BPF_EXIT, r0, r0, 0, 0);
    const std::size_t kernel = code_.size();
    set(r0, XDP_PASS);
    put(BPF_JMP | BPF_EXIT, r0, r0, 0, 0);
    for (const std::size_t jump : takes_)
      aim(jump, take);
    for (const std::size_t jump : passes_)
      aim(jump, kernel);
    return code_;
  }

 private:
  void put(std::uint8_t operation, Register to, Register from, std::int16_t offset,
           std::int32_t value) {
    bpf_insn out{};
    out.code = operation;
    out.dst_reg = static_cast<std::uint8_t>(to & 15);
    out.src_reg = static_cast<std::uint8_t>(from & 15);
    out.off = offset;
    out.imm = value;
    code_.push_back(out);
  }
  void aim(std::size_t jump, std::size_t at) {
    code_[jump].off = static_cast<std::int16_t>(at - jump - 1);
  }
  std::vector<bpf_insn> code_;
  std::vector<std::size_t> takes_, passes_;
};

std::vector<bpf_insn> program(const CarrierFilter& filter, int map) {
  using R = Assembler::Register;
  constexpr R kType = R::r5, kAt = R::r2, kEnd = R::r3;
  Assembler a;
  a.copy(R::r6, R::r1);
  a.load(BPF_W, kAt, R::r1, offsetof(xdp_md, data));
  a.load(BPF_W, kEnd, R::r1, offsetof(xdp_md, data_end));
  a.need(kEthernet);
  a.load(BPF_H, kType, kAt, 12);
  const std::size_t untagged = a.skip_unless(kType, wire16(0x8100));
  a.add(kAt, kVlanTag);
  a.need(kEthernet);
  a.load(BPF_H, kType, kAt, 12);
  a.land(untagged);
  if (filter.raw_ethernet) a.take_if(kType, wire16(kHopEtherType));
  if (filter.udp_port == 0) {
    a.pass();
    return a.finish(map);
  }
  const std::size_t not_four = a.skip_unless(kType, wire16(0x0800));
  a.need(kEthernet + kIp4 + kUdp);
  a.load(BPF_B, R::r0, kAt, kEthernet);
  a.only(R::r0, 0x45);
  a.load(BPF_B, R::r0, kAt, kEthernet + 9);
  a.only(R::r0, kProtocolUdp);
  a.load(BPF_H, R::r0, kAt, kEthernet + 6);
  a.mask(R::r0, wire16(0x3FFF));
  a.only(R::r0, 0);
  a.load(BPF_H, R::r0, kAt, kEthernet + kIp4 + 2);
  a.take_if(R::r0, wire16(filter.udp_port));
  a.pass();
  a.land(not_four);
  a.only(kType, wire16(0x86DD));
  a.need(kEthernet + kIp6 + kUdp);
  a.load(BPF_B, R::r0, kAt, kEthernet + 6);
  a.only(R::r0, kProtocolUdp);
  a.load(BPF_H, R::r0, kAt, kEthernet + kIp6 + 2);
  a.take_if(R::r0, wire16(filter.udp_port));
  a.pass();
  return a.finish(map);
}

/// The map by which the driver's program finds the sockets of its queues; -1 when there is none.
int map_of(std::uint32_t program_id) {
  const int program = bpf_prog_get_fd_by_id(program_id);
  if (program < 0) return -1;
  std::array<std::uint32_t, 16> maps{};
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  info.nr_map_ids = maps.size();
  const void* list = maps.data();
  std::memcpy(&info.map_ids, &list, sizeof list);
  int found = -1;
  if (bpf_obj_get_info_by_fd(program, &info, &size) == 0) {
    for (std::uint32_t i = 0; i < info.nr_map_ids && i < maps.size() && found < 0; ++i) {
      const int map = bpf_map_get_fd_by_id(maps[i]);
      bpf_map_info about{};
      std::uint32_t about_size = sizeof about;
      if (map >= 0 && bpf_obj_get_info_by_fd(map, &about, &about_size) == 0 &&
          about.type == BPF_MAP_TYPE_XSKMAP) {
        found = map;
      } else if (map >= 0) {
        close(map);
      }
    }
  }
  close(program);
  return found;
}

constexpr const char* kName = "mehr_filter";

std::uint32_t attach_flags(const bpf_xdp_query_opts& now) {
  return now.attach_mode == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

}  // namespace

void XdpFilter::remove_stale(const std::string& device) {
  const int interface = static_cast<int>(if_nametoindex(device.c_str()));
  bpf_xdp_query_opts now{};
  now.sz = sizeof now;
  if (interface == 0 || bpf_xdp_query(interface, 0, &now) != 0 || now.prog_id == 0) return;
  const int program = bpf_prog_get_fd_by_id(now.prog_id);
  if (program < 0) return;
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  const bool ours = bpf_obj_get_info_by_fd(program, &info, &size) == 0 &&
                    std::strncmp(info.name, kName, sizeof info.name) == 0;
  close(program);
  if (ours) bpf_xdp_detach(interface, attach_flags(now), nullptr);
}

Result<std::unique_ptr<XdpFilter>> XdpFilter::attach(int interface, const CarrierFilter& filter) {
  bpf_xdp_query_opts now{};
  now.sz = sizeof now;
  if (bpf_xdp_query(interface, 0, &now) != 0 || now.prog_id == 0)
    return absl::UnavailableError("there is no XDP program to replace");
  const int map = map_of(now.prog_id);
  if (map < 0) {
    return absl::UnavailableError(
        "the sockets behind the XDP program cannot be found (a dispatcher of libxdp?)");
  }
  const std::vector<bpf_insn> code = program(filter, map);
  std::array<char, 4'096> log{};
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.log_level = 1;
  options.log_buf = log.data();
  options.log_size = log.size();
  const int loaded =
      bpf_prog_load(BPF_PROG_TYPE_XDP, kName, "Apache-2.0", code.data(), code.size(), &options);
  close(map);
  if (loaded < 0) {
    return absl::UnavailableError("the kernel refuses the XDP filter: " + std::string(log.data()));
  }
  const std::uint32_t flags = attach_flags(now);
  if (const int code_back = bpf_xdp_attach(interface, loaded, flags, nullptr); code_back != 0) {
    close(loaded);
    return absl::UnavailableError("the XDP filter cannot be attached: " +
                                  std::string(std::strerror(-code_back)));
  }
  return std::unique_ptr<XdpFilter>(new XdpFilter(interface, flags, loaded));
}

XdpFilter::~XdpFilter() {
  bpf_xdp_detach(interface_, flags_, nullptr);
  close(program_);
}

}  // namespace mehr::dataplane
