// Configurations, and what /proc says.
#include "bench/relay/node_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace mehr::bench {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "relay: %s\n", why.c_str());
  std::exit(2);
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("no free port on loopback");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

/// Fields of /proc/<pid>/stat behind the name, which may hold blanks.
std::vector<std::string> stat_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string all((std::istreambuf_iterator<char>(file)), {});
  const auto end = all.rfind(')');
  std::vector<std::string> fields;
  if (end == std::string::npos) return fields;
  std::istringstream rest(all.substr(end + 1));
  for (std::string field; rest >> field;)
    fields.push_back(field);
  return fields;
}

}  // namespace

NodeProcess::NodeProcess(const NodeOptions& options) : options_(options) {
  std::string pattern = (std::filesystem::temp_directory_path() / "mehr-relay.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up("no folder for the node: " + pattern);
  folder_ = pattern;
  ports_ = {free_port(), free_port()};
  std::vector<std::string> arguments;
  if (options.mehrd.empty()) {
    write_rnsd_config();
    arguments = {"/usr/bin/python3", options.reticulum + "/RNS/Utilities/rnsd.py", "--config",
                 folder_.string()};
  } else {
    write_mehrd_config();
    arguments = {options.mehrd, "--config", (folder_ / "mehr.toml").string()};
  }
  pid_ = ::fork();
  if (pid_ < 0) give_up("no process for the node");
  if (pid_ == 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(options.core, &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);
    const int log = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    if (options.mehrd.empty()) ::setenv("PYTHONPATH", options.reticulum.c_str(), 1);
    std::vector<char*> pointers;
    for (std::string& argument : arguments)
      pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
}

NodeProcess::~NodeProcess() {
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 100 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  if (alive()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool NodeProcess::alive() const {
  const auto fields = stat_of(pid_);
  return !fields.empty() && fields[0] != "Z";
}

double NodeProcess::cpu_seconds() const {
  const auto fields = stat_of(pid_);
  if (fields.size() < 13) return 0;
  return (std::stod(fields[11]) + std::stod(fields[12])) /
         static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t NodeProcess::resident_bytes() const {
  const auto fields = stat_of(pid_);
  if (fields.size() < 22) return 0;
  return std::stoull(fields[21]) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void NodeProcess::write_mehrd_config() const {
  std::ofstream out(folder_ / "mehr.toml");
  out << "[node]\nname = \"bench\"\nstate_directory = \"" << (folder_ / "state").string()
      << "\"\nmax_paths = 1000000\nlog_level = \"warn\"\n"
      << "[endpoint]\nrespond_to_probes = false\nmessages = false\nannounce_interval_s = 0\n";
  for (const auto& [name, port] : {std::pair("a", ports_.a), std::pair("b", ports_.b)}) {
    out << "[interface." << name << "]\nkind = \"tcp-server\"\nlisten_host = \"127.0.0.1\"\n"
        << "listen_port = " << port << "\nbitrate_bps = 1000000000\ningress_control = false\n"
        << "announce_cap_percent = 100.0\n";
    if (options_.access_codes) {
      out << "network_name = \"" << kNetwork << "\"\npassphrase = \"" << kPassphrase
          << "\"\naccess_code_bits = " << kCodeBytes * 8 << "\n";
    }
  }
}

void NodeProcess::write_rnsd_config() const {
  std::ofstream out(folder_ / "config");
  out << "[reticulum]\nenable_transport = Yes\nshare_instance = No\npanic_on_interface_error = No\n"
      << "[logging]\nloglevel = 1\n[interfaces]\n";
  for (const auto& [name, port] : {std::pair("a", ports_.a), std::pair("b", ports_.b)}) {
    out << "  [[" << name << "]]\n    type = TCPServerInterface\n    enabled = yes\n"
        << "    listen_ip = 127.0.0.1\n    listen_port = " << port << "\n"
        << "    bitrate = 1000000000\n    ingress_control = No\n    announce_cap = 100\n";
    if (options_.access_codes) {
      out << "    networkname = " << kNetwork << "\n    passphrase = " << kPassphrase
          << "\n    ifac_size = " << kCodeBytes * 8 << "\n";
    }
  }
}

}  // namespace mehr::bench
