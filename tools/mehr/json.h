// --json: the answer of the daemon with the field names of gateway.fbs, in its order. One rule for
// all commands: no field is named here. Pure.
#pragma once

#include <gateway_generated.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mehr::cli {

/// The body of a response. Measurements that were never made (NaN, "announced_s_ago" and
/// "battery_percent" below zero) are null.
nlohmann::ordered_json to_json(const api::ResponseT& response);

/// Text for stdout; broken UTF-8 is replaced. @param lines indent by two, else one line
std::string json_text(const nlohmann::ordered_json& json, bool lines = true);

}  // namespace mehr::cli
