// Every mistake ends with a sentence that says what to write instead, and exit code 2.
#include "tools/mehr-radio/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "tools/mehr-radio/channel.h"

namespace mehr::mehr_radio {
namespace {

constexpr int kUsageError = 2;
constexpr double kMaxSpeed = 1000;

constexpr const char* kDescription =
    "mehr-radio - a LoRa channel without radios\n\n"
    "Emulates any number of RNode radios, each as a serial port (a pty behind a stable link), and "
    "the\n"
    "air between them: airtime, half duplex, carrier sense, collisions with capture, weak signals "
    "and\n"
    "losses. Anything that speaks to an RNode can use a port: mehrd, rnsd, Sideband, NomadNet.";

constexpr const char* kFooter =
    "Control socket (--control), one command a line, one answer a line:\n"
    "  unplug NAME       pull the cable: the port disappears\n"
    "  replug NAME       plug it in again: a fresh port behind the same link\n"
    "  reset NAME        unplug and replug at once\n"
    "  loss A B P        lose frames from A to B with probability P (0..1)\n"
    "  gain A B DB       set the path gain from A to B in dB\n"
    "  stats             totals as one line of JSON\n"
    "Signals: SIGUSR1 prints the totals, SIGINT and SIGTERM print them and end.\n\n"
    "Exit codes: 0 ended by a signal, 1 something on this machine is missing or in the way,\n"
    "2 the command line is wrong.\n\n"
    "Example: mehr-radio --link /tmp/radio --node alice --node bob --loss alice:bob=0.1 --live\n"
    "then give /tmp/radio/alice as the port of an RNode interface.";

bool parse_number(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

bool good_name(const std::string& name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, good);
}

Status collect(const std::vector<std::string>& nodes, const std::vector<std::string>& losses,
               const std::vector<std::string>& gains, Options& out) {
  for (const std::string& text : nodes) {
    auto node = read_node(text);
    if (!node.ok()) return node.status();
    if (std::ranges::count(out.nodes, node->name, &NodeOption::name) > 0)
      return absl::InvalidArgumentError("--node " + node->name + " is given twice");
    out.nodes.push_back(*node);
  }
  if (out.nodes.empty() || out.nodes.size() > kMaxNodes)
    return absl::InvalidArgumentError("give 1 to " + std::to_string(kMaxNodes) +
                                      " radios, as in --node alice --node bob");
  const auto pairs = [&](const std::vector<std::string>& texts, bool probability,
                         std::vector<PairOption>& into) -> Status {
    for (const std::string& text : texts) {
      auto pair = read_pair(text);
      if (!pair.ok()) return pair.status();
      for (const std::string& name : {pair->from, pair->to}) {
        if (std::ranges::count(out.nodes, name, &NodeOption::name) == 0)
          return absl::InvalidArgumentError("there is no radio '" + name + "' in " + text);
      }
      if (probability && (pair->value < 0 || pair->value > 1))
        return absl::InvalidArgumentError("a loss is a probability from 0 to 1, not " + text);
      into.push_back(*pair);
    }
    return absl::OkStatus();
  };
  if (const Status ok = pairs(losses, true, out.losses); !ok.ok()) return ok;
  return pairs(gains, false, out.gains);
}

}  // namespace

Result<NodeOption> read_node(const std::string& text) {
  const std::size_t comma = text.find(',');
  NodeOption node{.name = text.substr(0, comma)};
  if (!good_name(node.name))
    return absl::InvalidArgumentError("'" + node.name +
                                      "' is no radio name; use 1 to 32 of a-z A-Z 0-9 - _");
  if (comma == std::string::npos) return node;
  const std::string setting = text.substr(comma + 1);
  if (!setting.starts_with("gain=") || !parse_number(setting.substr(5), node.gain_db))
    return absl::InvalidArgumentError("'" + setting + "' is not understood; write --node " +
                                      node.name + ",gain=-3 (dB)");
  return node;
}

Result<PairOption> read_pair(const std::string& text) {
  const std::size_t middle = text.find_first_of(":>");
  const std::size_t equals = text.find('=');
  PairOption pair;
  if (middle == std::string::npos || equals == std::string::npos || equals < middle ||
      !parse_number(text.substr(equals + 1), pair.value))
    return absl::InvalidArgumentError("'" + text +
                                      "' is not understood; write A:B=VALUE, or A>B=VALUE for one "
                                      "direction");
  pair.from = text.substr(0, middle);
  pair.to = text.substr(middle + 1, equals - middle - 1);
  pair.both = text[middle] == ':';
  return pair;
}

OptionsRead read_options(int argc, const char* const* argv) {
  OptionsRead out;
  Options& options = out.options;
  std::vector<std::string> nodes, losses, gains;
  CLI::App app(kDescription, "mehr-radio");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("mehr-radio ") + MEHR_VERSION);
  app.add_option("--link", options.link_directory, "directory for the ports, DIR/NAME each")
      ->required()
      ->type_name("DIR");
  app.add_option("--node", nodes, "a radio; gain (dB) is added to all its paths")
      ->required()
      ->type_name("NAME[,gain=DB]");
  app.add_option("--loss", losses, "probability that a frame is lost; A>B for one direction")
      ->type_name("A:B=P");
  app.add_option("--gain", gains, "path gain in dB instead of -100; A>B for one direction")
      ->type_name("A:B=DB");
  app.add_option("--seed", options.seed, "of chance losses and contention (default 1)");
  app.add_option("--speed", options.speed, "radio seconds a real second (default 1)")
      ->check(CLI::Range(0.01, kMaxSpeed));
  app.add_flag("--live", options.live, "show who is on the air: a table on a terminal, else lines");
  app.add_flag("--quiet", options.quiet, "print nothing but errors");
  app.add_option("--json-log", options.json_log, "append one JSON line a frame on the air")
      ->type_name("FILE");
  app.add_option("--stats", options.stats_file, "keep totals as JSON in FILE, replaced each second")
      ->type_name("FILE");
  app.add_option("--control", options.control_path, "Unix socket for commands, see below")
      ->type_name("PATH");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    const bool version = asked.get_name() == "CallForVersion";
    out.message = version ? std::string("mehr-radio ") + MEHR_VERSION + "\n" : app.help();
    out.exit_code = 0;
    return out;
  } catch (const CLI::ParseError& error) {
    out.message = std::string("mehr-radio: ") + error.what() + "; see mehr-radio --help\n";
    out.exit_code = kUsageError;
    return out;
  }
  if (const Status collected = collect(nodes, losses, gains, options); !collected.ok()) {
    out.message = "mehr-radio: " + std::string(collected.message()) + "\n";
    out.exit_code = kUsageError;
  }
  return out;
}

}  // namespace mehr::mehr_radio
