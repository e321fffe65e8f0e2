// Strict: whatever another program could read differently is refused.
#include "controlplane/metrics/http_request.h"

#include <algorithm>

namespace mehr::metrics {
namespace {

bool is_visible(char c) {
  return c > 0x20 && c < 0x7F;
}

bool is_token(std::string_view text) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

/// "localhost:9742" -> "localhost", "[::1]:9742" -> "[::1]".
std::string without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  const bool port = colon != std::string_view::npos &&
                    (bracket == std::string_view::npos ? true : colon > bracket);
  return lower(port ? host.substr(0, colon) : host);
}

}  // namespace

RequestReader::State RequestReader::append(ByteView data) {
  if (state_ != State::kMore) return state_;
  const std::size_t room = kRequestHeadMax - head_.size();
  const auto piece = data.first(std::min(data.size(), room));
  // The end may begin in what came before.
  const std::size_t from = head_.size() < 3 ? 0 : head_.size() - 3;
  head_.append(piece.begin(), piece.end());
  const std::size_t end = head_.find("\r\n\r\n", from);
  if (end != std::string::npos) return state_ = read_head(std::string_view(head_).substr(0, end));
  if (data.size() >= room) return malformed(431);
  return State::kMore;
}

RequestReader::State RequestReader::malformed(int status) {
  status_ = status;
  request_ = {};
  return state_ = State::kMalformed;
}

RequestReader::State RequestReader::read_head(std::string_view head) {
  bool first = true;
  while (first || !head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (!(first ? read_request_line(line) : read_header(line))) {
      return malformed(status_ == 0 ? 400 : status_);
    }
    first = false;
  }
  return State::kReady;
}

bool RequestReader::read_request_line(std::string_view line) {
  const std::size_t one = line.find(' ');
  const std::size_t two = one == std::string_view::npos ? one : line.find(' ', one + 1);
  if (two == std::string_view::npos) return false;
  const std::string_view method = line.substr(0, one);
  const std::string_view target = line.substr(one + 1, two - one - 1);
  const std::string_view version = line.substr(two + 1);
  if (!is_token(method) || target.empty() || target.front() != '/' ||
      !std::all_of(target.begin(), target.end(), is_visible)) {
    return false;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    status_ = version.starts_with("HTTP/") ? 505 : 400;
    return false;
  }
  if (method != "GET" && method != "HEAD") {
    status_ = 405;
    return false;
  }
  request_.head = method == "HEAD";
  request_.target = std::string(target);
  return true;
}

bool RequestReader::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  const std::string name = lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return c == ' ' || c == '\t' || (static_cast<unsigned char>(c) > 0x20 && c != 0x7F);
  });
  if (!plain) return false;
  // A body would be the start of something we do not speak.
  if (name == "transfer-encoding" || (name == "content-length" && value != "0")) return false;
  if (name == "host") {
    if (host_seen_) return false;
    host_seen_ = true;
    request_.host = without_port(value);
  }
  return true;
}

}  // namespace mehr::metrics
