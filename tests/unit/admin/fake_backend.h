// A backend whose answers a test chooses, and that remembers what it was asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/admin/backend.h"
#include "core/api/codec.h"

namespace mehr::admin {

class FakeBackend : public AdminBackend {
 public:
  api::StatusResponseT status() override {
    api::StatusResponseT out;
    out.version = "test";
    return out;
  }
  api::InterfacesResponseT interfaces() override { return {}; }
  api::IdentityResponseT identity() override { return {}; }
  api::StatsResponseT stats() override { return {}; }
  api::DataplaneResponseT dataplane() override { return {}; }
  PartSource paths() override {
    return [this, part = 0U]() mutable {
      api::PathsResponseT out;
      for (unsigned i = 0; i < rows_per_part; ++i) {
        auto row = std::make_unique<api::PathT>();
        row->name = std::string(200, 'n');
        row->hops = static_cast<std::uint8_t>(part);
        out.paths.push_back(std::move(row));
      }
      ++part;
      return api::response_of(std::move(out), part >= parts);
    };
  }
  void path(const DestinationHash& destination, const Call& call) override {
    call.fail(api::ErrorCode::NotFound, to_hex(destination));
  }
  void request_path(const DestinationHash&, Duration timeout, const Call& call) override {
    waited = timeout;
    waiting = call;
  }
  void drop_path(const DestinationHash& destination, const Call& call) override {
    path(destination, call);
  }
  void announce(const Call& call) override {
    api::DoneResponseT out;
    out.text = "announced";
    call.answer(api::response_of(std::move(out)));
    call.answer(api::response_of(api::DoneResponseT{}));  // ignored: one answer a call
  }
  void ping(const DestinationHash& destination, std::size_t size, Duration,
            const Call& call) override {
    asked = std::to_string(size);
    path(destination, call);
  }
  void send_message(const DestinationHash&, std::string title, std::string content, Duration wait,
                    const Call& call) override {
    asked = title + "/" + content;
    waited = wait;
    waiting = call;
  }
  void list_messages(std::size_t limit, const Call& call) override {
    asked = std::to_string(limit);
    call.answer(api::response_of(api::MessageListResponseT{}));
  }
  api::PeersResponseT peers() override { return {}; }
  void links(const std::string& prefix, const Call& call) override {
    asked = "links " + prefix;
    call.answer(api::response_of(api::LinksResponseT{}));
  }
  void link_history(const std::string& prefix, std::size_t limit, const Call& call) override {
    asked = "history " + prefix + " " + std::to_string(limit);
    call.answer(api::response_of(api::LinkHistoryResponseT{}));
  }
  void rekey_link(const std::string& prefix, const Call& call) override { links(prefix, call); }
  void drop_link(const std::string& prefix, const Call& call) override {
    call.fail(api::ErrorCode::NotFound, prefix);
  }
  void explain_path(const DestinationHash& destination, routing::PathPolicy policy,
                    const Call& call) override {
    asked = std::string(routing::policy_name(policy));
    path(destination, call);
  }

  api::LogResponseT log(std::size_t limit, const std::string& level) override {
    asked = level + "/" + std::to_string(limit);
    return {};
  }
  api::EventsResponseT events(std::size_t limit) override {
    asked = std::to_string(limit);
    return {};
  }
  void reload(Duration confirm_within, const Call& call) override {
    waited = confirm_within;
    call.answer(api::response_of(api::ConfigResponseT{}));
  }
  void confirm(const Call& call) override {
    call.fail(api::ErrorCode::NotFound, "nothing to confirm");
  }

  unsigned parts = 3;
  unsigned rows_per_part = 10;
  std::string asked;
  Duration waited{};
  std::optional<Call> waiting;
};

}  // namespace mehr::admin
