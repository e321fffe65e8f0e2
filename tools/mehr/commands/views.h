// What a person sees of each answer. Pure: response in, text out; the JSON form is json.h's.
#pragma once

#include <gateway_generated.h>

#include <string>
#include <vector>

#include "tools/mehr/doctor/finding.h"

namespace mehr::cli {

std::string status_view(const api::StatusResponseT& status, bool colour);
std::string interfaces_view(const api::InterfacesResponseT& interfaces, bool colour);
std::string paths_view(const api::PathsResponseT& paths, bool colour);
std::string path_view(const api::PathT& path, bool colour);
std::string identity_view(const api::IdentityResponseT& identity, bool colour);
std::string ping_view(const api::PingResponseT& ping, const std::string& destination);
/// @param zeroes also counters that never counted
std::string stats_view(const api::StatsResponseT& stats, bool zeroes, bool colour);
std::string dataplane_view(const api::DataplaneResponseT& all, bool colour);
std::string messages_view(const api::MessageListResponseT& messages, bool colour);
std::string message_view(const api::MessageT& message, bool colour);
std::string log_line_view(const api::LogLineT& line, bool colour);
std::string event_view(const api::EventT& event, bool colour);
std::string reload_view(const api::ConfigResponseT& config, bool colour);
std::string findings_view(const std::vector<Finding>& findings, bool colour);
/// 0 for "debug" and unknown words, 3 for "error".
int level_rank(const std::string& level);
/// One line for one state of a message on its way: "delivered after 1.2 s, 3 hops".
std::string message_state_view(const api::MessageT& message, bool colour);
/// The table, then a sentence and advice for every peer that is not linked.
std::string peers_view(const api::PeersResponseT& peers, bool colour);
std::string links_view(const api::LinksResponseT& links, bool colour);
std::string link_view(const api::LinkT& link, bool colour);
std::string link_history_view(const api::LinkHistoryResponseT& history, bool colour);
std::string explain_view(const api::PathExplainResponseT& explained, bool colour);

}  // namespace mehr::cli
