#include <waybill/stand_in.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace waybill {
namespace {

http_response dropped() {
  http_response r;
  r.status = 0;
  return r;
}

awaitable<void> work_later(std::chrono::milliseconds delay,
                           std::function<http_response(const std::string* refuse_later)> work) {
  co_await sleep_for(delay);
  work(nullptr);
}

} // namespace

void fault_list::inject(stand_in_fault f) {
  if (f.count == 0)
    std::erase_if(waiting_,
                  [&](const stand_in_fault& each) { return each.operation == f.operation || f.operation == "*"; });
  else waiting_.push_back(std::move(f));
}

std::vector<stand_in_fault> fault_list::take(const std::string& operation) {
  std::vector<stand_in_fault> now;
  for (stand_in_fault& f : waiting_)
    if (f.operation == operation || f.operation == "*") {
      now.push_back(f);
      if (f.count > 0) --f.count;
      if (f.kind != "latency") break; // one ending at a time
    }
  std::erase_if(waiting_, [](const stand_in_fault& f) { return f.count == 0; });
  return now;
}

std::chrono::milliseconds scaled(std::chrono::milliseconds delay, double speed) {
  const std::chrono::duration<double, std::milli> shorter(static_cast<double>(delay.count()) / (speed > 0 ? speed : 1));
  return std::max(std::chrono::milliseconds(1), std::chrono::ceil<std::chrono::milliseconds>(shorter));
}

std::string random_uuid(std::mt19937_64& random) {
  const auto a = random(), b = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32U, (a >> 16U) & 0xFFFFU, a & 0xFFFU,
                     (b >> 48U) & 0xFFFU, b & 0xFFFF'FFFF'FFFFU);
}

awaitable<http_response> with_faults(std::shared_ptr<fault_list> faults, std::string operation, double speed,
                                     fault_shapes shapes,
                                     std::function<http_response(const std::string* refuse_later)> work) {
  stand_in_fault ending;
  for (stand_in_fault& f : faults->take(operation)) {
    if (f.kind != "latency") {
      ending = std::move(f);
      continue;
    }
    co_await sleep_for(scaled(f.latency, speed));
  }
  if (ending.kind == "drop_before") co_return dropped();
  if (ending.kind == "late") {
    spawn(co_await asio::this_coro::executor, "stand-in, late",
          work_later(scaled(ending.latency, speed), std::move(work)));
    co_return dropped();
  }
  if (ending.kind == "throttle") co_return shapes.throttled();
  if (ending.kind == "status") {
    http_response answer;
    answer.status = ending.status;
    answer.headers.emplace_back("Content-Type", shapes.content_type);
    answer.body =
        ending.body.empty() ? "<html><body><h1>" + std::to_string(ending.status) + "</h1></body></html>" : ending.body;
    co_return answer;
  }
  http_response answer = work(ending.kind == "refuse_later" ? &ending.body : nullptr);
  if (ending.kind == "drop_after") co_return dropped();
  if (ending.kind == "garbage") answer.body = ending.body.empty() ? shapes.garbage : ending.body;
  co_return answer;
}

} // namespace waybill
