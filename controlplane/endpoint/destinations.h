// The destinations of this host and their announces: on start, at intervals, on request, and as the
// answer when somebody asks for a path. Reactor thread. Source: reticulum-wire §6, §10, §29.
#pragma once

#include <string_view>

#include "controlplane/endpoint/context.h"

namespace mehr::endpoint {

inline constexpr std::string_view kDeliveryName = "lxmf.delivery";
inline constexpr std::string_view kProbeName = "rnstransport.probe";

class Destinations {
 public:
  /// Registers what the configuration wants with the router.
  explicit Destinations(Context& context);
  ~Destinations();

  /// From now on there is a destination for links that carry hop frames.
  void take_hop_links();
  void end_hop_links();

  /// Announces all of them now, on every interface.
  void announce();
  /// Answers a path request on the interface it came from.
  void wanted(const DestinationHash& destination, routing::InterfaceId interface);
  /// An interface came up after the first announces: whoever is behind it hears the latest ones,
  /// the same emission, so that nobody who knows us relays anything again.
  void interface_up(routing::InterfaceId interface);
  void interface_down(routing::InterfaceId interface);
  /// The time in our latest announce before the restart.
  void restore_emission(const DestinationHash& destination, UnixTime emitted);
  /// An announce of ours that is newer than any we remember came back: we lost our memory, or the
  /// identity moved here. Goes on from there. @return false when it is somebody else's
  bool heard_own(const routing::HeardAnnounce& heard);
  void tick();
  /// The configured interval is another one: the next announce is one interval from now.
  void interval_changed();
  [[nodiscard]] Time next_due() const;

  [[nodiscard]] std::vector<LocalDestination> list() const;
  /// Our lxmf.delivery address, whether or not it is in use.
  [[nodiscard]] const DestinationHash& delivery() const { return delivery_; }
  /// Our mehr.hop address, whether or not it is in use.
  [[nodiscard]] const DestinationHash& hop() const { return hop_; }
  [[nodiscard]] bool is_delivery(const DestinationHash& destination) const {
    return context_.config.messages && destination == delivery_;
  }
  [[nodiscard]] bool is_probe(const DestinationHash& destination) const {
    return context_.config.respond_to_probes && destination == probe_;
  }

 private:
  struct Local {
    LocalDestination row;
    NameHash name;
    Bytes app_data;
    Bytes latest;    ///< the latest announce that went out everywhere
    Bytes response;  ///< the latest finished path response
    Time response_made;
    /// Of the last announce. Nobody takes an older one: a clock set back must not be seen.
    UnixTime emitted{};
    bool restored = false;  ///< we know what it was before the restart
  };
  void add(std::string_view full_name, Bytes app_data);
  void make(Local& local, wire::Context kind, std::optional<routing::InterfaceId> only);
  void greet();
  void ask_for_own();
  Local* find(const DestinationHash& destination);

  Context& context_;
  DestinationHash delivery_, probe_, hop_;
  std::vector<Local> local_;
  Time next_announce_ = Time::min();  ///< due at once: the first tick starts the clock
  bool started_ = false;
  bool outdone_ = false;  ///< what we announced in this life was old news
  int asks_ = 0;
  struct Greeting {
    routing::InterfaceId interface;
    Time due;
  };
  std::vector<Greeting> greetings_;  ///< oldest first
};

}  // namespace mehr::endpoint
