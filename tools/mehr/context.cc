// Asking, joining, printing, failing.
#include "tools/mehr/context.h"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tools/mehr/json.h"
#include "tools/mehr/places.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

constexpr Duration kAnswerTimeout = 15s;  // a daemon with a full path table on a small board

Exit exit_of(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return kUsage;
    case absl::StatusCode::kPermissionDenied:
      return kRefused;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnreachable;
    default:
      return kFailed;
  }
}

Exit exit_of(api::ErrorCode code) {
  switch (code) {
    case api::ErrorCode::BadRequest:
      return kUsage;
    case api::ErrorCode::NotFound:
      return kNotFound;
    case api::ErrorCode::Timeout:
      return kTimeout;
    case api::ErrorCode::Refused:
      return kRefused;
    default:
      return kFailed;
  }
}

template <typename Row>
void move_rows(std::vector<std::unique_ptr<Row>>& from, std::vector<std::unique_ptr<Row>>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

// Lists come in parts of the same kind; everything else is one response.
void join(api::ResponseT& whole, api::ResponseT& part) {
  if (auto* paths = whole.body.AsPathsResponse();
      paths != nullptr && part.body.AsPathsResponse() != nullptr) {
    move_rows(part.body.AsPathsResponse()->paths, paths->paths);
  } else if (auto* messages = whole.body.AsMessageListResponse();
             messages != nullptr && part.body.AsMessageListResponse() != nullptr) {
    move_rows(part.body.AsMessageListResponse()->messages, messages->messages);
  }
}

}  // namespace

Result<AdminClient> Context::connect() const {
  const auto path = find_socket(socket, config, read_environment());
  if (!path.ok()) return path.status();
  auto client = AdminClient::connect(*path);
  if (!socket.empty() || !absl::IsPermissionDenied(client.status())) return client;
  // Who may not give orders may perhaps ask.
  const std::string beside =
      path->substr(0, path->rfind('/') + 1) + std::string(config::kReadSocketName);
  auto reader = AdminClient::connect(beside);
  return reader.ok() ? std::move(reader) : std::move(client);
}

std::unique_ptr<api::ResponseT> Context::ask(const api::RequestT& request, Duration wait) {
  auto client = connect();
  if (!client.ok()) return fail(client.status()), nullptr;
  if (const Status sent = client->send(request); !sent.ok()) return fail(sent), nullptr;
  std::unique_ptr<api::ResponseT> whole;
  do {
    auto part = client->next(kAnswerTimeout + wait);
    if (!part.ok()) return fail(part.status()), nullptr;
    if (failed(**part)) return nullptr;
    if (whole == nullptr) {
      whole = std::move(*part);
    } else {
      join(*whole, **part);
      whole->last = (*part)->last;
    }
  } while (!whole->last);
  return whole;
}

void Context::print(const api::ResponseT& response,
                    const std::function<std::string(const api::ResponseT&, bool)>& text) const {
  std::cout << (json ? json_text(to_json(response)) : text(response, colour)) << std::flush;
}

void Context::show(const api::RequestT& request, std::optional<double> watch,
                   const std::function<std::string(const api::ResponseT&, bool)>& text) {
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  for (;;) {
    const auto response = ask(request);
    if (response == nullptr) return;
    if (watch && terminal && !json) std::cout << "\x1b[H\x1b[2J";
    print(*response, text);
    if (!watch || !std::cout) return;
    if (!terminal && !json) std::cout << std::endl;
    std::this_thread::sleep_for(std::chrono::duration<double>(*watch));
  }
}

void Context::fail(Exit exit, const std::string& text) {
  code = exit;
  std::cerr << toned("mehr: ", Tone::kBad, colour && isatty(STDERR_FILENO) == 1)
            << printable(text, true) << '\n';
  if (json) std::cout << json_text({{"error", text}, {"exit_code", static_cast<int>(exit)}});
}

void Context::fail(const Status& status) {
  fail(exit_of(status), std::string(status.message()));
}

bool Context::failed(const api::ResponseT& response) {
  const auto* error = response.body.AsError();
  if (error == nullptr) return false;
  fail(exit_of(error->code), error->text);
  return true;
}

std::optional<std::string> destination(Context& context, const std::string& argument) {
  std::string_view text = argument;
  if (text.size() > 2 && text.front() == '<' && text.back() == '>')
    text = text.substr(1, text.size() - 2);
  if (const auto hash = fixed_from_hex<16>(text)) return to_hex(*hash);
  context.fail(
      kUsage,
      "\"" + argument +
          "\" is no destination: give all 32 hexadecimal digits, as `mehr path` shows them");
  return std::nullopt;
}

}  // namespace mehr::cli
