// The page against its own rules: every counter and gauge once, samples under their family, labels
// bounded and escaped.
#include "controlplane/metrics/page.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <sstream>

namespace mehr::metrics {
namespace {

std::unique_ptr<api::InterfaceT> interface(const std::string& name, const std::string& parent,
                                           const std::string& state) {
  auto out = std::make_unique<api::InterfaceT>();
  out->name = name;
  out->kind = parent.empty() ? "tcp-server" : "tcp-peer";
  out->parent = parent;
  out->state = state;
  out->rx_packets = 7;
  out->queued_bytes = 10;
  return out;
}

Figures figures() {
  Figures out;
  out.status.version = "1.2 \"x\"";
  out.status.paths = 12;
  out.interfaces.interfaces.push_back(interface("lan", "", "up"));
  out.interfaces.interfaces.push_back(interface("lan/192.0.2.1:5", "lan", "up"));
  out.interfaces.interfaces.push_back(interface("off", "", "disabled"));
  out.interfaces.interfaces.push_back(interface("radio", "", "down"));
  auto radio = std::make_unique<api::RadioT>();
  radio->airtime_long_percent = 2.5;
  radio->airtime_sent_s = 3;
  out.interfaces.interfaces.back()->radio = std::move(radio);
  out.reactor_delay_s = 0.0125;
  return out;
}

std::map<std::string, std::string> samples(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const std::size_t blank = line.rfind(' ');
    EXPECT_TRUE(out.emplace(line.substr(0, blank), line.substr(blank + 1)).second) << line;
  }
  return out;
}

TEST(Page, HasEveryCounterAndGauge) {
  border::Counters counters;
  counters.add(border::Counter::kPacketDuplicate, 3);
  const std::string text = page(counters, figures());
  const auto found = samples(text);
  EXPECT_EQ(found.at("mehr_packet_duplicate_packets_total"), "3");
  for (const auto& counter : border::counter_table()) {
    const std::string name = metric_name(counter);
    EXPECT_TRUE(found.contains(name)) << name;
    EXPECT_NE(text.find("# TYPE " + name + " counter\n"), std::string::npos);
    EXPECT_NE(text.find("# HELP " + name + " " + std::string(counter.help) + "\n"),
              std::string::npos);
  }
  for (const auto& gauge : gauge_table()) {
    EXPECT_NE(text.find("# TYPE " + std::string(gauge.name) + " " + std::string(gauge.type) + "\n"),
              std::string::npos)
        << gauge.name;
    EXPECT_EQ(gauge.type == "counter", gauge.name.ends_with("_total")) << gauge.name;
  }
}

TEST(Page, NamesAreUniqueAndWellFormed) {
  std::set<std::string> names;
  const auto check = [&names](const std::string& name) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos);
    EXPECT_TRUE(name.starts_with("mehr_"));
  };
  for (const auto& counter : border::counter_table())
    check(metric_name(counter));
  for (const auto& gauge : gauge_table())
    check(std::string(gauge.name));
}

TEST(Page, LabelsAreConfiguredInterfacesOnly) {
  const auto found = samples(page({}, figures()));
  const std::string lan = "{interface=\"lan\",kind=\"tcp-server\"}";
  const std::string radio = "{interface=\"radio\",kind=\"tcp-server\"}";
  EXPECT_EQ(found.at("mehr_interface_up" + lan), "1");
  EXPECT_EQ(found.at("mehr_interface_up" + radio), "0");
  EXPECT_EQ(found.at("mehr_interface_clients" + lan), "1");
  EXPECT_EQ(found.at("mehr_interface_queued_bytes" + lan), "20");
  EXPECT_EQ(found.at("mehr_interface_received_packets_total" + lan), "7");
  EXPECT_EQ(found.at("mehr_radio_airtime_long_ratio" + radio), "0.025");
  EXPECT_EQ(found.at("mehr_radio_airtime_seconds_total" + radio), "3");
  EXPECT_EQ(found.at("mehr_build_info{version=\"1.2 \\\"x\\\"\"}"), "1");
  EXPECT_EQ(found.at("mehr_paths"), "12");
  EXPECT_EQ(found.at("mehr_reactor_delay_seconds"), "0.0125");
  for (const auto& [name, value] : found) {
    EXPECT_EQ(name.find("192.0.2.1"), std::string::npos) << name;
    EXPECT_EQ(name.find("\"off\""), std::string::npos) << name;
  }
  EXPECT_FALSE(found.contains("mehr_radio_noise_floor_dbm" + radio));
  EXPECT_FALSE(found.contains("mehr_radio_battery_ratio" + radio));
}

}  // namespace
}  // namespace mehr::metrics
