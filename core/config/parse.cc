// Reads TOML by the table in schema.h and collects every mistake with its line. The only file that
// includes toml++. Called once at start and by `mehr config check`; no state, any thread.
namespace mehr::config {
// Some malformed texts ("x = {=1}" after an error) break assertions of toml++ 3.3 instead of giving
// an error; a slip in a configuration file must not abort the daemon. Caught in this file.
struct ParserGaveUp {};
[[noreturn]] static void give_up() {
  throw ParserGaveUp{};
}
}  // namespace mehr::config
#undef NDEBUG  // with it toml++ would turn its assertions into promises to the compiler
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : ::mehr::config::give_up())
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>

#include "core/config/check.h"
#include "core/config/config.h"
#include "core/config/problem.h"
#include "core/config/schema.h"
#include "core/config/stray.h"
#include "core/config/suggest.h"

namespace mehr::config {
namespace {

int line_of(const toml::source_region& region) {
  return static_cast<int>(region.begin.line);
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

using Tables = std::vector<std::pair<const SourceFile*, const toml::table*>>;

std::string section_list() {
  return "there are node, endpoint, operator, dataplane, profile and interface";
}

// The texts of a list, or what is wrong with it.
std::string read_list(const Key& key, const toml::array& array, std::vector<std::string>& out) {
  for (const toml::node& entry : array) {
    if (!entry.is_string()) {
      return "must be " + std::string(wanted_name(key.type)) + ", found " +
             std::string(type_name(entry)) + " in it";
    }
    out.push_back(entry.as_string()->get());
  }
  return list_problem(key, out);
}

class Reader {
 public:
  explicit Reader(Parsed& out) : out_(out) {}

  /// Profiles first: an interface of one file may name a profile of another.
  void read(const Tables& files) {
    for (const auto& [file, root] : files)
      read_profiles(*file, *root);
    for (const auto& [file, root] : files)
      read_file(*file, *root);
    check_node(out_.config, plain_places_, out_.errors);
    check_operator(out_.config, plain_places_, out_.errors);
    check_interfaces(drafts_, out_.errors);
    for (InterfaceDraft& draft : drafts_) {
      if (draft.config.hop.allow == "trusted") draft.config.hop.trusted = out_.config.trusted_peers;
      out_.config.interfaces.push_back(std::move(draft.config));
    }
  }

 private:
  using Entries = std::vector<std::pair<const toml::key*, const toml::node*>>;
  using Profile = std::vector<std::pair<const Key*, Value>>;

  void read_file(const SourceFile& file, const toml::table& root) {
    file_ = file.name;
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (const auto section = plain_section(name)) {
        if (const toml::table* table = expect_table(node, key, std::string(name))) {
          for (const auto& [entry, value] : *table)
            read_setting(*section, entry, value);
        }
      } else if (name == "interface") {
        if (const toml::table* table = expect_table(node, key, "interface")) {
          read_interfaces(*table);
        }
      } else if (name != "profile") {
        unknown_section(key, node);
      }
    }
  }

  static std::optional<Section> plain_section(std::string_view name) {
    for (const Section section :
         {Section::kNode, Section::kEndpoint, Section::kOperator, Section::kDataplane}) {
      if (name == section_name(section)) return section;
    }
    return std::nullopt;
  }

  void add(int line, std::string key, std::string problem) {
    out_.errors.push_back({file_, line, std::move(key), std::move(problem)});
  }

  const toml::table* expect_table(const toml::node& node, const toml::key& key, std::string path) {
    if (const toml::table* table = node.as_table()) return table;
    const bool named = path.starts_with("interface") || path.starts_with("profile");
    const std::string section = named ? path.substr(0, path.find('.')) + ".<name>" : path;
    std::string wanted = "must be a section, [" + section + "]";
    add(line_of(key.source()), std::move(path), wanted.append(", found ").append(type_name(node)));
    return nullptr;
  }

  void unknown_section(const toml::key& key, const toml::node& node) {
    const std::string name(key.str());
    for (const Key& row : schema()) {
      if (row.name == name && !node.is_table()) {
        const std::string where(section_name(row.section));
        add(line_of(key.source()), name,
            "stands outside any section; it belongs in [" + where +
                (row.section == Section::kInterface ? ".<name>]" : "]"));
        return;
      }
    }
    const std::string_view near =
        nearest(name, {"node", "endpoint", "operator", "dataplane", "profile", "interface"});
    std::string problem = "unknown section `" + name + "`";
    if (near.empty()) {
      problem += "; " + section_list();
    } else {
      problem.append("; did you mean `").append(near).append("`?");
    }
    add(line_of(key.source()), name, std::move(problem));
  }

  void read_setting(Section section, const toml::key& name, const toml::node& node) {
    const std::string path = std::string(section_name(section)) + "." + std::string(name.str());
    const int line = line_of(name.source());
    if (const Key* key = find_key(section, name.str())) {
      plain_places_.insert_or_assign(std::string(key->name), Place{file_, line});
      if (const auto value = checked_value(*key, node, path, line)) {
        key->set(out_.config, unused_, *value);
      }
    } else {
      unknown_key(section, name.str(), kAllKinds, path, line);
    }
  }

  void unknown_key(Section section, std::string_view name, unsigned kinds, const std::string& path,
                   int line) {
    std::string problem = "unknown key `" + std::string(name) + "`";
    std::vector<std::string_view> here;
    for (const Key& key : schema()) {
      if (key.section == section && (key.kinds & kinds) != 0) here.push_back(key.name);
    }
    if (const std::string_view near = nearest(name, here); !near.empty()) {
      add(line, path, problem + "; did you mean `" + std::string(near) + "`?");
      return;
    }
    for (const Key& key : schema()) {
      if (key.name == name && key.section != section) {
        add(line, path,
            problem + "; it belongs in [" + std::string(section_name(key.section)) +
                (key.section == Section::kInterface ? ".<name>]" : "]"));
        return;
      }
    }
    add(line, path, problem + "; allowed here: " + joined(here));
  }

  // The value, or nullopt after having reported what is wrong with it.
  std::optional<Value> checked_value(const Key& key, const toml::node& node,
                                     const std::string& path, int line) {
    Value value;
    std::string problem;
    const bool number = key.type == ValueType::kNumber && node.is_number();
    if (key.type == ValueType::kBool && node.is_boolean()) {
      value = node.as_boolean()->get();
    } else if (key.type == ValueType::kInteger && node.is_integer()) {
      const std::int64_t integer = node.as_integer()->get();
      value = integer;
      problem = range_problem(key, static_cast<double>(integer));
    } else if (number) {
      const double real = node.is_integer() ? static_cast<double>(node.as_integer()->get())
                                            : node.as_floating_point()->get();
      value = real;
      problem = range_problem(key, real);
    } else if (key.type == ValueType::kText && node.is_string()) {
      value = node.as_string()->get();
      problem = text_problem(key, node.as_string()->get());
    } else if (key.type == ValueType::kTextList && node.is_array()) {
      std::vector<std::string> texts;
      problem = read_list(key, *node.as_array(), texts);
      value = std::move(texts);
    } else {
      problem = "must be ";
      problem.append(wanted_name(key.type)).append(", found ").append(type_name(node));
    }
    if (problem.empty()) return value;
    add(line, path, std::move(problem));
    return std::nullopt;
  }

  // toml++ sorts by name; the order of the file is what the operator sees everywhere else.
  static Entries in_file_order(const toml::table& table) {
    Entries entries;
    for (const auto& [key, node] : table)
      entries.emplace_back(&key, &node);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.first->source().begin.line < b.first->source().begin.line;
    });
    return entries;
  }

  void read_profiles(const SourceFile& file, const toml::table& root) {
    file_ = file.name;
    const auto found = root.find("profile");
    if (found == root.end()) return;
    const toml::table* table = expect_table(found->second, found->first, "profile");
    if (table == nullptr) return;
    for (const auto& [key, node] : in_file_order(*table)) {
      const std::string path = "profile." + std::string(key->str());
      check_name(key->str(), line_of(key->source()), path);
      if (profiles_.size() >= kMaxProfiles) {
        return add(line_of(key->source()), path,
                   "at most " + std::to_string(kMaxProfiles) + " profiles");
      }
      if (const toml::table* section = expect_table(*node, *key, path)) {
        read_profile(profiles_[std::string(key->str())], *section, path);
      }
    }
  }

  void read_profile(Profile& profile, const toml::table& table, const std::string& path) {
    for (const auto& [key, node] : table) {
      const std::string key_path = path + "." + std::string(key.str());
      const Key* row = find_key(Section::kInterface, key.str());
      if (row == nullptr || !in_profile(*row)) {
        std::vector<std::string_view> here;
        for (const Key& one : schema()) {
          if (in_profile(one)) here.push_back(one.name);
        }
        add(line_of(key.source()), key_path,
            "does not belong in a profile; allowed here: " + joined(here));
      } else if (auto value = checked_value(*row, node, key_path, line_of(key.source()))) {
        profile.emplace_back(row, *std::move(value));
      }
    }
  }

  void read_interfaces(const toml::table& table) {
    for (const auto& [key, node] : in_file_order(table)) {
      const std::string path = "interface." + std::string(key->str());
      const toml::table* section = expect_table(*node, *key, path);
      if (section == nullptr) continue;
      InterfaceDraft* const draft = draft_of(*key, path);
      if (draft != nullptr) read_interface(*draft, *section, path);
    }
  }

  // The interface of that name, perhaps of an earlier file; nullptr when there are too many.
  InterfaceDraft* draft_of(const toml::key& name, const std::string& path) {
    for (InterfaceDraft& draft : drafts_) {
      if (draft.config.name == name.str()) return &draft;
    }
    const int line = line_of(name.source());
    if (drafts_.size() >= kMaxInterfaces) {
      if (drafts_.size() == kMaxInterfaces && !too_many_) {
        add(line, "interface", "at most " + std::to_string(kMaxInterfaces) + " interfaces");
      }
      too_many_ = true;
      return nullptr;
    }
    InterfaceDraft& draft = drafts_.emplace_back();
    draft.config.name = std::string(name.str());
    draft.place = {file_, line};
    check_name(name.str(), line, path);
    return &draft;
  }

  void read_interface(InterfaceDraft& draft, const toml::table& table, const std::string& path) {
    const unsigned kinds = read_kind(draft, table, path);
    read_profile_name(draft, table, path);
    for (const auto& [key, node] : table) {
      const std::string key_path = path + "." + std::string(key.str());
      const int line = line_of(key.source());
      const Key* row = find_key(Section::kInterface, key.str());
      if (row == nullptr) {
        unknown_key(Section::kInterface, key.str(), kinds, key_path, line);
        continue;
      }
      draft.places.insert_or_assign(std::string(row->name), Place{file_, line});
      if ((row->kinds & kinds) == 0) {
        add(line, key_path,
            "does not belong to a " + std::string(kind_name(draft.config.kind)) +
                " interface; it is for " + kinds_text(row->kinds));
        continue;
      }
      if (row->name == "kind" || row->name == "profile") continue;
      if (const auto value = checked_value(*row, node, key_path, line)) {
        row->set(out_.config, draft.config, *value);
      }
    }
  }

  // Reads `kind` first, since it decides which keys belong. @return the kinds to check keys against
  unsigned read_kind(InterfaceDraft& draft, const toml::table& table, const std::string& path) {
    const auto found = table.find("kind");
    if (found == table.end()) {
      if (draft.kind_known) return kind_bit(draft.config.kind);
      add(draft.place.line, path + ".kind", "is required: one of " + kinds_text(kAllKinds));
      return kAllKinds;
    }
    const Key& key = *find_key(Section::kInterface, "kind");
    const int line = line_of(found->first.source());
    const auto value = checked_value(key, found->second, path + ".kind", line);
    if (!value) return draft.kind_known ? kind_bit(draft.config.kind) : kAllKinds;
    if (draft.kind_known && key.get({}, draft.config) != value) {
      add(line, path + ".kind",
          "is " + std::string(kind_name(draft.config.kind)) + " in " + draft.place.file +
              " already; give an interface of another kind another name");
      return kind_bit(draft.config.kind);
    }
    key.set(out_.config, draft.config, *value);
    draft.kind_known = true;
    return kind_bit(draft.config.kind);
  }

  // A profile fills what the interface itself does not say, in whatever file.
  void read_profile_name(InterfaceDraft& draft, const toml::table& table, const std::string& path) {
    const auto found = table.find("profile");
    if (found == table.end() || (draft.kind_known && draft.config.kind != InterfaceKind::kRnode)) {
      return;
    }
    const Key& key = *find_key(Section::kInterface, "profile");
    const int line = line_of(found->first.source());
    const auto value = checked_value(key, found->second, path + ".profile", line);
    if (!value || *value == Value(std::string())) return;
    const auto profile = profiles_.find(std::get<std::string>(*value));
    if (profile == profiles_.end()) return unknown_profile(*value, path, line);
    key.set(out_.config, draft.config, *value);
    for (const auto& [row, setting] : profile->second) {
      if (!draft.places.try_emplace(std::string(row->name), Place{file_, line}).second) continue;
      row->set(out_.config, draft.config, setting);
    }
  }

  void unknown_profile(const Value& value, const std::string& path, int line) {
    const std::string name = std::get<std::string>(value);
    std::vector<std::string_view> names;
    for (const auto& [known, profile] : profiles_)
      names.push_back(known);
    std::string problem = "there is no [profile." + name + "]";
    if (const std::string_view near = nearest(name, names); !near.empty()) {
      problem.append("; did you mean `").append(near).append("`?");
    }
    add(line, path + ".profile", std::move(problem));
  }

  void check_name(std::string_view name, int line, const std::string& path) {
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    });
    if (good && !name.empty() && name.size() <= kMaxInterfaceName) return;
    add(line, path,
        "a name has 1 to " + std::to_string(kMaxInterfaceName) + " letters, digits, `-` or `_`");
  }

  Parsed& out_;
  std::string file_;  ///< being read
  std::map<std::string, Profile, std::less<>> profiles_;
  std::vector<InterfaceDraft> drafts_;
  std::map<std::string, Place, std::less<>> plain_places_;  ///< of keys outside interfaces
  bool too_many_ = false;
  InterfaceConfig unused_;
};

bool gives_up(std::string_view text) {
  try {
    static_cast<void>(::toml::parse(text));
    return false;
  } catch (const ParserGaveUp&) {
    return true;
  }
}

// The first line with which toml++ gives up: it reads front to back, so every longer beginning of
// the text makes it give up too.
int line_of_giving_up(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    ends.push_back(at + 1);
  }
  const auto first = std::partition_point(
      ends.begin(), ends.end(), [&](std::size_t end) { return !gives_up(text.substr(0, end)); });
  return static_cast<int>(first - ends.begin()) + 1;
}

// The table of one file; nullopt after having reported why there is none.
std::optional<toml::table> read_table(const SourceFile& file, std::vector<ConfigError>& errors) {
  const std::string_view text = file.text;
  if (text.size() > kMaxFileBytes) {
    errors.push_back({file.name, 0, "", "the file is larger than 1 MiB"});
    return std::nullopt;
  }
  if (const auto line = stray_character_line(text)) {
    errors.push_back({file.name, *line, "",
                      "not valid TOML: outside quotes only plain ASCII characters are allowed "
                      "(typographic quotes are no quotes)"});
    return std::nullopt;
  }
  try {
    toml::parse_result result = ::toml::parse(text);
    if (result) return std::move(result).table();
    errors.push_back({file.name, line_of(result.error().source()), "",
                      "not valid TOML: " + std::string(result.error().description())});
  } catch (const ParserGaveUp&) {
    errors.push_back({file.name, line_of_giving_up(text), "", "not valid TOML"});
  }
  return std::nullopt;
}

// In the order of the files, within each by line.
void sort_errors(const std::vector<SourceFile>& files, std::vector<ConfigError>& errors) {
  const auto position = [&files](const ConfigError& error) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const SourceFile& file) {
      return file.name == error.file;
    });
    return found - files.begin();
  };
  std::stable_sort(errors.begin(), errors.end(), [&](const ConfigError& a, const ConfigError& b) {
    return std::pair(position(a), a.line) < std::pair(position(b), b.line);
  });
}

}  // namespace

Parsed parse_config(std::string_view toml, std::string_view file_name) {
  // What is too large is not copied either.
  return parse_files({{std::string(file_name), std::string(toml.substr(0, kMaxFileBytes + 1))}});
}

Parsed parse_files(const std::vector<SourceFile>& files) {
  Parsed out;
  std::vector<toml::table> kept;
  kept.reserve(files.size());
  Tables tables;
  for (const SourceFile& file : files) {
    out.files.push_back(file.name);
    auto table = read_table(file, out.errors);
    if (table) tables.emplace_back(&file, &kept.emplace_back(*std::move(table)));
  }
  // With a file missing, the rest would be blamed for what is in it.
  if (tables.size() == files.size()) Reader(out).read(tables);
  sort_errors(files, out.errors);
  if (out.errors.size() > kMaxErrors) {
    const std::size_t more = out.errors.size() - kMaxErrors;
    const std::string last = out.errors[kMaxErrors - 1].file;
    out.errors.resize(kMaxErrors);
    out.errors.push_back({last, 0, "", "and " + std::to_string(more) + " more mistakes"});
  }
  return out;
}

}  // namespace mehr::config
