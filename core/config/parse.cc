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
#include <cmath>
#include <sstream>

#include "core/config/check.h"
#include "core/config/config.h"
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

std::string_view wanted_name(ValueType type) {
  switch (type) {
    case ValueType::kBool:
      return "true or false";
    case ValueType::kInteger:
      return "a whole number";
    case ValueType::kNumber:
      return "a number";
    case ValueType::kText:
      return "a text in quotes";
  }
  return "";
}

std::string number_text(double value) {
  std::ostringstream out;
  out.precision(15);
  out << value;
  return out.str();
}

std::string with_unit(double value, std::string_view unit) {
  return number_text(value) + (unit.empty() ? "" : " " + std::string(unit));
}

std::vector<std::string_view> words(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    out.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

std::string joined(const std::vector<std::string_view>& list) {
  std::string out;
  for (const std::string_view word : list) {
    if (!out.empty()) out += ", ";
    out.append(word);
  }
  return out;
}

std::string kinds_text(unsigned kinds) {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i < 4; ++i) {
    if ((kinds & (1U << i)) != 0) names.push_back(kind_name(static_cast<InterfaceKind>(i)));
  }
  return joined(names);
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// What is wrong with `number` for `key`; empty when nothing is.
std::string range_problem(const Key& key, double number) {
  if (number >= key.min && number <= key.max) return {};
  return "must be between " + number_text(key.min) + " and " + with_unit(key.max, key.unit) +
         ", found " + (std::isfinite(number) ? number_text(number) : "no finite number");
}

// The same for a text. Never quotes it unless its values are listed: it may be a passphrase.
std::string text_problem(const Key& key, const std::string& text) {
  if (static_cast<double>(text.size()) > key.max) {
    return "must be at most " + number_text(key.max) + " bytes long, found " +
           std::to_string(text.size());
  }
  if (has_control_characters(text)) return "must not contain line breaks or control characters";
  const auto allowed = words(key.allowed);
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), text) != allowed.end()) {
    return {};
  }
  std::string problem = "must be one of " + joined(allowed) + ", found `" + text + "`";
  const std::string_view near = nearest(text, allowed);
  if (!near.empty()) problem.append("; did you mean `").append(near).append("`?");
  return problem;
}

class Reader {
 public:
  explicit Reader(Parsed& out) : out_(out) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (name == "node" || name == "endpoint") {
        const Section section = name == "node" ? Section::kNode : Section::kEndpoint;
        if (const toml::table* table = expect_table(node, key, std::string(name))) {
          for (const auto& [entry, value] : *table)
            read_setting(section, entry, value);
        }
      } else if (name == "interface") {
        if (const toml::table* table = expect_table(node, key, "interface")) {
          read_interfaces(*table);
        }
      } else {
        unknown_section(key, node);
      }
    }
    check_interfaces(drafts_, out_.errors);
    for (InterfaceDraft& draft : drafts_)
      out_.config.interfaces.push_back(std::move(draft.config));
  }

 private:
  void add(int line, std::string key, std::string problem) {
    out_.errors.push_back({"", line, std::move(key), std::move(problem)});
  }

  const toml::table* expect_table(const toml::node& node, const toml::key& key, std::string path) {
    if (const toml::table* table = node.as_table()) return table;
    std::string wanted = "must be a section";
    wanted.append(path.starts_with("interface") ? ", [interface.<name>]" : ", [" + path + "]");
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
    const std::string_view near = nearest(name, {"node", "endpoint", "interface"});
    std::string problem = "unknown section `" + name + "`";
    if (near.empty()) {
      problem += "; there are node, endpoint and interface";
    } else {
      problem.append("; did you mean `").append(near).append("`?");
    }
    add(line_of(key.source()), name, std::move(problem));
  }

  void read_setting(Section section, const toml::key& name, const toml::node& node) {
    const std::string path = std::string(section_name(section)) + "." + std::string(name.str());
    const int line = line_of(name.source());
    if (const Key* key = find_key(section, name.str())) {
      read_value(*key, node, path, line, unused_);
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

  // Reports what is wrong with the value, or stores it.
  void read_value(const Key& key, const toml::node& node, const std::string& path, int line,
                  InterfaceConfig& interface) {
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
    } else {
      problem = "must be ";
      problem.append(wanted_name(key.type)).append(", found ").append(type_name(node));
    }
    if (problem.empty()) {
      key.set(out_.config, interface, value);
    } else {
      add(line, path, std::move(problem));
    }
  }

  void read_interfaces(const toml::table& table) {
    // toml++ sorts by name; the order of the file is what the operator sees everywhere else.
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [key, node] : table)
      entries.emplace_back(&key, &node);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.first->source().begin.line < b.first->source().begin.line;
    });
    if (entries.size() > kMaxInterfaces) {
      add(line_of(entries[kMaxInterfaces].first->source()), "interface",
          "at most " + std::to_string(kMaxInterfaces) + " interfaces, found " +
              std::to_string(entries.size()));
      entries.resize(kMaxInterfaces);
    }
    for (const auto& [key, node] : entries) {
      const std::string path = "interface." + std::string(key->str());
      if (const toml::table* section = expect_table(*node, *key, path)) {
        read_interface(*key, *section, path);
      }
    }
  }

  void read_interface(const toml::key& name, const toml::table& table, const std::string& path) {
    InterfaceDraft& draft = drafts_.emplace_back();
    draft.config.name = std::string(name.str());
    draft.line = line_of(name.source());
    check_name(draft, path);
    const unsigned kinds = read_kind(draft, table, path);
    for (const auto& [key, node] : table) {
      const std::string key_path = path + "." + std::string(key.str());
      const int line = line_of(key.source());
      const Key* row = find_key(Section::kInterface, key.str());
      if (row == nullptr) {
        unknown_key(Section::kInterface, key.str(), kinds, key_path, line);
        continue;
      }
      draft.lines.emplace(row->name, line);
      if ((row->kinds & kinds) == 0) {
        add(line, key_path,
            "does not belong to a " + std::string(kind_name(draft.config.kind)) +
                " interface; it is for " + kinds_text(row->kinds));
        continue;
      }
      if (row->name != "kind") read_value(*row, node, key_path, line, draft.config);
    }
  }

  // Reads `kind` first, since it decides which keys belong. @return the kinds to check keys against
  unsigned read_kind(InterfaceDraft& draft, const toml::table& table, const std::string& path) {
    const auto found = table.find("kind");
    if (found == table.end()) {
      add(draft.line, path + ".kind", "is required: one of " + kinds_text(kAllKinds));
      return kAllKinds;
    }
    const std::size_t before = out_.errors.size();
    read_value(*find_key(Section::kInterface, "kind"), found->second, path + ".kind",
               line_of(found->first.source()), draft.config);
    draft.kind_known = out_.errors.size() == before;
    return draft.kind_known ? kind_bit(draft.config.kind) : kAllKinds;
  }

  void check_name(const InterfaceDraft& draft, const std::string& path) {
    const std::string& name = draft.config.name;
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    });
    if (good && !name.empty() && name.size() <= kMaxInterfaceName) return;
    add(draft.line, path,
        "an interface name has 1 to " + std::to_string(kMaxInterfaceName) +
            " letters, digits, `-` or `_`");
  }

  Parsed& out_;
  std::vector<InterfaceDraft> drafts_;
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

void read_text(std::string_view text, Parsed& out) {
  if (const auto line = stray_character_line(text)) {
    out.errors.push_back({"", *line, "",
                          "not valid TOML: outside quotes only plain ASCII characters are allowed "
                          "(typographic quotes are no quotes)"});
    return;
  }
  try {
    const toml::parse_result result = ::toml::parse(text);
    if (result) {
      Reader(out).read(result.table());
      return;
    }
    out.errors.push_back({"", line_of(result.error().source()), "",
                          "not valid TOML: " + std::string(result.error().description())});
  } catch (const ParserGaveUp&) {
    out = {};
    out.errors.push_back({"", line_of_giving_up(text), "", "not valid TOML"});
  }
}

}  // namespace

Parsed parse_config(std::string_view toml, std::string_view file_name) {
  Parsed out;
  if (toml.size() > kMaxFileBytes) {
    out.errors.push_back({"", 0, "", "the file is larger than 1 MiB"});
  } else {
    read_text(toml, out);
  }
  std::stable_sort(out.errors.begin(), out.errors.end(),
                   [](const ConfigError& a, const ConfigError& b) { return a.line < b.line; });
  if (out.errors.size() > kMaxErrors) {
    const std::size_t more = out.errors.size() - kMaxErrors;
    out.errors.resize(kMaxErrors);
    out.errors.push_back({"", 0, "", "and " + std::to_string(more) + " more mistakes"});
  }
  for (ConfigError& error : out.errors)
    error.file = file_name;
  return out;
}

}  // namespace mehr::config
