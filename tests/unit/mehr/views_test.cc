// What a person and a script see of each answer.
#include "tools/mehr/commands/views.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/api/codec.h"
#include "tools/mehr/json.h"

namespace mehr::cli {
namespace {

std::unique_ptr<api::PathT> a_path() {
  auto path = std::make_unique<api::PathT>();
  path->destination = std::string(32, 'a');
  path->next_hop = std::string(32, 'b');
  path->hops = 3;
  path->interface = "radio";
  path->state = "responsive";
  path->age_s = 90;
  path->used_s_ago = 1;
  path->expires_in_s = 604'800;
  path->name = "Al\x1b[31mice";
  return path;
}

TEST(ViewsTest, ShowsWholeAddressesInThePathTable) {
  api::PathsResponseT paths;
  paths.paths.push_back(a_path());
  EXPECT_EQ(
      paths_view(paths, false),
      "DESTINATION                       HOPS  INTERFACE  NEXT HOP                            "
      "     AGE   USED  EXPIRES  STATE       NAME\n"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa     3  radio      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  "
      "1 min 30 s  1.0 s  "
      "7 d 0 h  responsive  Al\\x1b[31mice\n");
  EXPECT_NE(paths_view(api::PathsResponseT{}, false).find("mehr path request"), std::string::npos);
}

TEST(ViewsTest, SaysWhatBecameOfAMessage) {
  api::MessageT message;
  message.state = "delivered";
  message.method = "link";
  message.hops = 2;
  message.attempts = 3;
  message.rtt_ms = 1234.5;
  EXPECT_EQ(message_state_view(message, false),
            "delivered, link, 2 hops, 3 attempts, proved after 1234.5 ms\n");
  api::MessageT received;
  received.incoming = true;
  received.state = "received";
  received.rssi_dbm = -97;
  received.snr_db = 5.5;
  EXPECT_EQ(message_state_view(received, false),
            "received, -97.0 dBm, SNR 5.5 dB, signature NOT verified: sender unknown\n");
}

TEST(ViewsTest, ShowsMessagesWithSafeContent) {
  api::MessageListResponseT messages;
  auto message = std::make_unique<api::MessageT>();
  message->destination = "d";
  message->state = "queued";
  message->title = "T";
  message->content = "one\ntwo\x1b";
  message->timestamp = -1;
  messages.messages.push_back(std::move(message));
  EXPECT_EQ(messages_view(messages, false), "-  to d  queued\n    T\n    one\n    two\\x1b\n");
}

TEST(ViewsTest, ShowsPingsWithAndWithoutRadio) {
  api::PingResponseT ping;
  ping.hops = 1;
  ping.rtt_ms = 12;
  ping.wire_bytes = 83;
  EXPECT_EQ(ping_view(ping, "x"), "reply from x: 1 hop, 12.0 ms, 83 bytes\n");
  ping.snr_db = 5;
  EXPECT_EQ(ping_view(ping, "x"), "reply from x: 1 hop, 12.0 ms, 83 bytes, SNR 5.0 dB\n");
}

TEST(ViewsTest, LeavesOutCountersAtZeroUnlessAsked) {
  api::StatsResponseT stats;
  auto counter = std::make_unique<api::CounterValueT>();
  counter->name = "duplicate";
  stats.counters.push_back(std::move(counter));
  EXPECT_EQ(stats_view(stats, false, false).find("duplicate"), std::string::npos);
  EXPECT_NE(stats_view(stats, true, false).find("duplicate"), std::string::npos);
}

TEST(ViewsTest, ShowsWhyAnInterfaceIsDown) {
  api::InterfacesResponseT interfaces;
  auto row = std::make_unique<api::InterfaceT>();
  row->name = "radio";
  row->kind = "rnode";
  row->state = "down";
  row->reason = "no device at /dev/ttyACM0";
  interfaces.interfaces.push_back(std::move(row));
  const std::string view = interfaces_view(interfaces, false);
  EXPECT_NE(view.find("\nradio: no device at /dev/ttyACM0\n"), std::string::npos) << view;
  EXPECT_NE(interfaces_view(api::InterfacesResponseT{}, false).find("configuration"),
            std::string::npos);
}

TEST(ViewsTest, ShowsTheStatus) {
  api::StatusResponseT status;
  status.version = "1";
  status.interfaces_total = 2;
  status.interfaces_up = 1;
  auto own = std::make_unique<api::DestinationT>();
  own->hash = "h";
  own->name = "lxmf.delivery";
  status.destinations.push_back(std::move(own));
  const std::string view = status_view(status, false);
  EXPECT_NE(view.find("1 of 2 up"), std::string::npos) << view;
  EXPECT_NE(view.find("h  lxmf.delivery, never announced"), std::string::npos) << view;
}

TEST(JsonTest, HasEveryFieldOfTheSchemaInOrder) {
  api::PathsResponseT paths;
  paths.paths.push_back(a_path());
  const auto json = to_json(api::response_of(std::move(paths)));
  EXPECT_EQ(
      json_text(json, false),
      R"({"paths":[{"destination":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","next_hop":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",)"
      R"("hops":3,"interface":"radio","state":"responsive","age_s":90.0,"used_s_ago":1.0,"expires_in_s":604800.0,)"
      R"("name":"Al\u001b[31mice"}]})"
      "\n");
}

TEST(JsonTest, ShowsZeroesAndEmptyListsAndNulls) {
  const auto status = to_json(api::response_of(api::StatusResponseT{}));
  EXPECT_EQ(status.at("paths"), 0);
  EXPECT_EQ(status.at("transport"), false);
  EXPECT_EQ(status.at("node_name"), "");
  EXPECT_EQ(status.at("destinations"), nlohmann::ordered_json::array());
  const auto ping = to_json(api::response_of(api::PingResponseT{}));
  EXPECT_TRUE(ping.at("snr_db").is_null());
  api::InterfacesResponseT interfaces;
  interfaces.interfaces.push_back(std::make_unique<api::InterfaceT>());
  interfaces.interfaces.push_back(std::make_unique<api::InterfaceT>());
  interfaces.interfaces.back()->radio = std::make_unique<api::RadioT>();
  const auto rows = to_json(api::response_of(std::move(interfaces))).at("interfaces");
  EXPECT_TRUE(rows.at(0).at("radio").is_null());
  EXPECT_TRUE(rows.at(1).at("radio").at("battery_percent").is_null());
}

TEST(JsonTest, ReplacesBrokenUtf8) {
  api::DoneResponseT done;
  done.text = "a\xff";
  EXPECT_EQ(json_text(to_json(api::response_of(std::move(done))), false),
            "{\"text\":\"a\xef\xbf\xbd\"}\n");
}

}  // namespace
}  // namespace mehr::cli
