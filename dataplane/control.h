// The control thread: the socket to mehrd on one side, the rings of the worker on the other. Owns
// the connection, one at a time; when it ends, the worker goes on with what it was told, what it
// hands up is counted and dropped, and the next connection begins anew. A packet that is not sound
// ends the connection. Everything here may wait and allocate.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "core/base/result.h"
#include "dataplane/reports.h"
#include "dataplane/translate.h"

namespace mehr::dataplane {

struct ControlSettings {
  std::string socket;   ///< path to listen on; empty: `descriptor`
  int descriptor = -1;  ///< a listening socket, or one end of a pair
  std::uint64_t ticks_per_second = 0;
};

/// What the control thread asks of its surroundings.
class ControlHost {
 public:
  virtual ~ControlHost() = default;
  virtual Carriers& carriers() = 0;
  /// Readable when the kernel's tables changed, -1 where nothing is followed.
  [[nodiscard]] virtual int tables_descriptor() const = 0;
  /// @return whether anything changed that matters for headers
  virtual bool tables_changed() = 0;
  /// Adds what ports count.
  virtual void count_ports(border::Counters& counters) = 0;
};

class Control {
 public:
  /// @param ready what every new listener is told. References outlive it.
  Control(ControlSettings settings, border::Ready ready, const Sizes& sizes, WorkerRings& rings,
          const WorkerLoop& worker, ControlHost& host, Random& random);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Listens, or takes the descriptor over. @return a sentence about what is in the way
  Status open();
  /// Until `stop` or a signal on `signals` (a signalfd, or -1), which sets `stop`.
  void run(std::atomic<bool>& stop, int signals);

 private:
  void accept_one();
  void connect(int descriptor);
  void disconnect(const std::string& why);
  bool receive_one();
  void take_back();
  bool deliver_notes();
  void deliver(const std::vector<border::Up>& messages);
  /// @return false when the listener does not read for now
  bool flush();
  void order(std::unique_ptr<Batch> batch);
  void deliver_readings();
  void readings(Ticks now);
  void wait(std::atomic<bool>& stop, int signals, bool busy);
  [[nodiscard]] bool room() const { return under_way_ < WorkerRings::kBatches - 4; }

  ControlSettings settings_;
  border::Ready ready_;
  Sizes sizes_;
  WorkerRings& rings_;
  const WorkerLoop& worker_;
  ControlHost& host_;
  Translator translator_;
  Reports reports_;
  border::Counters counters_;
  border::PacketBuilder out_;
  Bytes in_;
  int listener_ = -1, connection_ = -1;
  bool stuck_ = false;    ///< `out_` waits for the listener to read
  bool greeted_ = false;  ///< Hello was the first that came
  bool follow_ = false;   ///< headers are to be looked up again
  std::size_t under_way_ = 0;
  Ticks next_readings_ = 0;
  unsigned round_ = 0;
  std::size_t next_keys_ = 0, next_places_ = 0;
};

}  // namespace mehr::dataplane
