// Runs jobs: the one place where queue, store, carriers and portals meet. Every step is safe to repeat.
#pragma once
#include <queue/queue.hpp>
#include <workflow/order.hpp>
#include <workflow/services.hpp>

#include <memory>
#include <string>
#include <vector>

namespace waybill::workflow {

class engine {
 public:
  explicit engine(std::shared_ptr<services> s);

  // The handler of queue::workers. Keeps itself alive while jobs run.
  queue::handler handler();
  awaitable<queue::outcome> run(queue::job j, std::shared_ptr<queue::job_context> context);

  // Operators' calls (console, command line). not_found, conflict (its state does not allow it), rejected.
  awaitable<result<void>> retry(std::string reference);
  awaitable<result<void>> cancel(std::string reference);
  awaitable<result<label>> print(std::string reference, label_kind kind);
  awaitable<result<std::string>> call_courier(std::string reference, courier_request when);
  awaitable<result<void>> make_return(std::string reference);

  // Asks every portal's sweep to run: at most once per interval over all processes, or `at_once` (at a start, because
  // the events of the time before it are lost).
  awaitable<void> sweep_all(bool at_once);
  // Asks for the carriers' feeds, each as often as its carrier says, over all processes.
  awaitable<void> read_feeds();
  // Keeps the carriers' webhook subscriptions in place, at most once a day over all processes.
  awaitable<void> keep_webhooks();

  struct impl;

 private:
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::workflow
