// A state directory of its own for each test, a store opened in it, and waiting for what it
// acknowledges. The mailbox stands in for the reactor.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/store/store.h"

namespace mehr::store {

/// Where the store posts its tasks; run_until() plays the reactor thread.
class Mailbox {
 public:
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    arrived_.notify_one();
  }
  /// Runs posted tasks until `ready`; false after two minutes, which a disk
  /// busy with other work may well need for some dozen syncs.
  bool run_until(const std::function<bool()>& ready) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!ready()) {
      std::unique_lock lock(mutex_);
      if (!arrived_.wait_until(lock, end, [this] { return !tasks_.empty(); })) return false;
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    return true;
  }
  void run_all() {
    while (true) {
      std::unique_lock lock(mutex_);
      if (tasks_.empty()) return;
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> tasks_;
};

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mehr-store-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    options_.directory = root_ + "/state";
    options_.log = [this](const std::string& sentence) { log_.push_back(sentence); };
  }
  ~StoreTest() override {
    store_.reset();
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }

  Result<std::unique_ptr<Store>> try_open() {
    return Store::open(options_,
                       [this](std::function<void()> task) { mailbox_.post(std::move(task)); });
  }
  void open() {
    auto opened = try_open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(*opened);
  }
  void reopen() {
    store_.reset();
    mailbox_.run_all();
    open();
  }
  /// Puts and waits for the acknowledgement.
  Status put(const endpoint::Message& message) {
    std::optional<Status> status;
    store_->put_message(message, [&](const Status& result) { status = result; });
    EXPECT_TRUE(mailbox_.run_until([&] { return status.has_value(); }));
    return status.value_or(absl::UnknownError("no acknowledgement"));
  }
  Status flush() {
    std::optional<Status> status;
    store_->flush([&](const Status& result) { status = result; });
    EXPECT_TRUE(mailbox_.run_until([&] { return status.has_value(); }));
    return status.value_or(absl::UnknownError("no acknowledgement"));
  }
  std::vector<endpoint::Message> list(std::size_t limit) {
    std::optional<Result<std::vector<endpoint::Message>>> listed;
    store_->list_messages(
        limit, [&](Result<std::vector<endpoint::Message>> result) { listed = std::move(result); });
    EXPECT_TRUE(mailbox_.run_until([&] { return listed.has_value(); }));
    if (!listed || !listed->ok()) return {};
    return **listed;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return options_.directory + "/" + name;
  }

  std::string root_;
  StoreOptions options_;
  std::vector<std::string> log_;
  Mailbox mailbox_;
  std::unique_ptr<Store> store_;
};

template <std::size_t N = 16>
FixedBytes<N> numbered(std::uint64_t number) {
  FixedBytes<N> out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  out.bytes[N - 1] = 0xAA;
  return out;
}

inline routing::PathEntry some_path(std::uint64_t number, Time now) {
  routing::PathEntry entry;
  entry.destination = numbered(number);
  entry.next_hop = numbered(number + 1);
  entry.hops = 3;
  entry.interface_name = "radio";
  entry.learned = now - 100s;
  entry.last_used = now - 10s;
  entry.expires = now + 1000s;
  entry.state = routing::PathState::kResponsive;
  entry.blobs = {numbered<10>(1), numbered<10>(2)};
  entry.announce_payload = Bytes(200, 0x55);
  entry.announce_has_ratchet = true;
  return entry;
}

inline endpoint::Message some_message(std::uint64_t number) {
  endpoint::Message message;
  message.id = numbered<32>(number);
  message.incoming = true;
  message.source = numbered(1);
  message.destination = numbered(2);
  message.title = "title";
  message.content = std::string("content\0with zero", 17);
  message.fields = {0x80};
  message.timestamp = 1.7e9;
  message.state = endpoint::MessageState::kReceived;
  message.method = endpoint::MessageMethod::kLink;
  message.signature_verified = true;
  message.hops = 2;
  message.wire_bytes = 431;
  message.signal = {-91.5, 7.25};
  return message;
}

inline const Time kNow{Duration{5'000'000'000}};
inline const UnixTime kUnixNow{std::chrono::microseconds{1'700'000'000'000'000}};

}  // namespace mehr::store
