#include <store/record.hpp>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::store;

record full() {
  record r;
  r.reference = "B24-main-7-2";
  r.portal = "main";
  r.deal = 7;
  r.account = "cdek-main";
  r.attempt = 2;
  r.state = phase::confirmed;
  r.created = instant{std::chrono::milliseconds(1'795'000'000'123)};
  r.what.recipient = {"Иванова Мария", "", "+79161234567", "12", "m@example.ru"};
  r.what.destination.latitude = 55.7612345;
  parcel p;
  p.number = "1";
  p.weight_g = 1500;
  item i;
  i.name = "Кофеварка \"A\"";
  i.price = {199000, "RUB"};
  i.cash_on_delivery = {0, "KZT"};
  i.vat_percent = 0;
  p.items.push_back(i);
  i.vat_percent.reset();
  p.items.push_back(i);
  r.what.parcels.push_back(p);
  r.what.options = {{"SMS", "+7"}};
  r.fingerprint = fingerprint(r.what);
  r.wanted = r.what;
  r.cost = money{0, "RUB"};
  tracking_event e;
  e.canonical = status::problem;
  e.code = "X";
  e.known = false;
  r.events.push_back(e);
  r.latest = status::created;
  r.trouble_now = trouble{"bad_address", {{"carrier", "C"}}, owner::operator_, "v2_x", errc::address, "fp", "text"};
  r.outbox.push_back({3, "comment", "line\nbreak", true});
  r.request.emplace();
  r.request->delivery_id = 41;
  r.request->request_id = "wb-1";
  r.request->told = "digest";
  r.request->finalized = true;
  r.write_due = true;
  return r;
}

TEST(record, survives_storage_whole) {
  const record r = full();
  const auto back = decode(encode(r));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(encode(*back), encode(r));
  EXPECT_EQ(back->state, phase::confirmed);
  EXPECT_EQ(back->stored_state, phase::confirmed);
  EXPECT_EQ(back->created, r.created);
  EXPECT_EQ(fingerprint(back->what), r.fingerprint);
  EXPECT_EQ(back->what.parcels[0].items[0].vat_percent, 0);
  EXPECT_EQ(back->what.parcels[0].items[1].vat_percent, std::nullopt);
  EXPECT_EQ(back->what.parcels[0].items[0].cash_on_delivery, (money{0, "KZT"}));
  EXPECT_EQ(back->cost, (money{0, "RUB"}));
  EXPECT_EQ(back->latest, status::created);
  EXPECT_FALSE(back->events.at(0).known);
  EXPECT_EQ(back->trouble_now->whose, owner::operator_);
  EXPECT_EQ(back->trouble_now->code, errc::address);
  EXPECT_EQ(back->outbox, r.outbox);
  EXPECT_TRUE(back->request->finalized);
}

TEST(record, refuses_what_is_no_record) {
  for (const char* text : {"", "[]", "{}", "{\"ref\":\"\"}", "{\"ref\":"}) EXPECT_FALSE(decode(text)) << text;
  EXPECT_TRUE(decode(R"({"ref":"B24-main-7","future":{"x":1},"events":"not a list"})"));
}

TEST(record, references_are_deterministic_and_short) {
  EXPECT_EQ(make_reference("main", 759, 1), "B24-main-759");
  EXPECT_EQ(make_reference("main", 759, 2), "B24-main-759-2");
  EXPECT_LE(make_reference("sixteen-letters-", 999'999'999'999, 99).size(), 40U);
}

} // namespace
