// The carrier interface. All that is known of one carrier stands in adapters/<carrier>/ behind this.
#pragma once
#include <waybill/async.hpp>
#include <waybill/http.hpp>
#include <waybill/secret.hpp>
#include <waybill/shipment.hpp>
#include <waybill/time.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json.hpp>

namespace waybill {

// ---- configuration of an account -------------------------------------------------------------------------------

enum class setting_kind {
  text,
  secret,
  integer,
  boolean,
  money,
  text_list,
  text_or_integer, // a number that is a name: in quotes, from the environment, or bare; found as text
};

// One key that an adapter understands. `table` is "" for the account itself, "sender" for [carriers.sender].
struct setting_spec {
  std::string_view table;
  std::string_view key;
  setting_kind kind{setting_kind::text};
  bool required{false};
  std::string_view help;      // one line, shown as the remedy when it is missing or wrong
  std::string_view allowed{}; // for text: "a|b|c"; empty: anything
};

using setting_value =
    std::variant<std::string, secret, std::int64_t, bool, std::vector<std::string>>; // money as its decimal text

// One [[carriers]] table, checked against the adapter's specs.
struct carrier_account {
  std::string id;
  std::string type;
  std::string base_url; // without a trailing '/'
  secret webhook_secret;
  std::chrono::milliseconds poll_interval{15 * 60 * 1000};
  int concurrency{8};
  // How long an unanswered create may stay invisible to a lookup before it is sent again; absent: the carrier's own
  // figure.
  std::optional<std::chrono::milliseconds> settle_time;
  party sender; // [carriers.sender] company, name, phone, email: common to all
  std::string sender_address;
  std::map<std::string, std::string> services;                // delivery type -> the carrier's tariff or service
  std::map<std::string, setting_value, std::less<>> settings; // "secure_password", "sender.city_code"

  const std::string& text(std::string_view key) const; // empty when absent; also of a secret: use sparingly
  std::int64_t integer(std::string_view key, std::int64_t fallback = 0) const;
  bool flag(std::string_view key, bool fallback = false) const;
  std::vector<std::string> texts(std::string_view key) const;
};

// ---- what a carrier can do -------------------------------------------------------------------------------------

// How a create is made safe to repeat.
enum class create_guard {
  lookup_by_reference, // find_order() is reliable: an unknown outcome is settled by asking
  refuses_duplicates,  // a second create with the same reference is refused by the carrier itself
  both,
  none, // an unknown outcome goes to a person
};

struct capabilities {
  bool quotes{false};
  bool to_door{false};
  bool to_point{false};
  bool cash_on_delivery{false};
  bool updates{false}; // update_order() while the carrier still allows it
  bool cancels{false};
  bool labels{false};
  bool returns{false}; // create_return()
  bool courier_pickup{false};
  bool pickup_points{false};
  bool webhooks{false};
  bool progress{false};      // tell_progress(): it is to know what becomes of the shipment elsewhere
  bool goods{false};         // goods_facts(): it keeps weights and stock of goods
  std::size_t bulk_track{1}; // ids that track() may take at once
  // How often read_feed() should be asked; zero: the carrier has no feed.
  std::chrono::milliseconds feed_every{0};
  create_guard guard{create_guard::none};
  // After an unknown outcome: how long a create may stay invisible to find_order() before it may be sent again.
  std::chrono::milliseconds lookup_settles_after{60'000};
  // How soon after a create the first look at its verdict makes sense, when creates are asynchronous.
  std::chrono::milliseconds first_look_after{2'000};
};

enum class order_phase {
  pending,   // taken, not yet judged (asynchronous carriers)
  active,    // exists at the carrier
  refused,   // judged and refused: `refusal` says why
  cancelled, // withdrawn before it moved
};

// A carrier's order as it is now.
struct carrier_order {
  std::string id;     // the carrier's key for all further calls
  std::string number; // tracking number; empty until the carrier assigns it
  std::string tracking_url;
  std::string reference; // ours, as the carrier has it
  order_phase phase{order_phase::pending};
  fault refusal;                       // with phase refused
  std::optional<fault> change_refused; // the last update or cancel was refused: why
  bool change_pending{false};          // an update or cancel is still being judged
  std::vector<tracking_event> events;  // in no particular order
  std::optional<money> cost;           // what the carrier bills us
  std::string planned_date;            // YYYY-MM-DD
  std::string pickup_point;            // where it really goes, when the carrier replaced ours
  std::string kept_until;              // YYYY-MM-DD: end of free storage
  std::vector<std::string> warnings;   // for people
  std::string return_order_id;         // the parcel's way back, when the carrier made one
  std::string return_number;
  std::optional<money> collected; // cash on delivery taken
  // Units that the recipient took, one number an item of the shipment (parcel by parcel, in the order in which they
  // were sent); empty: the carrier does not tell.
  std::vector<std::int64_t> handed_over{};
};

struct return_order {
  std::string id;
  std::string number; // empty: not yet given
};

// What an inbound webhook says. The facts are hints: the workflow reads the order back before acting on money.
struct carrier_notice {
  std::string order_id; // the carrier's id of our (direct) order; empty when only the reference is known
  std::string reference;
  std::string what;    // for logs: "ORDER_STATUS ACCEPTED_AT_PICK_UP_POINT"
  bool relevant{true}; // false: understood and of no interest
};

// What a system beside the carrier (a warehouse, an ERP) is to know of a shipment that it holds too.
struct progress {
  std::string carrier;      // who carries it, for people: "СДЭК"; empty: nobody but the system itself
  std::string number;       // the carrier's tracking number; empty until it has one
  std::string tracking_url; // empty: none
  std::optional<status> reached;
  std::optional<money> cost; // what the carrier bills
  std::string stage;         // the deal's STATUS_ID as it is now: "EXECUTING", "C2:WON"
  friend bool operator==(const progress&, const progress&) = default;
};

// What a system that keeps goods knows of one piece. Zero and nothing: unknown.
struct goods_fact {
  std::int64_t weight_g{0};
  std::int64_t volume_mm3{0};
  std::optional<std::int64_t> in_stock; // pieces free to be sold
};

// News of an account's orders that the carrier hands out until they are confirmed.
struct feed {
  std::vector<carrier_notice> notices;
  std::string receipt; // what confirm_feed() is given; empty: nothing to confirm
  bool more{false};    // the rest is worth asking for at once
};

// A small durable store for an adapter's own things (tokens, lists of points). Values survive restarts.
struct carrier_cache {
  virtual ~carrier_cache() = default;
  virtual awaitable<result<std::optional<std::string>>> get(std::string key) = 0;
  virtual awaitable<result<void>> put(std::string key, std::string value, std::chrono::milliseconds ttl) = 0;
  virtual awaitable<result<void>> forget(std::string key) = 0;
};

struct carrier_context {
  carrier_account account;
  std::shared_ptr<http_client> http;
  std::shared_ptr<carrier_cache> cache;
  executor ex;
  std::string webhook_url{}; // where the system reaches us for this account; empty: nowhere
};

// One account at one carrier. All calls may run concurrently on the one loop. Every fault is classified:
// address/bad_input/rejected for the manager, forbidden/protocol for the operator, transient kinds for a retry,
// outcome_unknown where the request may have been carried out.
struct carrier {
  virtual ~carrier() = default;
  virtual const capabilities& can() const = 0;

  // Credentials and reachability, for `check`; the text is shown ("tariffs of the contract: 12").
  virtual awaitable<result<std::string>> probe() = 0;

  virtual awaitable<result<std::vector<quote>>> quote_for(shipment s);
  virtual awaitable<result<carrier_order>> create_order(shipment s) = 0;
  // By our reference. nullopt: the carrier has no live order under it (refused ones do not count, they are returned
  // with phase refused).
  virtual awaitable<result<std::optional<carrier_order>>> find_order(std::string reference);
  virtual awaitable<result<carrier_order>> order(std::string id) = 0;
  // One entry per id, same order.
  virtual awaitable<result<std::vector<result<carrier_order>>>> track(std::vector<std::string> ids);
  virtual awaitable<result<carrier_order>> update_order(std::string id, shipment s);
  // Withdraws it: before the parcel moves by deletion, later by refusal, whichever the carrier has.
  virtual awaitable<result<carrier_order>> cancel(std::string id);
  // The way back of what was delivered, as an order of its own: made once, however often it is asked for. From then on
  // order(id) names it, and tells its steps as `returning` and `returned`.
  virtual awaitable<result<return_order>> create_return(std::string id, std::string service);
  virtual awaitable<result<label>> make_label(std::string id, label_kind kind);
  virtual awaitable<result<std::vector<pickup_point>>> pickup_points(pickup_query query);
  virtual awaitable<result<std::string>> request_courier(courier_request request);
  virtual result<std::vector<carrier_notice>> parse_webhook(const http_request& request);
  // The next package of the account's feed. What it says is kept durably (in the cache) before this returns, and
  // order() of each order named tells it from then on; only one caller at a time. Nothing is confirmed by it.
  virtual awaitable<result<feed>> read_feed();
  // The package is safe with us: the carrier need not hand it out again.
  virtual awaitable<result<void>> confirm_feed(std::string receipt);
  // Says what has become of the shipment elsewhere. Called on every change and repeated after a lost answer, so it
  // compares first and writes only what differs.
  virtual awaitable<result<carrier_order>> tell_progress(std::string id, progress p);
  // One entry per item, same order.
  virtual awaitable<result<std::vector<goods_fact>>> goods_facts(std::vector<item> items);
  // Makes the carrier call `url` for everything we need, removes what is doubled; nothing else of the client's is
  // touched. The text says what was done. Called at start and daily.
  virtual awaitable<result<std::string>> keep_webhooks(std::string url);
};

// The shipment's sender where it says something, else the account's.
party sender_of(const party& own, const shipment& s);
// What every carrier wants of a shipment: a reference, a name, a phone in E.164. bad_input says what is wrong,
// its peer_code begins with `type`.
std::optional<fault> check_recipient(const shipment& s, std::string_view type);

// ---- stand-ins -------------------------------------------------------------------------------------------------

// Faults that a stand-in is told to inject, by operation name ("create_order"; "*" all). See docs of the sandbox.
struct stand_in_fault {
  std::string operation;
  // "latency" | "status" | "drop_before" | "drop_after" | "garbage" | "throttle" | "refuse_later" | "late": the
  // connection is dropped, and the work is done when `latency` is over
  std::string kind;
  int count{1}; // how many times; -1: until cleared
  int status{500};
  std::chrono::milliseconds latency{0};
  std::string body;
};

// A carrier's API played locally, as strict as the real one. One instance serves all callers.
struct stand_in {
  virtual ~stand_in() = default;
  // Requests below the mount point: `path` is relative to it ("/v2/orders"). A response with status 0 closes the
  // connection without an answer.
  virtual awaitable<http_response> handle(http_request request) = 0;
  virtual void inject(stand_in_fault f) = 0;
  // Moves an order on, as the carrier would: an empty code means the next natural step. By our reference or the
  // carrier's number.
  virtual result<void> advance(std::string reference, std::string code, std::string reason) = 0;
  // What it has seen and holds, for tests and the demo's table: {"orders": [...], "requests": n, ...}.
  virtual boost::json::value state() const = 0;
};

struct stand_in_context {
  executor ex;
  std::shared_ptr<http_client> http; // to call webhooks
  double speed{1.0};                 // > 1: simulated delays are divided by it
};

// ---- registration ----------------------------------------------------------------------------------------------

// Something besides the plain delivery that a manager may ask for; shipment::options carries it as code -> value.
struct carrier_option {
  enum class shape {
    checkbox, // value empty
    choice,   // value: the code of one of `choices`
    quantity, // value: a number
  };
  struct item {
    std::string_view code, title, title_en;
  };
  std::string_view code;  // the carrier's own, as it stands in shipment::options
  std::string_view title; // Russian, for people
  std::string_view title_en;
  shape kind{shape::checkbox};
  std::span<const item> choices{};
};

// What an adapter's folder offers. CMake finds the folders and generates the list; each defines
// `const carrier_type& waybill::<folder>::type();`
struct carrier_type {
  std::string_view name;  // the `type` of the configuration
  std::string_view title; // for people: "СДЭК"
  std::string_view default_base_url;
  std::span<const setting_spec> settings;
  std::unique_ptr<carrier> (*make)(carrier_context) = nullptr;
  std::unique_ptr<stand_in> (*make_stand_in)(stand_in_context) = nullptr;
  // More checks of an account than specs can express; empty: fine. Each text is "key: what is wrong and the remedy".
  std::vector<std::string> (*check)(const carrier_account&) = nullptr;
  // What can be asked for besides the plain delivery; shown in the portal's delivery form.
  std::span<const carrier_option> options{};
};

// All adapters that were built in.
std::span<const carrier_type* const> carrier_types();
const carrier_type* find_carrier_type(std::string_view name);

} // namespace waybill
