// What we know of one shipment: where it stands at the carrier, what the portal was told, what is still to be said.
#pragma once
#include <waybill/carrier.hpp>
#include <waybill/error.hpp>
#include <waybill/shipment.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::store {

enum class phase {
  planned,         // to be sent to the carrier
  submitting,      // written before the carrier is called: a successor must ask the carrier first
  submitted,       // the carrier has it and has not judged yet
  confirmed,       // judged good: tracking known or to come
  needs_attention, // a person must act; `trouble` says what and who
  closed,          // delivered, returned, cancelled, lost: nothing more is expected
};
std::string_view to_string(phase p);
std::optional<phase> phase_from(std::string_view name);

enum class owner { manager, operator_ };
std::string_view to_string(owner o);

// Why a shipment needs attention, as a key into the texts and what the peer said.
struct trouble {
  std::string key;                                         // "carrier_refused", "missing_phone", ...
  std::vector<std::pair<std::string, std::string>> values; // for the template
  owner whose{owner::manager};
  std::string peer_code;
  errc code{errc::rejected};
  std::string fingerprint; // of what failed: another one is worth another try
  std::string peer_text;   // the peer's own words, for the manager
};

// Something to be said in the portal, once. `started` is set before it is sent: after a crash the timeline is read
// first.
struct notice {
  std::int64_t id{0};
  std::string kind; // "comment" | "todo" | "notify" | "message" (the delivery request's)
  std::string text;
  bool started{false};
  friend bool operator==(const notice&, const notice&) = default;
};

// The delivery request of Bitrix24's own form, where the shipment has one.
struct delivery_request {
  std::int64_t delivery_id{0}; // the profile service
  std::string request_id;      // ours
  std::string told;            // digest of the last update that got through
  bool finalized{false};
  std::int64_t order{0};          // of the store
  bool from_form{false};          // the portal's form is what ships, not the deal's fields
  bool cancel_asked{false};       // by the form's button: its outcome is still to be said there
  std::string messaged;           // the last status that a message told of; set before it is sent
  bool recipient_messaged{false}; // the same of the one text message to the recipient
};

// The portal's shipments that a parcel is, where the deal has any of our delivery service.
struct store_parcel {
  std::vector<std::int64_t> shipments; // ascending; empty: none, or not known yet
  bool own_content{false};             // carries what these shipments hold, not all that the deal has
  std::string told;                    // digest of what was last written into them
  std::vector<std::int64_t> left; // came when the deal was on its way as a whole: said once, never ordered for them
};

// A cash payment of the portal's store that was unpaid when the order was planned: the carrier collects it.
struct cash_payment {
  std::int64_t id{0};
  bool begun{false};  // about to be marked paid: found paid afterwards, it was us
  bool paid{false};   // we marked it
  bool unpaid{false}; // and took that back
  bool shared{false}; // several parcels of the deal collect it, each its part
};

// A shipment of the store as a part of the payment. Noted before it is put in, when it has no id yet.
struct billed_shipment {
  std::int64_t shipment{0};
  std::int64_t item{0};
  std::optional<money> price; // as it was when it was put in
};

// What was done about money in the portal's store. Each write there is noted before it is sent where a repeat would
// make a second one of something.
struct money_state {
  std::vector<cash_payment> cash;
  std::string told; // digest of what was last settled
  std::string said; // the last message about the money, so that it is said once
  // The cost as a product row
  std::int64_t row{0};
  bool row_begun{false}; // about to be added
  bool row_ours{false};  // added by us, not found there
  std::optional<money> row_price;
  std::string part_told;   // digest of the hand-over that payments and shipments were last brought in step with
  std::int64_t invoice{0}; // the smart invoice whose field holds the cost of the deal's parcels
  // The cost as a part of a payment
  std::int64_t payment{0};
  bool payment_begun{false};
  bool payment_ours{false};
  std::vector<std::int64_t> payments_before; // of the deal, when payment_begun was set
  std::vector<billed_shipment> billed;       // what of it is ours
  bool price_ours{false};                    // the shipment had no price but ours
  bool link_told{false};
};

struct record {
  std::string reference;
  std::int64_t version{0};            // of the stored form; 0: not stored yet
  phase stored_state{phase::planned}; // as it was read: which index holds it
  std::string portal;
  std::int64_t deal{0};
  std::string account;     // the carrier account
  std::int64_t attempt{1}; // a cancelled deal that ships anew gets the next number
  phase state{phase::planned};
  std::string trace;
  instant created{};
  instant changed{};

  shipment what;                   // what the carrier is or was told
  std::string fingerprint;         // of `what`
  std::optional<shipment> wanted;  // a newer wish, to be told by an update
  std::string refused_fingerprint; // of a wish that the carrier refused: not asked again
  std::string deal_digest;         // of the deal as it was mapped: tells our own events from people's
  std::string deal_updated;        // the deal's own stamp after our last write
  std::string deal_moved;          // the deal's stamp of its last change of stage when this was planned
  std::string asked_by_move;       // such a stamp, of the move that asked for a cancel or a return: each asks once
  bool cancel_wanted{false};
  bool cancel_sent{false};
  bool update_sent{false};
  bool return_wanted{false};
  bool label_wanted{false};
  bool label_done{false};

  // At the carrier
  std::string order_id;
  std::string named_order; // another order of our number that the carrier spoke of while ours was not certain
  std::string number;      // tracking number
  std::string tracking_url;
  std::optional<money> cost;
  std::optional<money> collected;
  std::vector<std::int64_t> handed_over; // units taken by the recipient, by item of `what`; empty: not told
  std::string planned_date;
  std::string pickup_point;
  std::string kept_until;
  std::string return_order_id;
  std::string return_number;
  std::vector<std::string> warnings;
  instant submit_began{};
  std::int64_t submit_count{0};
  bool unclear{false};                // a create was begun and nobody knows yet what came of it: ask before another
  std::vector<tracking_event> events; // the newest 100, sorted by time
  std::optional<status> latest;
  std::string latest_text; // the carrier's own words for it
  instant latest_at{};
  instant looked{};
  instant next_look{};           // epoch: none is planned
  std::int64_t look_serial{0};   // a delayed look with another number is stale
  std::int64_t looks_pending{0}; // fruitless looks in the present phase

  // Trouble and what is to be told
  std::optional<trouble> trouble_now;
  std::vector<notice> outbox;
  std::int64_t next_notice{1};
  bool write_due{false}; // fields, stage or outbox differ from what the portal has

  // Systems beside the carrier. Each has a record of its own, which accompanies this one.
  std::vector<std::string> with;           // accounts that hold the shipment too
  std::string with_told;                   // digest of what they were last told
  std::string stage;                       // the deal's STATUS_ID as last seen
  std::string beside;                      // reference of the shipment that this one accompanies; empty: none
  std::optional<progress> progress_wanted; // what the system is still to be told
  std::optional<progress> progress_told;
  std::optional<delivery_request> request;
  store_parcel in_store;
  money_state money_done;
};

std::string encode(const record& r);
result<record> decode(std::string_view text);

// "B24-main-759", later attempts "B24-main-759-2".
std::string make_reference(std::string_view portal, std::int64_t deal, std::int64_t attempt);
// Of a shop order without a deal, by its first shipment: "B24-main-S41", "B24-main-S41-2".
std::string make_shop_reference(std::string_view portal, std::int64_t store_shipment, std::int64_t attempt);
// Of the half of a shipment that another system holds: "B24-main-759+moysklad-main". At most 40 bytes.
std::string make_companion_reference(const std::string& main, const std::string& account);
// The queue's ordering key of everything about one deal; without a deal, of everything about one shop order.
std::string order_key(std::string_view portal, std::int64_t deal, std::int64_t shop_order = 0);
std::string order_key(const record& r);

struct history_entry {
  instant when{};
  std::string what; // "submitting", "confirmed", "status in_transit", ...
  std::string detail;
  std::string trace;
};

} // namespace waybill::store
