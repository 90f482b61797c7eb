// Every status, reason, problem and error code; texts that must be harmless.
#include "support.hpp"

#include <cdek/errors.hpp>
#include <cdek/statuses.hpp>
#include <waybill/text.hpp>

namespace waybill::cdek::test {
namespace {

struct status_case {
  const char* codes; // the code and its older names, by blanks
  status expected;
};
const status_case status_cases[] = {
    {"ACCEPTED CREATED", status::created},
    {"REMOVED", status::cancelled},
    {"INVALID RETURNED_TO_RECIPIENT_CITY_WAREHOUSE RETURNED_TO_DELIVERY_WAREHOUSE", status::problem},
    {"RECEIVED_AT_SHIPMENT_WAREHOUSE", status::accepted},
    {"READY_TO_SHIP_AT_SENDING_OFFICE READY_FOR_SHIPMENT_IN_SENDER_CITY RETURNED_TO_SENDER_CITY_WAREHOUSE "
     "RETURNED_TO_SENDER_WAREHOUSE",
     status::in_transit},
    {"PASSED_TO_CARRIER_AT_SENDING_OFFICE TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY SEND_TO_TRANSIT_OFFICE "
     "SENT_TO_TRANSIT_CITY",
     status::in_transit},
    {"MET_AT_TRANSIT_OFFICE ACCEPTED_IN_TRANSIT_CITY ACCEPTED_AT_TRANSIT_WAREHOUSE "
     "ACCEPTED_TO_OFFICE_TRANSIT_WAREHOUSE",
     status::in_transit},
    {"RETURNED_TO_TRANSIT_WAREHOUSE READY_TO_SHIP_IN_TRANSIT_OFFICE READY_FOR_SHIPMENT_IN_TRANSIT_CITY",
     status::in_transit},
    {"PASSED_TO_CARRIER_AT_TRANSIT_OFFICE TAKEN_BY_TRANSPORTER_FROM_TRANSIT_CITY SENT_TO_SENDER_CITY "
     "SEND_TO_SENDING_OFFICE",
     status::in_transit},
    {"MET_AT_SENDING_OFFICE ACCEPTED_IN_SENDER_CITY SENT_TO_RECIPIENT_CITY SEND_TO_RECIPIENT_OFFICE",
     status::in_transit},
    {"MET_AT_RECIPIENT_OFFICE ACCEPTED_IN_RECIPIENT_CITY ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE "
     "ACCEPTED_AT_DELIVERY_WAREHOUSE",
     status::in_transit},
    {"ENTERED_TO_OFFICE_TRANSIT_WAREHOUSE ENTERED_TO_DELIVERY_WAREHOUSE ENTERED_TO_WAREHOUSE_ON_DEMAND "
     "IN_CUSTOMS_INTERNATIONAL",
     status::in_transit},
    {"SHIPPED_TO_DESTINATION PASSED_TO_TRANSIT_CARRIER IN_CUSTOMS_LOCAL CUSTOMS_COMPLETE", status::in_transit},
    {"ACCEPTED_AT_PICK_UP_POINT ACCEPTED_AT_WAREHOUSE_ON_DEMAND POSTOMAT_POSTED", status::ready_for_pickup},
    {"TAKEN_BY_COURIER ISSUED_FOR_DELIVERY", status::out_for_delivery},
    {"DELIVERED POSTOMAT_RECEIVED", status::delivered},
    {"NOT_DELIVERED POSTOMAT_SEIZED", status::returning},
};

TEST(cdek_dictionaries, every_status_and_alias) {
  std::size_t seen = 0;
  for (const auto& row : status_cases) {
    std::istringstream words(row.codes);
    for (std::string code; words >> code; ++seen) {
      const auto m = meaning_of(code, "", false);
      EXPECT_TRUE(m.known) << code;
      EXPECT_EQ(m.canonical, row.expected) << code;
      EXPECT_TRUE(meaning_of(" " + code + " ", "", false).known) << "blanks around a code were seen";
    }
  }
  std::size_t rows = 0;
  for (const auto& r : status_rows()) rows += r.alias.empty() ? 1U : 2U;
  EXPECT_EQ(seen, rows) << "a row of the table without a case here";
  EXPECT_FALSE(meaning_of("BRAND_NEW", "", false).known);
  EXPECT_FALSE(meaning_of("", "", false).known);
}

TEST(cdek_dictionaries, reasons_turn_the_final_statuses) {
  for (const auto& r : reason_rows()) {
    const std::string code = std::to_string(r.code);
    EXPECT_FALSE(reason_text(code).empty());
    const auto expected = r.code == 26 ? status::lost : r.code == 27 ? status::problem : status::returning;
    EXPECT_EQ(meaning_of("NOT_DELIVERED", code, false).canonical, expected) << code;
  }
  EXPECT_EQ(reason_rows().size(), 31U);
  EXPECT_EQ(meaning_of("DELIVERED", "20", false).canonical, status::partially_delivered);
  EXPECT_EQ(meaning_of("DELIVERED", "", false).canonical, status::delivered);
  EXPECT_EQ(meaning_of("TAKEN_BY_COURIER", "26", false).canonical, status::out_for_delivery);
  EXPECT_TRUE(reason_text("28").empty());
  EXPECT_TRUE(reason_text("x").empty());
}

TEST(cdek_dictionaries, the_way_back) {
  EXPECT_EQ(meaning_of("DELIVERED", "", true).canonical, status::returned);
  EXPECT_EQ(meaning_of("DELIVERED", "20", true).canonical, status::returned);
  for (const char* code : {"CREATED", "RECEIVED_AT_SHIPMENT_WAREHOUSE", "SENT_TO_RECIPIENT_CITY",
                           "ACCEPTED_AT_PICK_UP_POINT", "TAKEN_BY_COURIER"})
    EXPECT_EQ(meaning_of(code, "", true).canonical, status::returning) << code;
  EXPECT_EQ(meaning_of("NOT_DELIVERED", "11", true).canonical, status::problem);
  EXPECT_EQ(meaning_of("NOT_DELIVERED", "26", true).canonical, status::lost);
}

TEST(cdek_dictionaries, delivery_problems_and_failed_calls) {
  for (const int code :
       {1, 9, 11, 13, 17, 19, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 52, 53, 54, 55, 56, 57})
    EXPECT_FALSE(problem_text(std::to_string(code)).empty()) << code;
  EXPECT_EQ(problem_rows().size(), 27U);
  for (int code = 1; code <= 8; ++code) EXPECT_FALSE(failed_call_text(std::to_string(code)).empty()) << code;
  EXPECT_TRUE(problem_text("2").empty());
}

struct error_case {
  const char* codes;
  errc expected;
};
const error_case error_cases[] = {
    {"v2_internal_error v2_similar_request_still_processed v2_entity_empty", errc::unavailable},
    {"unauthorized v2_token_expired v2_authorization_incorrect invalid_client", errc::forbidden},
    {"v2_recipient_location_not_recognized v2_sender_location_not_recognized shipment_location_is_not_recognized "
     "delivery_location_is_not_recognized v2_delivery_address_multivalued v2_shipment_address_multivalued code_invalid "
     "err_pvz_with_tariff_mistake ERR_PVZ_WEIGHT_LIMIT v2_order_location_to_and_delivery_point_empty "
     "v2_order_location_from_and_shipment_point_empty",
     errc::address},
    {"v2_bad_request v2_field_is_empty v2_parameters_empty v2_invalid_format v2_invalid_value_type "
     "v2_number_items_is_more_126 "
     "v2_order_number_empty orders_number_is_empty v2_package_id_is_empty v2_city_can_not_be_changed v2_wrong_interval "
     "v2_impossible_register_date v2_unable_add_service VE_ADDITIONAL_SERVICE_UNAVAILABLE ve_calc_as_order_type "
     "err_result_service_empty err_result_servicelist_empty err_invalid_tariff_with_ordertype "
     "err_invalid_tariff_with_dimentions "
     "error_validate_package_article_not_unique error_validate_good_invalid_label "
     "error_validate_postamat_package_count "
     "error_validate_postamat_package_weight error_validate_receiver_phone_number_incorrect v2_refusal_error "
     "v2_webhook_type_incorrect v2_entity_invalid",
     errc::rejected},
    {"error_validate_im_dep_number_has_already_had_integration v2_update_forbidden v2_order_forbidden "
     "v2_entity_forbidden "
     "v2_entity_has_final_status v2_intake_exists_by_order v2_intake_exists_by_date_address",
     errc::conflict},
    {"v2_entity_not_found v2_entity_not_found_im_number v2_order_not_found v2_entity_expired", errc::not_found},
};

TEST(cdek_dictionaries, every_error_code_in_any_letter_case) {
  std::size_t seen = 0;
  for (const auto& row : error_cases) {
    std::istringstream words(row.codes);
    for (std::string code; words >> code; ++seen) {
      EXPECT_EQ(meaning_of_code(code), row.expected) << code;
      EXPECT_EQ(meaning_of_code(lower_ascii(code)), row.expected) << code;
      for (char& c : code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      EXPECT_EQ(meaning_of_code(code), row.expected) << code;
    }
  }
  EXPECT_EQ(seen, error_rows().size());
  EXPECT_EQ(meaning_of_code("error_validate_something_new"), errc::rejected);
  EXPECT_EQ(meaning_of_code("v3_third_location_not_recognized"), errc::address);
  EXPECT_EQ(meaning_of_code("v2_thing_not_found"), errc::not_found);
  EXPECT_EQ(meaning_of_code("v2_thing_forbidden"), errc::conflict);
  EXPECT_EQ(meaning_of_code(""), errc::rejected);
}

TEST(cdek_errors, every_shape_is_read) {
  struct row {
    const char* body;
    int status;
    call_kind kind;
    errc expected;
    const char* peer_code;
  };
  const row rows[] = {
      {R"({"requests":[{"type":"CREATE","state":"INVALID","errors":[{"code":"v2_field_is_empty","message":"[a] is empty"}]}]})",
       400, call_kind::change, errc::rejected, "v2_field_is_empty"},
      {R"({"errors":[{"code":"err_result_service_empty","additional_code":"0x1","message":"none"}],"warnings":[]})",
       400, call_kind::read, errc::rejected, "err_result_service_empty"},
      {R"({"alerts":[{"type":"danger","msg":"denied","errorCode":"gate_denied"}]})", 403, call_kind::read,
       errc::forbidden, "gate_denied"},
      {R"({"alerts":[{"type":"danger","msg":"denied"}]})", 400, call_kind::read, errc::rejected, ""},
      {R"({"error":"invalid_client","error_description":"Bad client credentials"})", 401, call_kind::read,
       errc::forbidden, "invalid_client"},
      {R"({"requests":[{"type":"GET","errors":[{"code":"v2_entity_not_found","message":"x"}]}]})", 400, call_kind::read,
       errc::not_found, "v2_entity_not_found"},
      {R"({"requests":[{"type":"GET","errors":[{"code":"v2_order_not_found","message":"x"}]}]})", 404, call_kind::read,
       errc::not_found, "v2_order_not_found"},
      {"<html>502</html>", 502, call_kind::read, errc::unavailable, "http_502"},
      {"<html>502</html>", 502, call_kind::change, errc::outcome_unknown, "http_502"},
      {"", 504, call_kind::change, errc::outcome_unknown, "http_504"},
      {"", 503, call_kind::change, errc::throttled, "http_503"},
      {"", 429, call_kind::read, errc::throttled, "http_429"},
      {"", 302, call_kind::read, errc::protocol, "http_302"},
      {"", 404, call_kind::read, errc::protocol, "http_404"},
      {"{\"errors\":", 400, call_kind::read, errc::protocol, "http_400"},
      {R"({"errors":[{"code":"v2_internal_error","message":"x"}]})", 500, call_kind::read, errc::unavailable,
       "http_500"},
      // Of several the one that a person must mend leads.
      {R"({"errors":[{"code":"v2_internal_error"},{"code":"v2_field_is_empty","message":"b"},{"code":"code_invalid","message":"c"}]})",
       400, call_kind::read, errc::address, "code_invalid"},
  };
  for (const row& r : rows) {
    http_response answer;
    answer.status = r.status;
    answer.body = r.body;
    const fault f = fault_from(answer, r.kind);
    EXPECT_EQ(f.code, r.expected) << r.status << " " << r.body << ": " << f.what;
    EXPECT_EQ(f.peer_code, r.peer_code) << r.body;
    EXPECT_FALSE(f.what.empty());
  }
  http_response slow;
  slow.status = 429;
  slow.headers.emplace_back("retry-after", "7");
  EXPECT_EQ(fault_from(slow, call_kind::read).retry_after, std::chrono::seconds(7));
  slow.headers[0].second = "Wed, 21 Oct 2026 07:28:00 GMT";
  EXPECT_EQ(fault_from(slow, call_kind::read).retry_after.count(), 0);
}

TEST(cdek_errors, hostile_answers_do_no_harm) {
  for (const char* body : {"[]", "1", "null", "\"x\"", R"({"errors":{}})", R"({"errors":[1,null,{}]})",
                           R"({"requests":{"a":1}})", R"({"requests":[[],{"errors":5}]})"}) {
    http_response answer;
    answer.status = 400;
    answer.body = body;
    EXPECT_FALSE(fault_from(answer, call_kind::read).what.empty()) << body;
  }
}

TEST(cdek_text, peers_sentences_are_made_harmless) {
  EXPECT_EQ(harmless("Номер +7 (916) 123-45-67 неверный\n\n"), "Номер +*** неверный");
  EXPECT_EQ(harmless("mail m.kotova@example.ru is wrong"), "mail *** is wrong");
  EXPECT_EQ(harmless("Превышен вес 15000 г, заказ 12345"), "Превышен вес 15000 г, заказ 12345");
  EXPECT_EQ(characters(harmless(std::string(5000, 'x'))), 300U);
  EXPECT_EQ(shortened("Привет", 3), "При");
  EXPECT_EQ(clean_code("A B\n<C>"), "ABC");
  EXPECT_TRUE(is_uuid("0f1c2b7e-6c1e-4d0c-9a51-2f5a6f1f0a11"));
  EXPECT_FALSE(is_uuid("0f1c2b7e-6c1e-4d0c-9a51-2f5a6f1f0a1/"));
  EXPECT_TRUE(is_e164("+79161234567"));
  for (const char* bad : {"", "79161234567", "+7916", "+0916123456", "+7916123456789012", "+7916a234567"})
    EXPECT_FALSE(is_e164(bad)) << bad;
}

} // namespace
} // namespace waybill::cdek::test
