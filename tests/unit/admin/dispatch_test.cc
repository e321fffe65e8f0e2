// What reaches the backend of a request about neighbours, and what is answered before it.
#include "controlplane/admin/dispatch.h"

#include <gtest/gtest.h>

#include "controlplane/admin/named.h"
#include "tests/unit/admin/fake_backend.h"

namespace mehr::admin {
namespace {

class DispatchTest : public ::testing::Test {
 protected:
  Call call() {
    return {[this](const PartSource& parts) { answer_ = parts(); }, client_};
  }
  /// The error answered, kOk when the backend was asked.
  template <typename Request>
  api::ErrorCode ask(Request request) {
    answer_ = {};
    dispatch(backend_, api::request_of(std::move(request)), call());
    return error();
  }
  [[nodiscard]] api::ErrorCode error() const {
    const auto* found = answer_.body.AsError();
    return found == nullptr ? api::ErrorCode::Ok : found->code;
  }
  static api::LinksRequestT links(std::string prefix) {
    api::LinksRequestT request;
    request.link = std::move(prefix);
    return request;
  }

  FakeBackend backend_;
  std::shared_ptr<int> client_ = std::make_shared<int>(0);
  api::ResponseT answer_;
};

TEST_F(DispatchTest, TakesTheFirstDigitsOfAnIdentity) {
  EXPECT_EQ(ask(links("")), api::ErrorCode::Ok);
  EXPECT_EQ(backend_.asked, "links ");
  EXPECT_EQ(ask(links("aB3")), api::ErrorCode::Ok);
  EXPECT_EQ(backend_.asked, "links ab3");
  EXPECT_EQ(ask(links(std::string(32, 'f'))), api::ErrorCode::Ok);
  for (const std::string& wrong : {std::string(33, 'f'), std::string("xyz"), std::string("a b"),
                                   std::string(1, '\0'), std::string("\xff")}) {
    EXPECT_EQ(ask(links(wrong)), api::ErrorCode::BadRequest);
  }
}

TEST_F(DispatchTest, OrdersNeedAName) {
  EXPECT_EQ(ask(api::LinkDropRequestT{}), api::ErrorCode::BadRequest);
  EXPECT_EQ(ask(api::LinkRekeyRequestT{}), api::ErrorCode::BadRequest);
  api::LinkDropRequestT drop;
  drop.link = "A";
  EXPECT_EQ(ask(drop), api::ErrorCode::NotFound);
  EXPECT_EQ(answer_.body.AsError()->text, "a");
}

TEST_F(DispatchTest, LimitsTheHistory) {
  api::LinkHistoryRequestT request;
  request.limit = 4'000'000'000;
  EXPECT_EQ(ask(request), api::ErrorCode::Ok);
  EXPECT_EQ(backend_.asked, "history  10000");
}

TEST_F(DispatchTest, KnowsThePolicies) {
  api::PathExplainRequestT request;
  EXPECT_EQ(ask(request), api::ErrorCode::BadRequest);
  request.destination = std::string(32, '0');
  EXPECT_EQ(ask(request), api::ErrorCode::NotFound);
  EXPECT_EQ(backend_.asked, "balanced");
  request.policy = "largest-mtu";
  EXPECT_EQ(ask(request), api::ErrorCode::NotFound);
  EXPECT_EQ(backend_.asked, "largest-mtu");
  request.policy = "largest";
  EXPECT_EQ(ask(request), api::ErrorCode::BadRequest);
}

TEST_F(DispatchTest, FindsTheOneNeighbourMeant) {
  std::vector<IdentityHash> known(12);
  for (std::size_t i = 0; i < known.size(); ++i) {
    known[i].bytes[0] = 0xab;
    known[i].bytes[1] = static_cast<std::uint8_t>(i);
  }
  EXPECT_EQ(named(known, "", call())->size(), 12U);
  const auto one = named(known, "ab0b", call());
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, std::vector{known[11]});
  EXPECT_EQ(error(), api::ErrorCode::Ok);
  EXPECT_FALSE(named(known, "ac", call()));
  EXPECT_EQ(error(), api::ErrorCode::NotFound);
  EXPECT_FALSE(named(known, "ab", call()));
  EXPECT_EQ(error(), api::ErrorCode::BadRequest);
  const std::string& text = answer_.body.AsError()->text;
  EXPECT_NE(text.find("12 identities begin with ab"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  " + to_hex(known[0]) + "\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  and 2 more"), std::string::npos) << text;
}

}  // namespace
}  // namespace mehr::admin
