// Where the passphrase comes from: a file of the operator's, a credential of systemd, or nowhere.
#include "controlplane/store/passphrase.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mehr::store {
namespace {

class PassphraseTest : public ::testing::Test {
 protected:
  PassphraseTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mehr-pass-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~PassphraseTest() override {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  std::string file(const std::string& name, const std::string& content, mode_t mode = 0600) {
    const std::string path = root_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string root_;
};

TEST_F(PassphraseTest, IsTheFirstLineOfTheFileWhateverEndsIt) {
  for (const char* content :
       {"correct horse", "correct horse\n", "correct horse\r\n", "correct horse\nsecond line\n"}) {
    const auto read = read_passphrase(file("p", content), "");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, "correct horse");
  }
}

TEST_F(PassphraseTest, ComesFromTheCredentialWhenNoFileIsConfigured) {
  file("passphrase", "from systemd\n", 0440);
  EXPECT_EQ(*read_passphrase("", root_), "from systemd");
  EXPECT_EQ(*read_passphrase(file("p", "from the file"), root_), "from the file");
}

TEST_F(PassphraseTest, IsNoneWhenNothingIsGiven) {
  EXPECT_EQ(*read_passphrase("", ""), "");
  EXPECT_EQ(*read_passphrase("", root_), "");
}

TEST_F(PassphraseTest, RefusesWhatCannotBeMeant) {
  const auto refused = [](const std::string& path, const std::string& words) {
    const auto read = read_passphrase(path, "");
    ASSERT_FALSE(read.ok()) << words;
    EXPECT_NE(read.status().message().find(words), std::string::npos) << read.status();
    EXPECT_NE(read.status().message().find(path), std::string::npos) << read.status();
  };
  refused(root_ + "/missing", "No such file");
  refused(root_, "");
  refused(file("open", "secret", 0644), "chmod 600");
  refused(file("empty", ""), "empty");
  refused(file("blank", "\nsecond\n"), "empty");
  refused(file("long", std::string(2'000, 'x')), "longer than 1024");
  file("passphrase", "");
  EXPECT_FALSE(read_passphrase("", root_).ok());
}

}  // namespace
}  // namespace mehr::store
