#include <queue/queue.hpp>
#include <queue/queue_impl.hpp>
#include <queue/workers_impl.hpp>
#include <waybill/log.hpp>

#include <algorithm>
#include <stdexcept>

namespace waybill::queue {

workers::impl::impl(executor e, std::shared_ptr<redis::connection> c, std::shared_ptr<redis::connection> b,
                    std::shared_ptr<queue> q, handler h)
    : ex(std::move(e)), commands(std::move(c)), blocking(std::move(b)), source(std::move(q)), run(std::move(h)),
      how(source->how()), names(how.prefix), consumer(how.consumer + "." + random_hex(8)),
      lease_ms(std::to_string(how.lease.count())), taker_wakes(ex), bell_wakes(ex), promoter_wakes(ex), idle(ex),
      leases_end(ex), takeover_wakes(ex), gauges_end(ex) {}

std::int64_t workers::impl::running() const {
  std::int64_t n = 0;
  for (const auto& lane : lanes) n += lane->running;
  return n;
}

std::size_t workers::impl::place_of(const lane_state& lane) const {
  for (std::size_t i = 0; i < lanes.size(); ++i)
    if (lanes[i].get() == &lane) return i;
  throw std::logic_error("a lane of other workers");
}

void workers::impl::stop() {
  draining = true;
  stopped = true;
  for (gate* g : {&taker_wakes, &bell_wakes, &promoter_wakes, &idle, &leases_end, &takeover_wakes, &gauges_end})
    g->ring();
}

workers::workers(executor ex, std::shared_ptr<redis::connection> commands, std::shared_ptr<redis::connection> blocking,
                 std::shared_ptr<queue> q, handler run)
    : impl_(std::make_shared<impl>(std::move(ex), std::move(commands), std::move(blocking), std::move(q),
                                   std::move(run))) {}

workers::~workers() { impl_->stop(); }

void workers::add_lane(lane_options lane) {
  if (impl_->started) throw std::logic_error("lanes are added before start()");
  if (!valid_lane(lane.lane)) throw std::invalid_argument("no name of a lane: '" + lane.lane + "'");
  auto state = std::make_unique<lane_state>();
  state->stream = impl_->names.stream(lane.lane);
  state->later = impl_->names.later(lane.lane);
  state->dead = impl_->names.dead(lane.lane);
  state->dead_job = impl_->names.dead_job(lane.lane);
  state->name = std::move(lane.lane);
  state->concurrency = std::max(1, lane.concurrency);
  impl_->lanes.push_back(std::move(state));
}

awaitable<result<void>> workers::start() {
  const auto self = impl_;
  if (auto up = co_await self->commands->wait_up(self->how.lease); !up) co_return fail(std::move(up.error()));
  if (auto ready = co_await impl::prepare(self); !ready) co_return fail(std::move(ready.error()));
  self->started = true;
  if (self->lanes.empty()) co_return result<void>{};
  spawn(self->ex, "queue.taker", impl::take_loop(self));
  spawn(self->ex, "queue.bell", impl::bell_loop(self));
  spawn(self->ex, "queue.leases", impl::lease_loop(self));
  spawn(self->ex, "queue.takeover", impl::takeover_loop(self));
  spawn(self->ex, "queue.promoter", impl::promote_loop(self));
  spawn(self->ex, "queue.gauges", impl::gauge_loop(self));
  co_return result<void>{};
}

awaitable<void> workers::drain(std::chrono::milliseconds limit) {
  const auto self = impl_;
  const auto until = steady::now() + limit;
  self->draining = true;
  self->wake_taker();
  self->give_back();
  self->rejoin_bell(); // ends the XREAD, so that the connection can be closed
  const auto busy = [&] { return self->running() > 0 || !self->endings.empty() || self->completing > 0; };
  while (busy() && !self->stopped) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now());
    if (left <= std::chrono::milliseconds::zero()) break;
    co_await self->idle.wait(left);
  }
  const auto unfinished = self->running();
  if (unfinished > 0)
    log::warn("jobs did not end in time; another process takes them over", {{"jobs", std::to_string(unfinished)}});
  if (!busy() && self->commands->up()) co_await self->leave(true);
  self->stop();
}

std::int64_t workers::running() const { return impl_->running(); }

} // namespace waybill::queue
