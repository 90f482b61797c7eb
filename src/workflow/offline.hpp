// The portal's own queue of changes (offline events), for local applications: what no online event announced waits
// there until we have fetched and queued it.
#pragma once
#include <queue/queue.hpp>
#include <waybill/async.hpp>
#include <workflow/services.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace waybill::workflow {

// Kind "offline" in the portal's lane; never two of one portal at once, in any process.
queue::job offline_job(std::string_view portal);

// Fetches what waits, queues the deals, and only then clears exactly that. Ends quietly where the application is not
// installed or the portal's plan has no such queue.
awaitable<queue::outcome> fetch_offline(std::shared_ptr<services> s, queue::job j);

// By the clock: queues the job for every portal with a local application, at most once in a while over all processes.
awaitable<void> ask_offline(std::shared_ptr<services> s);

} // namespace waybill::workflow
