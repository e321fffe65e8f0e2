// What goes wrong outside the program: modes, second programs, damaged files, newer versions, a
// full disk, and being killed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "controlplane/store/identity_database.h"
#include "core/base/random.h"
#include "tests/unit/store/fixture.h"

namespace mehr::store {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

void overwrite(const std::string& path, std::size_t offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file << bytes;
}

// Runs SQL on a closed database, as another version or a broken disk would have.
void change(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST_F(StoreTest, EverythingIsPrivate) {
  const mode_t before = umask(0);
  open();
  SeededRandom random(1);
  ASSERT_TRUE(store_->identity(random).ok());
  store_->put_path(some_path(1, kNow), kNow, kUnixNow);
  ASSERT_TRUE(flush().ok());
  umask(before);
  EXPECT_EQ(mode_of(options_.directory), 0700U);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    names.insert(entry.path().filename().string());
    EXPECT_EQ(mode_of(entry.path().string()), 0600U) << entry.path();
  }
  EXPECT_EQ(names, (std::set<std::string>{"cache.db", "cache.db-wal", "identity.db",
                                          "identity.db-wal", "lock"}));
}

TEST_F(StoreTest, RefusesWhatOthersCanRead) {
  open();
  store_.reset();
  struct Row {
    std::string path;
    mode_t bad, good;
  };
  for (const Row& row : {Row{options_.directory, 0750, 0700},
                         {file("identity.db"), 0640, 0600},
                         {file("cache.db"), 0604, 0600}}) {
    ASSERT_EQ(chmod(row.path.c_str(), row.bad), 0);
    const Status status = try_open().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << row.path;
    EXPECT_NE(status.message().find("run: chmod"), std::string::npos) << status;
    EXPECT_NE(status.message().find(row.path), std::string::npos) << status;
    ASSERT_EQ(chmod(row.path.c_str(), row.good), 0);
  }
  open();
}

TEST_F(StoreTest, RefusesLinksAndFilesInTheWay) {
  ASSERT_EQ(mkdir(options_.directory.c_str(), 0700), 0);
  ASSERT_EQ(symlink("/etc/hostname", file("identity.db").c_str()), 0);
  EXPECT_NE(try_open().status().message().find("symbolic link"), std::string::npos);
  std::filesystem::remove(file("identity.db"));
  options_.directory = root_ + "/file";
  std::ofstream(options_.directory) << "x";
  EXPECT_FALSE(try_open().ok());
  options_.directory = "";
  EXPECT_FALSE(try_open().ok());
}

TEST_F(StoreTest, SecondOpenerIsToldWhoHasIt) {
  open();
  const Status status = try_open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_NE(status.message().find("in use by process " + std::to_string(getpid())),
            std::string::npos)
      << status;
  store_.reset();
  open();
}

TEST_F(StoreTest, DamagedCacheIsSetAside) {
  open();
  for (std::uint64_t i = 0; i < 500; ++i)
    store_->put_path(some_path(i, kNow), kNow, kUnixNow);
  ASSERT_TRUE(put(some_message(1)).ok());
  store_.reset();
  overwrite(file("cache.db"), 0, "this was a database once");
  open();
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find("renamed to cache.db.broken-"), std::string::npos) << log_[0];
  const auto loaded = store_->load(kNow, kUnixNow);
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded->paths.empty());
  EXPECT_EQ(list(10).size(), 1U);
  store_->put_path(some_path(1, kNow), kNow, kUnixNow);
  EXPECT_TRUE(flush().ok());
}

TEST_F(StoreTest, DamagedPagesOfTheCacheAreFound) {
  open();
  for (std::uint64_t i = 0; i < 500; ++i)
    store_->put_path(some_path(i, kNow), kNow, kUnixNow);
  store_.reset();
  const auto pages = std::filesystem::file_size(file("cache.db")) / 4096;
  for (std::size_t page = 5; page < pages; page += 9) {
    overwrite(file("cache.db"), page * 4096, std::string(64, '\x5A'));
  }
  open();
  EXPECT_EQ(log_.size(), 1U);
  EXPECT_TRUE(store_->load(kNow, kUnixNow).ok());
}

TEST_F(StoreTest, OnlyTwoDamagedCachesAreKept) {
  open();
  store_.reset();
  for (const char* time : {"1000000001", "1000000002", "1000000003"}) {
    std::ofstream(file("cache.db.broken-" + std::string(time))) << "x";
    std::ofstream(file("cache.db.broken-" + std::string(time) + "-wal")) << "x";
  }
  overwrite(file("cache.db"), 0, "broken");
  open();
  std::set<std::string> kept;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("cache.db.broken-") && !name.ends_with("-wal")) kept.insert(name);
  }
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_TRUE(kept.contains("cache.db.broken-1000000003"));
}

TEST_F(StoreTest, DamagedIdentityIsAnErrorThatSaysWhatToDo) {
  open();
  SeededRandom random(1);
  ASSERT_TRUE(store_->identity(random).ok());
  store_.reset();
  overwrite(file("identity.db"), 0, "garbage");
  const Status status = try_open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("put a backup in its place"), std::string::npos) << status;
  EXPECT_TRUE(std::filesystem::exists(file("identity.db")));  // never touched
}

TEST_F(StoreTest, ChangedIdentityRowIsDamageNotAnotherIdentity) {
  open();
  SeededRandom random(1);
  ASSERT_TRUE(store_->identity(random).ok());
  store_.reset();
  change(file("identity.db"), "UPDATE identity SET body = zeroblob(64)");
  open();
  EXPECT_EQ(store_->identity(random).status().code(), absl::StatusCode::kDataLoss);
  store_.reset();
  change(file("identity.db"),
         "UPDATE identity SET encrypted = 1, memory_bytes = 1 << 60, operations = 1 << 60");
  options_.passphrase = "p";
  open();
  EXPECT_EQ(store_->identity(random).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(StoreTest, NewerIdentityIsRefusedNewerCacheSetAside) {
  open();
  store_.reset();
  change(file("cache.db"), "PRAGMA user_version = 2");
  open();
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find("newer version"), std::string::npos);
  store_.reset();
  change(file("identity.db"), "PRAGMA user_version = 2");
  EXPECT_NE(try_open().status().message().find("newer version"), std::string::npos);
}

TEST_F(StoreTest, BadRowsAreSkippedAndCounted) {
  open();
  for (std::uint64_t i = 0; i < 3; ++i)
    store_->put_path(some_path(i, kNow), kNow, kUnixNow);
  store_->put_identity(numbered(1), numbered<64>(1));
  ASSERT_TRUE(put(some_message(1)).ok());
  ASSERT_TRUE(put(some_message(2)).ok());
  store_.reset();
  change(file("cache.db"),
         "UPDATE paths SET row = x'0102' WHERE n = 2; UPDATE identities SET row = zeroblob(63);"
         "INSERT INTO tunnels(key, row) VALUES(x'00', x'00')");
  change(file("identity.db"), "UPDATE messages SET row = zeroblob(100) WHERE n = 1");
  open();
  const auto loaded = store_->load(kNow, kUnixNow);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->paths.size(), 2U);
  EXPECT_TRUE(loaded->identities.empty());
  EXPECT_TRUE(loaded->tunnels.empty());
  EXPECT_EQ(list(10).size(), 1U);
  EXPECT_EQ(store_->stats().bad_rows, 4U);
  EXPECT_EQ(store_->load(kNow, kUnixNow)->paths.size(), 2U);
  EXPECT_TRUE(flush().ok());
  EXPECT_EQ(store_->stats().bad_rows, 4U);  // the cache's were deleted
}

TEST_F(StoreTest, OldestFinishedMessagesMakeRoom) {
  auto directory = StateDirectory::open(options_.directory, StateDirectory::WhenMissing::kCreate);
  ASSERT_TRUE(directory.ok());
  auto database = IdentityDatabase::open(**directory, {.messages = 10, .bytes = 100'000});
  ASSERT_TRUE(database.ok()) << database.status();
  StoreStats stats;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const MessageRow row{numbered<32>(i), false, i == 3, Bytes(1'000)};
    ASSERT_TRUE((*database)->put_messages({&row, 1}, stats).ok());
  }
  EXPECT_EQ(stats.messages_pruned, 20U);
  const MessageRow large{numbered<32>(99), true, false, Bytes(98'500)};
  ASSERT_TRUE((*database)->put_messages({&large, 1}, stats).ok());
  EXPECT_EQ(stats.messages_pruned, 29U);  // left: the unfinished one and the large one
}

// A file size limit makes every write beyond it fail as a full disk does.
TEST_F(StoreTest, FullDiskFailsTheWriteAndNotTheDaemon) {
  open();
  ASSERT_TRUE(put(some_message(1)).ok());
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = std::filesystem::file_size(file("identity.db-wal")) + 20'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  endpoint::Message large = some_message(2);
  large.content.assign(200'000, 'x');
  const Status failed = put(large);
  const Status again = put(large);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, old_handler);
  EXPECT_FALSE(failed.ok());
  EXPECT_FALSE(again.ok());
  EXPECT_EQ(list(10).size(), 1U);
  EXPECT_TRUE(put(large).ok());
  EXPECT_EQ(list(10).size(), 2U);
  mailbox_.run_all();
  ASSERT_EQ(log_.size(), 2U);  // once per change of state
  EXPECT_NE(log_[0].find("messages cannot be written"), std::string::npos);
  EXPECT_NE(log_[1].find("written again"), std::string::npos);
  EXPECT_EQ(store_->stats().message_errors, 2U);
}

// Writes messages for ever and reports each acknowledged number through the pipe, as a proof sent
// to a peer would.
[[noreturn]] void write_until_killed(const StoreOptions& options, int report) {
  auto store = Store::open(options, [](std::function<void()> task) { task(); });
  if (!store.ok()) _exit(1);
  constexpr std::uint32_t kOutstanding = 512;  // less than the queue holds
  std::mutex mutex;
  std::condition_variable acknowledged;
  std::uint32_t done = 0;
  for (std::uint32_t i = 0;; ++i) {
    (*store)->put_path(some_path(i, kNow), kNow, kUnixNow);
    (*store)->put_message(some_message(i), [&, i](const Status& status) {
      if (!status.ok()) _exit(2);
      if (write(report, &i, sizeof(i)) != sizeof(i)) _exit(3);
      const std::lock_guard lock(mutex);
      ++done;
      acknowledged.notify_one();
    });
    std::unique_lock lock(mutex);
    acknowledged.wait(lock, [&] { return i + 1 - done < kOutstanding; });
  }
}

TEST_F(StoreTest, WhatWasAcknowledgedSurvivesKill) {
  SeededRandom random(20'260);
  std::set<std::uint32_t> acknowledged;
  for (int round = 0; round < 12; ++round) {
    StoreOptions options = options_;
    options.log = {};
    options.directory = options_.directory + std::to_string(round);
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(options, pipe_ends[1]);
    close(pipe_ends[1]);
    acknowledged.clear();
    const std::uint64_t wanted = 1 + random.below(400);
    std::uint32_t number = 0;
    while (acknowledged.size() < wanted && read(pipe_ends[0], &number, sizeof(number)) == 4) {
      acknowledged.insert(number);
    }
    kill(child, SIGKILL);
    while (read(pipe_ends[0], &number, sizeof(number)) == 4)
      acknowledged.insert(number);
    close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "child ended with " << WEXITSTATUS(status);
    ASSERT_GE(acknowledged.size(), wanted);

    options_.directory = options.directory;
    open();
    std::set<Hash32> stored;
    for (const auto& message : list(10'000))
      stored.insert(message.id);
    for (const std::uint32_t id : acknowledged) {
      EXPECT_TRUE(stored.contains(numbered<32>(id))) << "round " << round << " message " << id;
    }
    EXPECT_TRUE(store_->load(kNow, kUnixNow).ok());
    EXPECT_TRUE(log_.empty());
    store_.reset();
    mailbox_.run_all();
    options_.directory.resize(options_.directory.rfind("state") + 5);
  }
}

}  // namespace
}  // namespace mehr::store
