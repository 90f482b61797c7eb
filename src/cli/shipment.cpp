#include <app/core.hpp>
#include <cli/commands.hpp>
#include <cli/run.hpp>
#include <waybill/json.hpp>

#include <fstream>
#include <iostream>

#include <fmt/format.h>

namespace waybill::cli {
namespace {

using store::record;

constexpr std::chrono::milliseconds patience{5'000};

json::object as_json(const record& r) {
  json::object o{{"reference", r.reference},
                 {"portal", r.portal},
                 {"deal", r.deal},
                 {"carrier", r.account},
                 {"state", std::string(to_string(r.state))},
                 {"order_id", r.order_id},
                 {"tracking_number", r.number},
                 {"tracking_url", r.tracking_url},
                 {"planned_date", r.planned_date},
                 {"changed", to_iso(r.changed)}};
  o["status"] = r.latest ? json::value(std::string(to_string(*r.latest))) : json::value(nullptr);
  o["cost"] = r.cost ? json::decimal(*r.cost) : json::value(nullptr);
  if (r.trouble_now)
    o["trouble"] = json::object{{"key", r.trouble_now->key},
                                {"owner", std::string(to_string(r.trouble_now->whose))},
                                {"code", r.trouble_now->peer_code},
                                {"text", r.trouble_now->peer_text}};
  return o;
}

std::string as_line(const record& r) {
  return fmt::format("{:<24} {:<16} {:<20} {:<14} {}", r.reference, to_string(r.state),
                     r.latest ? to_string(*r.latest) : "-", r.number.empty() ? "-" : r.number,
                     r.trouble_now ? r.trouble_now->key + ": " + r.trouble_now->peer_text : "");
}

int failed(const fault& f) {
  std::cerr << "waybill: " << f.what << "\n";
  return 1;
}

awaitable<int> list(app::core c, shipment_options o) {
  auto found = co_await c.services->shipments->list(o.state, o.offset, o.most);
  if (!found) co_return failed(found.error());
  if (o.json) {
    json::array all;
    for (const record& r : found->records) all.push_back(as_json(r));
    std::cout << json::serialize(json::object{{"total", found->total}, {"shipments", std::move(all)}}) << "\n";
  } else {
    for (const record& r : found->records) std::cout << as_line(r) << "\n";
    std::cout << found->records.size() << " of " << found->total << "\n";
  }
  co_return 0;
}

awaitable<int> show(app::core c, shipment_options o) {
  auto found = co_await c.services->shipments->find(o.reference);
  if (!found) co_return failed(found.error());
  if (!*found) {
    std::cerr << "waybill: no shipment has the reference " << o.reference << "\n";
    co_return 1;
  }
  auto history = co_await c.services->shipments->history(o.reference);
  if (!history) co_return failed(history.error());
  const record& r = **found;
  if (o.json) {
    json::object out = as_json(r);
    json::array events, steps;
    for (const auto& e : r.events)
      events.push_back(json::object{{"status", std::string(to_string(e.canonical))},
                                    {"code", e.code},
                                    {"text", e.text},
                                    {"when", to_iso(e.when)},
                                    {"place", e.place}});
    for (const auto& h : *history)
      steps.push_back(
          json::object{{"when", to_iso(h.when)}, {"what", h.what}, {"detail", h.detail}, {"trace", h.trace}});
    out["events"] = std::move(events);
    out["history"] = std::move(steps);
    std::cout << json::serialize(out) << "\n";
    co_return 0;
  }
  std::cout << as_line(r) << "\n";
  for (const auto& e : r.events)
    std::cout << fmt::format("  {}  {:<20} {} {}\n", to_iso(e.when), to_string(e.canonical), e.text, e.place);
  std::cout << "history\n";
  for (const auto& h : *history) std::cout << fmt::format("  {}  {} {}\n", to_iso(h.when), h.what, h.detail);
  co_return 0;
}

awaitable<int> print(workflow::engine engine, shipment_options o) {
  auto made = co_await engine.print(o.reference, o.kind == "waybill" ? label_kind::waybill : label_kind::barcode);
  if (!made) co_return failed(made.error());
  const std::string name = o.output.empty() ? std::filesystem::path(made->file_name).filename().string() : o.output;
  std::ofstream file(name, std::ios::binary);
  file << made->bytes;
  file.close();
  if (!file) {
    std::cerr << "waybill: " << name << " cannot be written\n";
    co_return 1;
  }
  std::cout << name << ": " << made->bytes.size() << " bytes\n";
  co_return 0;
}

awaitable<int> steer(workflow::engine engine, shipment_options o) {
  result<void> done;
  if (o.verb == "retry") {
    done = co_await engine.retry(o.reference);
  } else if (o.verb == "cancel") {
    done = co_await engine.cancel(o.reference);
  } else if (o.verb == "return") {
    done = co_await engine.make_return(o.reference);
  } else {
    courier_request when;
    when.date = o.date;
    when.time_from = o.from;
    when.time_to = o.to;
    when.comment = o.comment;
    auto called = co_await engine.call_courier(o.reference, std::move(when));
    if (!called) co_return failed(called.error());
    std::cout << "courier request " << *called << "\n";
    co_return 0;
  }
  if (!done) co_return failed(done.error());
  std::cout << o.reference << ": queued\n";
  co_return 0;
}

awaitable<int> work(executor ex, settings_ptr settings, shipment_options o) {
  auto c = co_await app::connect(ex, std::move(settings), patience);
  if (!c) co_return failed(c.error());
  if (o.verb == "list") co_return co_await list(*c, std::move(o));
  if (o.verb == "show") co_return co_await show(*c, std::move(o));
  workflow::engine engine(c->services);
  if (o.verb == "label") co_return co_await print(engine, std::move(o));
  co_return co_await steer(engine, std::move(o));
}

} // namespace

int shipment(settings_ptr settings, const shipment_options& o) {
  if (!o.state.empty() && !store::phase_from(o.state)) {
    std::cerr << "waybill: no such state: " << o.state << "\n";
    return 2;
  }
  asio::io_context io{1};
  return run_to_end(io, work(io.get_executor(), std::move(settings), o));
}

} // namespace waybill::cli
