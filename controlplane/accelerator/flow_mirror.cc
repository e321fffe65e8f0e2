// A number is free again only after what named it was changed, in the same order as it is told.
#include "controlplane/accelerator/flow_mirror.h"

#include <algorithm>

namespace mehr::accelerator {
namespace {

std::uint16_t limit_of(std::uint32_t limit) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(limit, 0xFFFF));
}

}  // namespace

std::optional<std::uint32_t> Numbers::take() {
  if (!free_.empty()) {
    const std::uint32_t number = free_.back();
    free_.pop_back();
    return number;
  }
  if (next_ == limit_) return std::nullopt;
  return next_++;
}

void FlowMirror::reset(std::uint32_t next_hops, std::uint32_t links, std::uint64_t flows) {
  room_ = flows;
  hop_numbers_ = Numbers(next_hops);
  link_numbers_ = Numbers(links);
  hops_.clear();
  flows_.clear();
  left_out_.clear();
  links_ = 0;
}

void FlowMirror::set(const Hash16& key, const routing::Flow& flow, const Carried& carried,
                     std::vector<border::Down>& out) {
  bool there = false;
  if (const auto* path = std::get_if<routing::PathFlow>(&flow)) {
    there = set_path(key, *path, carried, out);
  } else if (const auto* link = std::get_if<routing::LinkFlow>(&flow)) {
    there = set_link(key, *link, carried, out);
  } else if (std::holds_alternative<routing::LocalFlow>(flow)) {
    there = set_local(key, out);
  }
  if (!there) drop(key, out);
}

std::optional<std::uint16_t> FlowMirror::carried_by(routing::InterfaceId interface,
                                                    const Carried& carried) {
  const auto index = carried(interface);
  if (!index) left_out_.insert(interface.value);
  return index;
}

bool FlowMirror::set_path(const Hash16& key, const routing::PathFlow& flow, const Carried& carried,
                          std::vector<border::Down>& out) {
  const auto neighbour = carried_by(flow.interface, carried);
  if (!neighbour) return false;
  const HopKey hop{flow.next_hop, *neighbour, limit_of(flow.limit), flow.last, flow.sampled};
  const auto before = flows_.find(key);
  if (before != flows_.end() && before->second.target == border::FlowTarget::kPath &&
      before->second.hop == hop) {
    return true;
  }
  auto used = hops_.find(hop);
  if (used == hops_.end()) {
    const auto number = hop_numbers_.take();
    if (!number) {
      ++refused_;
      return false;
    }
    used = hops_.emplace(hop, HopUse{*number, 0}).first;
    out.emplace_back(border::SetNextHop{*number, hop.transport_id, hop.neighbour, hop.last,
                                        hop.sampled, hop.limit});
  }
  Told told;
  told.target = border::FlowTarget::kPath;
  told.index = used->second.index;
  told.hop = hop;
  ++used->second.flows;
  tell(key, told, out);
  return true;
}

bool FlowMirror::set_link(const Hash16& key, const routing::LinkFlow& flow, const Carried& carried,
                          std::vector<border::Down>& out) {
  const auto received = carried_by(flow.received, carried);
  const auto next = carried_by(flow.next, carried);
  if (!received || !next) return false;
  border::SetLink link;
  link.received = *received;
  link.next = *next;
  link.taken_hops = flow.taken_hops;
  link.remaining_hops = flow.remaining_hops;
  link.limit = limit_of(flow.limit);
  const auto before = flows_.find(key);
  if (before != flows_.end() && before->second.target == border::FlowTarget::kLink) {
    link.index = before->second.index;
    if (before->second.link == link) return true;
    before->second.link = link;
    out.emplace_back(link);
    return true;
  }
  const auto number = link_numbers_.take();
  if (!number) {
    ++refused_;
    return false;
  }
  link.index = *number;
  ++links_;
  out.emplace_back(link);
  Told told;
  told.target = border::FlowTarget::kLink;
  told.index = *number;
  told.link = link;
  tell(key, told, out);
  return true;
}

bool FlowMirror::set_local(const Hash16& key, std::vector<border::Down>& out) {
  const auto before = flows_.find(key);
  if (before != flows_.end() && before->second.target == border::FlowTarget::kLocal) return true;
  tell(key, Told{}, out);
  return true;
}

void FlowMirror::tell(const Hash16& key, const Told& told, std::vector<border::Down>& out) {
  const auto before = flows_.find(key);
  if (before == flows_.end() && flows_.size() >= room_) {
    ++refused_;
    return release(told);
  }
  out.emplace_back(border::SetFlow{key, told.target, told.index});
  if (before != flows_.end()) {
    release(before->second);
    before->second = told;
  } else {
    flows_.emplace(key, told);
  }
}

void FlowMirror::drop(const Hash16& key, std::vector<border::Down>& out) {
  const auto before = flows_.find(key);
  if (before == flows_.end()) return;
  out.emplace_back(border::DropFlow{key});
  release(before->second);
  flows_.erase(before);
}

void FlowMirror::release(const Told& told) {
  if (told.target == border::FlowTarget::kLink) {
    link_numbers_.give_back(told.index);
    --links_;
  }
  if (told.target != border::FlowTarget::kPath) return;
  const auto used = hops_.find(told.hop);
  if (--used->second.flows > 0) return;
  hop_numbers_.give_back(used->second.index);
  hops_.erase(used);
}

}  // namespace mehr::accelerator
