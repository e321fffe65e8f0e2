// mehr identity: who this gateway is. `show` asks the daemon; `new`, `import` and `export` use the
// state directory while the daemon does not run.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "controlplane/reactor/reactor.h"
#include "controlplane/store/passphrase.h"
#include "controlplane/store/store.h"
#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/places.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

struct Options {
  std::string state_directory, passphrase_file;
  std::string file;  ///< to import from or export to
  bool replace = false;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError("cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Options win over the configuration, which wins over the usual places.
Result<store::StoreOptions> store_options(const Context& context, const Options& options) {
  const auto environment = read_environment();
  config::Config config;
  const bool named = !context.config.empty() || !environment.mehr_config.empty();
  if (named || options.state_directory.empty()) {
    const auto parsed = config::load_config(config_file(context.config, environment));
    if (parsed.errors.empty()) {
      config = parsed.config;
    } else if (named) {
      return absl::InvalidArgumentError(parsed.errors.front().text());
    }
  }
  if (!options.state_directory.empty()) config.state_directory = options.state_directory;
  if (!options.passphrase_file.empty()) config.passphrase_file = options.passphrase_file;
  store::StoreOptions out;
  out.directory = config::daemon_locations(config, environment).state_directory;
  auto passphrase =
      store::read_passphrase(config.passphrase_file, environment.credentials_directory);
  if (!passphrase.ok()) return passphrase.status();
  out.passphrase = std::move(*passphrase);
  return out;
}

api::ResponseT describe(const crypto::PrivateIdentity& identity) {
  api::IdentityResponseT response;
  response.identity_hash = to_hex(identity.hash());
  response.public_key = to_hex(identity.public_identity());
  return api::response_of(std::move(response));
}

void print(const Context& context, const api::ResponseT& response) {
  context.print(response, [](const auto& whole, bool colour) {
    return identity_view(*whole.body.AsIdentityResponse(), colour);
  });
}

void put(Context& context, const Options& options, const crypto::PrivateIdentity& identity) {
  const auto store = store_options(context, options);
  if (!store.ok()) return context.fail(store.status());
  auto raw = identity.export_private();
  const Status status = store::import_identity(*store, raw.view(), options.replace);
  wipe(raw.mutable_view());
  if (!status.ok()) return context.fail(kFailed, std::string(status.message()));
  print(context, describe(identity));
  if (!context.json) std::cout << "kept in " << store->directory << "\n";
}

void make_new(Context& context, const Options& options) {
  reactor::SystemRandom random;
  put(context, options, crypto::PrivateIdentity::generate(random));
}

// A file with the 64 private bytes, a file with their hexadecimal digits, or the digits themselves.
void import(Context& context, const Options& options) {
  std::string text = options.file;
  struct stat info {};
  if (stat(options.file.c_str(), &info) == 0) {
    auto content = read_file(options.file);
    if (!content.ok()) return context.fail(content.status());
    text = *content;
  }
  auto raw = to_bytes(as_bytes(text));
  if (raw.size() != 64) {
    const auto digits =
        fixed_from_hex<64>(std::string_view(text).substr(0, text.find_last_not_of(" \r\n") + 1));
    raw = digits ? to_bytes(digits->view()) : Bytes();
  }
  const auto identity = crypto::PrivateIdentity::from_bytes(raw);
  wipe(raw);
  wipe({static_cast<std::uint8_t*>(static_cast<void*>(text.data())), text.size()});
  if (!identity) {
    return context.fail(
        kUsage,
        "an identity is a file of 64 bytes, as `rnid` keeps it, or 128 hexadecimal digits; \"" +
            (options.file.size() > 100 ? "this" : options.file) + "\" is neither");
  }
  put(context, options, *identity);
}

// Writes the 64 private bytes to a new file that only its owner can read.
void export_to(Context& context, const Options& options) {
  const auto store = store_options(context, options);
  if (!store.ok()) return context.fail(store.status());
  const auto identity = store::read_identity(*store);
  if (!identity.ok()) return context.fail(kFailed, std::string(identity.status().message()));
  const int file = open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return context.fail(kFailed, "cannot make " + options.file + ": " + std::strerror(errno));
  }
  auto raw = identity->export_private();
  const bool written =
      write(file, raw.bytes.data(), raw.kSize) == static_cast<ssize_t>(raw.kSize) &&
      fsync(file) == 0;
  wipe(raw.mutable_view());
  close(file);
  if (!written)
    return context.fail(kFailed, "cannot write " + options.file + ": is the disk full?");
  print(context, describe(*identity));
  if (!context.json)
    std::cout << "private key in " << options.file << ": whoever has it is this gateway\n";
}

void show(Context& context, const Options& options) {
  if (options.state_directory.empty()) {
    const auto response = context.ask(api::request_of(api::IdentityRequestT{}));
    if (response != nullptr) print(context, *response);
    return;
  }
  const auto store = store_options(context, options);
  if (!store.ok()) return context.fail(store.status());
  const auto identity = store::read_identity(*store);
  if (!identity.ok()) return context.fail(kFailed, std::string(identity.status().message()));
  print(context, describe(*identity));
}

}  // namespace

std::string identity_view(const api::IdentityResponseT& identity, bool colour) {
  std::vector<std::pair<std::string, Cell>> lines{
      {"identity", {identity.identity_hash, Tone::kStrong}}, {"public key", identity.public_key}};
  for (const auto& destination : identity.destinations) {
    lines.emplace_back(printable(destination->name), destination->hash);
  }
  return facts(lines, colour);
}

void add_identity(CLI::App& app, Context& context) {
  auto* identity = app.add_subcommand("identity", "this gateway's identity and addresses");
  identity->require_subcommand(0, 1);
  const auto options = std::make_shared<Options>();
  const auto places = [options](CLI::App* command) {
    command->add_option("--state-directory", options->state_directory,
                        "where mehrd keeps its state");
    command->add_option("--passphrase-file", options->passphrase_file,
                        "file with the passphrase that encrypts the identity");
  };
  auto* show_command =
      identity->add_subcommand("show", "ask mehrd, or read --state-directory (the default)");
  places(show_command);
  auto* new_command = identity->add_subcommand("new", "make an identity; mehrd must not run");
  places(new_command);
  new_command->add_flag("--replace", options->replace,
                        "even if there is one: its addresses are lost");
  new_command->callback([&context, options] { make_new(context, *options); });
  auto* import_command =
      identity->add_subcommand("import", "take over an identity; mehrd must not run");
  places(import_command);
  import_command->add_option("source", options->file, "file or 128 hexadecimal digits")->required();
  import_command->add_flag("--replace", options->replace,
                           "even if there is one: its addresses are lost");
  import_command->callback([&context, options] { import(context, *options); });
  auto* export_command =
      identity->add_subcommand("export", "save the private key; mehrd must not run");
  places(export_command);
  export_command->add_option("file", options->file, "new file")->required();
  export_command->callback([&context, options] { export_to(context, *options); });
  identity->callback([&context, identity, show_command, options] {
    if (identity->get_subcommands().empty() || show_command->parsed()) show(context, *options);
  });
}

}  // namespace mehr::cli
