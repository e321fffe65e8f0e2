// Reading TOML. See scenario.h.
#include "tools/mehr-sim/scenario.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace mehr::mehr_sim {
namespace {

struct Mistake {
  int line = 0;
  std::string text;
};

class Reader {
 public:
  Scenario read(const toml::table& root);

 private:
  [[noreturn]] static void fail(const toml::node& at, std::string text) {
    throw Mistake{static_cast<int>(at.source().begin.line), std::move(text)};
  }
  static void only(const toml::table& table, const std::set<std::string_view>& keys);
  static double number(const toml::table& table, const char* key, double otherwise, double lowest,
                       double highest);
  static Duration seconds(const toml::table& table, const char* key, Duration otherwise) {
    return from_seconds(number(table, key, to_seconds(otherwise), 0, 1e7));
  }
  static std::string text(const toml::table& table, const char* key, std::string otherwise);
  template <typename Visit>
  static void each(const toml::table& root, const char* key, Visit visit);
  std::vector<HostId> nodes(const toml::table& table, const char* key);
  LinkNumber link(const toml::table& table);

  void read_node(const toml::table& table);
  void read_link(const toml::table& table);
  void read_radio(const toml::table& table);
  void read_traffic(const toml::table& table);
  void read_fault(const toml::table& table);

  Scenario out_;
};

void Reader::only(const toml::table& table, const std::set<std::string_view>& keys) {
  for (const auto& [key, value] : table) {
    if (!keys.contains(key.str())) fail(value, "unknown key " + std::string(key.str()));
  }
}

double Reader::number(const toml::table& table, const char* key, double otherwise, double lowest,
                      double highest) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return otherwise;
  const auto value = node->value<double>();
  if (!value || *value < lowest || *value > highest) {
    fail(*node, std::string(key) + " must be a number from " + std::to_string(lowest) + " to " +
                    std::to_string(highest));
  }
  return *value;
}

std::string Reader::text(const toml::table& table, const char* key, std::string otherwise) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return otherwise;
  const auto value = node->value<std::string>();
  if (!value) fail(*node, std::string(key) + " must be a text");
  return *value;
}

template <typename Visit>
void Reader::each(const toml::table& root, const char* key, Visit visit) {
  const toml::node* node = root.get(key);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) fail(*node, std::string(key) + " must be written [[" + key + "]]");
  for (const toml::node& one : *list) {
    if (!one.is_table()) fail(one, std::string(key) + " must be written [[" + key + "]]");
    visit(*one.as_table());
  }
}

std::vector<HostId> Reader::nodes(const toml::table& table, const char* key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) fail(table, std::string(key) + " is missing");
  std::vector<std::string> names;
  if (const auto one = node->value<std::string>()) {
    names.push_back(*one);
  } else if (const toml::array* list = node->as_array()) {
    for (const toml::node& each : *list)
      names.push_back(each.value_or(std::string()));
  }
  std::vector<HostId> out;
  for (HostId i = 0; i < out_.plan.hosts.size(); ++i) {
    for (const std::string& name : names) {
      if (name == "*" || name == out_.plan.hosts[i].name) out.push_back(i);
    }
  }
  const bool all = names.size() == 1 && names[0] == "*";
  if (out.empty() || (!all && out.size() != names.size())) {
    fail(*node, std::string(key) + " must name nodes, or \"*\" for all");
  }
  return out;
}

LinkNumber Reader::link(const toml::table& table) {
  const auto ends = nodes(table, "link");
  if (ends.size() == 2) {
    for (LinkNumber i = 0; i < out_.plan.links.size(); ++i) {
      const LinkPlan& one = out_.plan.links[i];
      if ((one.a == ends[0] && one.b == ends[1]) || (one.a == ends[1] && one.b == ends[0]))
        return i;
    }
  }
  fail(*table.get("link"), "link must name the two nodes of a link");
}

void Reader::read_node(const toml::table& table) {
  only(table, {"name", "announce_interval_s", "drift_ppm", "transport"});
  HostSettings host;
  host.name = text(table, "name", "");
  if (host.name.empty()) fail(table, "name is missing");
  host.config.node_name = host.name;
  host.config.announce_interval_s =
      static_cast<std::uint32_t>(number(table, "announce_interval_s", 600, 10, 1e6));
  host.config.transport = table["transport"].value_or(true);
  host.interface.announce_rate_target_s = 0;
  host.interface.recursive_path_requests = true;
  host.drift_ppm = static_cast<std::int64_t>(number(table, "drift_ppm", 0, -10'000, 10'000));
  out_.plan.hosts.push_back(std::move(host));
}

void Reader::read_link(const toml::table& table) {
  only(table, {"between", "carrier", "latency_ms", "jitter_ms", "loss_percent", "bandwidth_bps",
               "mtu", "nat"});
  const auto ends = nodes(table, "between");
  if (ends.size() != 2) fail(table, "between must name two nodes");
  LinkPlan link;
  // The order in the file matters: over TCP the second listens.
  const toml::array& names = *table["between"].as_array();
  const bool turned = names[0].value_or(std::string()) != out_.plan.hosts[ends[0]].name;
  link.a = turned ? ends[1] : ends[0];
  link.b = turned ? ends[0] : ends[1];
  const std::string carrier = text(table, "carrier", "tcp");
  static constexpr std::array<const char*, 4> kCarriers{"tcp", "udp", "hop-udp", "hop-tcp"};
  const auto named = std::find(kCarriers.begin(), kCarriers.end(), carrier);
  if (named == kCarriers.end()) {
    fail(*table.get("carrier"), "carrier must be tcp, udp, hop-udp or hop-tcp");
  }
  link.carrier = static_cast<Carrier>(named - kCarriers.begin());
  link.quality.latency = from_seconds(number(table, "latency_ms", 10, 0, 60'000) / 1e3);
  link.quality.jitter = from_seconds(number(table, "jitter_ms", 1, 0, 60'000) / 1e3);
  link.quality.loss_ppm =
      static_cast<std::uint32_t>(number(table, "loss_percent", 0, 0, 100) * 1e4);
  link.quality.bandwidth_bps =
      static_cast<std::uint64_t>(number(table, "bandwidth_bps", 1e8, 300, 1e10));
  link.quality.mtu = static_cast<std::size_t>(number(table, "mtu", 1'500, 576, 9'000));
  link.nat = table["nat"].value_or(false);
  out_.plan.links.push_back(link);
}

void Reader::read_radio(const toml::table& table) {
  only(table, {"nodes", "frequency_hz", "bandwidth_hz", "spreading_factor", "coding_rate",
               "loss_percent"});
  RadioPlan radio;
  radio.hosts = nodes(table, "nodes");
  auto& modulation = radio.modulation;
  modulation.frequency_hz =
      static_cast<std::uint64_t>(number(table, "frequency_hz", 867.2e6, 137e6, 3e9));
  modulation.bandwidth_hz =
      static_cast<std::uint32_t>(number(table, "bandwidth_hz", 125e3, 7'800, 1.625e6));
  modulation.spreading_factor =
      static_cast<std::uint8_t>(number(table, "spreading_factor", 8, 5, 12));
  modulation.coding_rate = static_cast<std::uint8_t>(number(table, "coding_rate", 5, 5, 8));
  radio.loss = number(table, "loss_percent", 0, 0, 100) / 100;
  out_.plan.radios.push_back(std::move(radio));
}

void Reader::read_traffic(const toml::table& table) {
  only(table, {"from", "to", "every_s", "start_s", "until_s", "bytes"});
  ScenarioTraffic traffic;
  traffic.from = nodes(table, "from");
  traffic.to = nodes(table, "to");
  traffic.every = seconds(table, "every_s", traffic.every);
  if (traffic.every < 1s) fail(table, "every_s must be at least 1");
  traffic.start = seconds(table, "start_s", traffic.start);
  traffic.until = seconds(table, "until_s", out_.duration);
  traffic.bytes = static_cast<std::size_t>(number(table, "bytes", 80, 1, 100'000));
  out_.traffic.push_back(std::move(traffic));
}

void Reader::read_fault(const toml::table& table) {
  only(table, {"at_s", "for_s", "kind", "link", "node"});
  ScenarioFault fault;
  fault.at = seconds(table, "at_s", 0s);
  fault.span = seconds(table, "for_s", 60s);
  const std::string kind = text(table, "kind", "");
  if (kind == "cut") {
    fault.links.push_back(link(table));
  } else {
    static constexpr std::array kKinds{Fault::kKill, Fault::kPowerLoss, Fault::kRestart,
                                       Fault::kPause, Fault::kUnplug};
    const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](Fault each) { return fault_name(each) == kind; });
    if (found == kKinds.end()) {
      fail(table, "kind must be cut, kill, power-loss, restart, pause or unplug");
    }
    fault.fault = *found;
    fault.nodes = nodes(table, "node");
  }
  out_.faults.push_back(std::move(fault));
}

Scenario Reader::read(const toml::table& root) {
  only(root, {"title", "seed", "duration_s", "node", "link", "radio", "traffic", "fault"});
  out_.title = text(root, "title", "");
  out_.seed = static_cast<std::uint64_t>(number(root, "seed", 1, 0, 1e15));
  out_.duration = seconds(root, "duration_s", out_.duration);
  each(root, "node", [this](const toml::table& table) { read_node(table); });
  if (out_.plan.hosts.empty() || out_.plan.hosts.size() > 200) {
    fail(root, "a scenario has 1 to 200 [[node]]");
  }
  each(root, "link", [this](const toml::table& table) { read_link(table); });
  each(root, "radio", [this](const toml::table& table) { read_radio(table); });
  each(root, "traffic", [this](const toml::table& table) { read_traffic(table); });
  each(root, "fault", [this](const toml::table& table) { read_fault(table); });
  return std::move(out_);
}

}  // namespace

Result<Scenario> load_scenario(const std::string& path) {
  try {
    const toml::table root = toml::parse_file(path);
    return Reader().read(root);
  } catch (const toml::parse_error& error) {
    const std::string where = path + ":" + std::to_string(error.source().begin.line) + ": ";
    return absl::InvalidArgumentError(where + std::string(error.description()));
  } catch (const Mistake& mistake) {
    return absl::InvalidArgumentError(path + ":" + std::to_string(mistake.line) + ": " +
                                      mistake.text);
  }
}

}  // namespace mehr::mehr_sim
