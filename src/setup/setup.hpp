// `waybill portal setup` and `waybill portal remove`: what the portal should hold, what it holds, and the steps from
// one to the other. A plan is read-only; apply() carries it out. Both may be repeated at any time: what is right is
// kept, what is missing (also because somebody deleted it) is made again. Use from the client's thread.
#pragma once
#include <bitrix24/client.hpp>
#include <config/config.hpp>
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::setup {

enum class verb {
  keep,   // right as it is
  create, // missing
  change, // differs
  remove, // not wanted any more
  cannot, // something that we may not or cannot do: a person must; the rest goes on
};
std::string_view to_string(verb v);

struct site; // what was read of the portal; private

struct step {
  verb todo{verb::keep};
  std::string what;   // "delivery handler waybill"
  std::string reason; // why, for people; no secrets
  // What carries it out; empty: nothing to do. A kept thing may still be written again (its state cannot be read).
  std::function<awaitable<result<void>>(std::shared_ptr<site>)> act;
};
std::string to_text(const step& s); // "create  delivery handler waybill: the portal has none"

struct plan {
  std::vector<step> steps;        // in the order in which they are to be done
  std::vector<std::string> notes; // what needs no doing but should be known (what a webhook may not do, what stays)
  std::shared_ptr<site> at;

  bool changes_anything() const; // a step that creates, changes or removes
  bool complete() const;         // no `cannot`
};

// Fault: the portal does not answer or does not accept us at all. What single parts refuse becomes a `cannot`.
awaitable<result<plan>> make_plan(std::shared_ptr<bitrix24::client> portal,
                                  std::shared_ptr<const config::file> settings);
// The way back. User fields stay: they hold the customer's data. So do statuses that shipments have.
awaitable<result<plan>> make_removal(std::shared_ptr<bitrix24::client> portal,
                                     std::shared_ptr<const config::file> settings);

// Does every step that has something to do, tells each outcome, and goes on after a failure: later steps that need the
// failed one fail by themselves, with a reason.
using listener = std::function<void(const step&, const result<void>&)>;
struct outcome {
  std::size_t failures{0};
  std::vector<std::string> remarks; // what turned out differently than planned, and why that is right
};
awaitable<outcome> apply(plan p, listener tell);

} // namespace waybill::setup
