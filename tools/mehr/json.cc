// Walks the reflection tables flatc makes of the schema.
#include "tools/mehr/json.h"

#include <flatbuffers/minireflect.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace mehr::cli {
namespace {

using Json = nlohmann::ordered_json;

// Builds objects and lists from a stack; a value goes to the innermost open one.
class Builder final : public flatbuffers::IterationVisitor {
 public:
  void StartSequence() override { open(Json::object()); }
  void EndSequence() override { close(); }
  void StartVector() override { open(Json::array()); }
  void EndVector() override { close(); }
  void Element(std::size_t, flatbuffers::ElementaryType, const flatbuffers::TypeTable*,
               const std::uint8_t*) override {}
  void Field(std::size_t, std::size_t, flatbuffers::ElementaryType type, bool is_vector,
             const flatbuffers::TypeTable*, const char* name, const std::uint8_t* value) override {
    name_ = name;
    if (value != nullptr) return;
    if (is_vector) {
      put(Json::array());
    } else if (type == flatbuffers::ET_STRING) {
      put("");
    } else if (type == flatbuffers::ET_SEQUENCE) {
      put(nullptr);
    }
  }

  void UType(std::uint8_t value, const char*) override { put(value); }
  void Bool(bool value) override { put(value); }
  void Char(std::int8_t value, const char*) override { put(value); }
  void UChar(std::uint8_t value, const char* name) override {
    name != nullptr ? put(name) : put(value);
  }
  void Short(std::int16_t value, const char*) override { put(value); }
  void UShort(std::uint16_t value, const char*) override { put(value); }
  void Int(std::int32_t value, const char*) override {
    value < 0 && name_ == "battery_percent" ? put(nullptr) : put(value);
  }
  void UInt(std::uint32_t value, const char*) override { put(value); }
  void Long(std::int64_t value) override { put(value); }
  void ULong(std::uint64_t value) override { put(value); }
  void Float(float value) override { Double(static_cast<double>(value)); }
  void Double(double value) override {
    const bool absent = !std::isfinite(value) || (value < 0 && name_ == "announced_s_ago");
    absent ? put(nullptr) : put(value);
  }
  void String(const flatbuffers::String* value) override { put(value->str()); }
  void Unknown(const std::uint8_t*) override { put(nullptr); }

  Json take() { return std::move(result_); }

 private:
  struct Level {
    Json value;
    std::string name;  // under which it goes into the level outside
  };

  void open(Json empty) { levels_.push_back({std::move(empty), name_}); }
  void close() {
    Level done = std::move(levels_.back());
    levels_.pop_back();
    name_ = done.name;
    levels_.empty() ? static_cast<void>(result_ = std::move(done.value))
                    : put(std::move(done.value));
  }
  void put(Json value) {
    if (levels_.empty()) return;
    Json& inside = levels_.back().value;
    inside.is_array() ? inside.push_back(std::move(value))
                      : static_cast<void>(inside[name_] = std::move(value));
  }

  std::vector<Level> levels_;
  std::string name_;
  Json result_;
};

}  // namespace

nlohmann::ordered_json to_json(const api::ResponseT& response) {
  flatbuffers::FlatBufferBuilder builder;
  builder.ForceDefaults(true);  // a reader wants every field, zero or not
  builder.Finish(api::Response::Pack(builder, &response));
  Builder json;
  flatbuffers::IterateFlatBuffer(builder.GetBufferPointer(), api::ResponseTypeTable(), &json);
  Json whole = json.take();
  return whole.contains("body") ? std::move(whole["body"]) : Json();
}

std::string json_text(const nlohmann::ordered_json& json, bool lines) {
  return json.dump(lines ? 2 : -1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mehr::cli
