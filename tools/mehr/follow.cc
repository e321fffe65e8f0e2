// One connection, as many responses as come.
#include "tools/mehr/follow.h"

#include <iostream>

namespace mehr::cli {

void follow(Context& context, const api::RequestT& request,
            const std::function<void(const api::ResponseT&)>& print) {
  auto client = context.connect();
  if (!client.ok()) return context.fail(client.status());
  if (const Status sent = client->send(request); !sent.ok()) return context.fail(sent);
  for (bool first = true;; first = false) {
    const auto response = client->next(first ? Duration{15s} : Duration{24h});
    if (!first && absl::IsDeadlineExceeded(response.status())) continue;
    if (!response.ok()) return context.fail(response.status());
    if (context.failed(**response)) return;
    print(**response);
    std::cout << std::flush;
    if ((*response)->last || !std::cout) return;
  }
}

}  // namespace mehr::cli
