// Requests as tables: bytes in, verdict out, however they are cut.
#include "controlplane/metrics/http_request.h"

#include <gtest/gtest.h>

#include <string>

namespace mehr::metrics {
namespace {

using State = RequestReader::State;

int status_of(const std::string& text) {
  RequestReader reader;
  const State state = reader.append(as_bytes(text));
  return state == State::kReady ? 200 : state == State::kMore ? 0 : reader.status();
}

TEST(RequestReader, JudgesRequests) {
  const std::pair<const char*, int> cases[] = {
      {"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
      {"GET /metrics HTTP/1.0\r\n\r\n", 200},
      {"HEAD / HTTP/1.1\r\nHost: [::1]:9742\r\nAccept: */*\r\n\r\n", 200},
      {"GET /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 200},
      {"GET /metrics HTTP/1.1\r\n", 0},
      {"", 0},
      {"GET /metrics HTTP/2.0\r\n\r\n", 505},
      {"GET /metrics FTP\r\n\r\n", 400},
      {"POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"GET  /metrics HTTP/1.1\r\n\r\n", 400},
      {"GET metrics HTTP/1.1\r\n\r\n", 400},
      {"GET http://localhost/metrics HTTP/1.1\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\n\r\n", 400},
      {"\r\n\r\n", 400},
      {"GET /metrics HTTP/1.1\r\nHost localhost\r\n\r\n", 400},
      {"GET /metrics HTTP/1.1\r\nHost : localhost\r\n\r\n", 400},
      {"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET /metrics HTTP/1.1\r\n folded: x\r\n\r\n", 400},
      {"GET /metrics HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400},
      {"GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400},
      {"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
  };
  for (const auto& [text, status] : cases)
    EXPECT_EQ(status_of(text), status) << text;
}

TEST(RequestReader, ReadsTargetAndHost) {
  RequestReader reader;
  const std::string text = "HEAD /metrics?a=b HTTP/1.1\r\nhOST: \tLocalHost:9742 \r\n\r\nrest";
  // One byte at a time: the end is found all the same.
  for (const char& c : text)
    reader.append(as_bytes(std::string_view(&c, 1)));
  ASSERT_EQ(reader.append({}), State::kReady);
  EXPECT_TRUE(reader.request().head);
  EXPECT_EQ(reader.request().target, "/metrics?a=b");
  EXPECT_EQ(reader.request().host, "localhost");
}

TEST(RequestReader, TakesNoMoreThanItsLimit) {
  const std::string start = "GET /metrics HTTP/1.1\r\nA: ", end = "\r\n\r\n";
  const std::size_t room = kRequestHeadMax - start.size() - end.size();
  EXPECT_EQ(status_of(start + std::string(room, 'x') + end), 200);
  EXPECT_EQ(status_of(start + std::string(room + 1, 'x') + end), 431);
  EXPECT_EQ(status_of(std::string(100'000, 'x')), 431);
}

}  // namespace
}  // namespace mehr::metrics
