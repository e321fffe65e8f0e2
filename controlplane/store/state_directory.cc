// Directory, modes and lock of state_directory.h, with plain system calls.
#include "controlplane/store/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <vector>

namespace mehr::store {
namespace {

constexpr const char* kLockFile = "lock";
constexpr std::size_t kBrokenCopies = 2;
constexpr mode_t kOthers = 077;

std::string octal(mode_t mode) {
  std::string out;
  for (int shift = 9; shift >= 0; shift -= 3) {
    out.push_back(static_cast<char>('0' + ((mode >> shift) & 7U)));
  }
  return out;
}

Status system_error(const std::string& doing) {
  const std::string text = doing + ": " + std::strerror(errno);
  if (errno == EACCES || errno == EPERM) return absl::PermissionDeniedError(text);
  if (errno == ENOSPC || errno == EDQUOT) return absl::ResourceExhaustedError(text);
  return absl::InternalError(text);
}

Status create(const std::string& path) {
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) {
    return absl::InternalError("cannot create " + parent.string() + ": " + error.message());
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_error("cannot create the state directory " + path);
  }
  return absl::OkStatus();
}

// Their locks and syncs promise less than the databases need.
bool is_network_file_system(int descriptor) {
  struct statfs info {};
  if (fstatfs(descriptor, &info) != 0) return false;
  const auto type = static_cast<std::uint32_t>(info.f_type);
  constexpr std::uint32_t kNfs = 0x6969, kSmb = 0x517B, kSmb2 = 0xFE534D42, kCifs = 0xFF534D42;
  return type == kNfs || type == kSmb || type == kSmb2 || type == kCifs;
}

Status check_directory(int descriptor, const std::string& path) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return system_error("cannot look at " + path);
  if (info.st_uid != geteuid() && geteuid() != 0) {
    return absl::PermissionDeniedError("the state directory " + path + " belongs to user " +
                                       std::to_string(info.st_uid) +
                                       "; run as that user or choose another state_directory");
  }
  if ((info.st_mode & kOthers) != 0) {
    return absl::PermissionDeniedError("the state directory " + path +
                                       " is open to other users (mode " +
                                       octal(info.st_mode & 07777) + "); run: chmod 700 " + path);
  }
  if (is_network_file_system(descriptor)) {
    return absl::FailedPreconditionError(
        "the state directory " + path +
        " is on a network file system, where a crash can lose what "
        "was acknowledged; choose a local state_directory");
  }
  return absl::OkStatus();
}

// What the holder of the lock wrote about itself; only digits are believed.
std::string holder(int lock) {
  std::array<char, 16> text{};
  const ssize_t size = pread(lock, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] >= '0' &&
                      text[static_cast<std::size_t>(i)] <= '9';
       ++i) {
    pid.push_back(text[static_cast<std::size_t>(i)]);
  }
  return pid.empty() ? "another program" : "process " + pid;
}

// A new file belongs to the directory's owner even when root made it, or the daemon could not open
// it.
Status give_to_owner(int directory, int file, const std::string& path) {
  struct stat info {};
  if (geteuid() != 0 || fstat(directory, &info) != 0 || info.st_uid == 0) return absl::OkStatus();
  if (fchown(file, info.st_uid, info.st_gid) != 0) return system_error("cannot hand over " + path);
  return absl::OkStatus();
}

Result<int> take_lock(int directory, const std::string& path) {
  const int lock = openat(directory, kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return system_error("cannot open the lock file in " + path);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const Status in_use = absl::AlreadyExistsError(
        "the store in " + path + " is in use by " + holder(lock) +
        " (a running mehrd?); stop it first or choose another state_directory");
    close(lock);
    return in_use;
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  // The content only names the holder in an error; the lock itself is what counts.
  const bool written = ftruncate(lock, 0) == 0 && pwrite(lock, pid.data(), pid.size(), 0) > 0;
  if (const Status given = give_to_owner(directory, lock, kLockFile); !given.ok() || !written) {
    close(lock);
    return given.ok() ? system_error("cannot write the lock file in " + path) : given;
  }
  return lock;
}

}  // namespace

Result<std::unique_ptr<StateDirectory>> StateDirectory::open(const std::string& path,
                                                             WhenMissing when_missing) {
  if (path.empty()) return absl::InvalidArgumentError("no state directory is configured");
  if (when_missing == WhenMissing::kCreate) {
    if (const Status made = create(path); !made.ok()) return made;
  }
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    if (errno == ENOENT) return absl::NotFoundError("there is no state directory " + path);
    return system_error("cannot open the state directory " + path);
  }
  if (const Status checked = check_directory(directory, path); !checked.ok()) {
    close(directory);
    return checked;
  }
  const Result<int> lock = take_lock(directory, path);
  if (!lock.ok()) {
    close(directory);
    return lock.status();
  }
  return std::unique_ptr<StateDirectory>(new StateDirectory(path, directory, *lock));
}

StateDirectory::StateDirectory(std::string path, int directory, int lock)
    : path_(std::move(path)), directory_(directory), lock_(lock) {}

StateDirectory::~StateDirectory() {
  close(lock_);
  close(directory_);
}

Status StateDirectory::sync() {
  if (fsync(directory_) != 0) return system_error("cannot sync the directory " + path_);
  return absl::OkStatus();
}

bool StateDirectory::has_file(const std::string& name) const {
  return faccessat(directory_, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<std::string> StateDirectory::prepare_file(const std::string& name) {
  const std::string path = path_ + "/" + name;
  const bool fresh = !has_file(name);
  const int file =
      openat(directory_, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    if (errno == ELOOP) return absl::PermissionDeniedError(path + " is a symbolic link; remove it");
    return system_error("cannot open " + path);
  }
  struct stat info {};
  Status status = absl::OkStatus();
  if (fstat(file, &info) != 0) {
    status = system_error("cannot look at " + path);
  } else if (!S_ISREG(info.st_mode)) {
    status = absl::FailedPreconditionError(path + " is not a regular file");
  } else if ((info.st_mode & kOthers) != 0) {
    status = absl::PermissionDeniedError(path + " is open to other users (mode " +
                                         octal(info.st_mode & 07777) + "); run: chmod 600 " + path);
  } else if (fresh) {
    status = give_to_owner(directory_, file, path);
    if (status.ok()) status = sync();
  }
  close(file);
  if (!status.ok()) return status;
  return path;
}

Result<std::string> StateDirectory::set_aside(const std::string& name) {
  const std::string prefix = name + ".broken-";
  std::vector<std::filesystem::path> old;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    if (entry.path().filename().string().starts_with(prefix)) old.push_back(entry.path());
  }
  // The log of a copy sorts behind it and goes with it; seconds since 1970 sort by age.
  std::sort(old.begin(), old.end());
  std::size_t copies = 0;
  for (auto at = old.rbegin(); at != old.rend(); ++at) {
    if (!at->string().ends_with("-wal")) ++copies;
    if (copies >= kBrokenCopies) std::filesystem::remove(*at, error);
  }
  const std::string aside = prefix + std::to_string(std::time(nullptr));
  if (renameat(directory_, name.c_str(), directory_, aside.c_str()) != 0) {
    return system_error("cannot rename " + path_ + "/" + name);
  }
  // Without its log the copy still opens; the log must not be replayed into the new file.
  if (renameat(directory_, (name + "-wal").c_str(), directory_, (aside + "-wal").c_str()) != 0 &&
      errno != ENOENT) {
    return system_error("cannot rename " + path_ + "/" + name + "-wal");
  }
  if (const Status synced = sync(); !synced.ok()) return synced;
  return aside;
}

}  // namespace mehr::store
