// Loading vector files and counting their cases, declared in vector_file.h.
#include "tests/unit/vector_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace mehr::test {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "vectors: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace

VectorFile::VectorFile(const std::string& name, const std::string& folder) : name_(name) {
  const std::string path = std::string(MEHR_VECTORS) + "/" + folder + "/" + name + ".json";
  std::ifstream file(path);
  if (!file) give_up("cannot read " + path);
  root_ = Json::parse(file, nullptr, false);
  if (root_.is_discarded()) give_up(path + " is not JSON");
}

const Json& VectorFile::list_of(const std::string& list) const {
  const auto found = root_.find(list);
  if (found == root_.end() || found->empty()) give_up(name_ + " has no list " + list);
  return *found;
}

void VectorFile::each(const std::string& list,
                      const std::function<void(const Json&)>& check) const {
  const Json& cases = list_of(list);
  std::size_t count = 0;
  if (cases.is_object()) {
    for (const auto& [key, value] : cases.items()) {
      SCOPED_TRACE(name_ + " " + list + " " + key);
      check(Json{{"key", key}, {"value", value}});
      ++count;
    }
  } else {
    for (const Json& item : cases) {
      SCOPED_TRACE(name_ + " " + list + " " + case_name(item, count));
      check(item);
      ++count;
    }
  }
  report(list, count, cases.size());
}

void VectorFile::ran(const std::string& list, std::size_t index) {
  ran_[list].insert(index);
}

void VectorFile::finish(const std::string& list) const {
  const auto found = ran_.find(list);
  report(list, found == ran_.end() ? 0 : found->second.size(), list_of(list).size());
}

void VectorFile::report(const std::string& list, std::size_t ran, std::size_t total) const {
  std::printf("vectors %s %s %zu/%zu\n", name_.c_str(), list.c_str(), ran, total);
  EXPECT_EQ(ran, total) << name_ << " " << list << ": cases were left out";
}

std::string case_name(const Json& item, std::size_t index) {
  for (const char* key : {"id", "why", "what", "case", "name"}) {
    const auto found = item.is_object() ? item.find(key) : item.end();
    if (found == item.end()) continue;
    return found->is_string() ? found->get<std::string>() : found->dump();
  }
  return "#" + std::to_string(index);
}

Bytes hex(const Json& value) {
  const auto bytes = value.is_string() ? from_hex(value.get<std::string>()) : std::nullopt;
  if (!bytes) give_up("not hexadecimal: " + value.dump());
  return *bytes;
}

std::optional<Bytes> optional_hex(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return hex(value);
}

}  // namespace mehr::test
