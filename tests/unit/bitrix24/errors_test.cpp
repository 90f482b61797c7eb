#include <bitrix24/errors.hpp>
#include <waybill/json.hpp>

#include <gtest/gtest.h>

namespace waybill::bitrix24 {
namespace {

struct row {
  std::string name, code, text;
  int status;
  errc read, write;
};
void PrintTo(const row& r, std::ostream* out) { *out << r.name; }

class PortalError : public ::testing::TestWithParam<row> {};

TEST_P(PortalError, HasItsKind) {
  const auto& r = GetParam();
  peer_error e;
  e.code = r.code;
  e.text = r.text;
  e.status = r.status;
  EXPECT_EQ(to_string(classify(e, false).code), to_string(r.read));
  EXPECT_EQ(to_string(classify(e, true).code), to_string(r.write));
  EXPECT_EQ(classify(e, false).peer_code, r.code);
  // Only what the manager can mend is told in the portal's own words.
  if (r.read != errc::rejected && !r.text.empty()) {
    EXPECT_EQ(classify(e, false).what.find(r.text), std::string::npos);
  }
}

const auto f = errc::forbidden;
const auto rej = errc::rejected;
INSTANTIATE_TEST_SUITE_P(
    Table, PortalError,
    ::testing::Values(
        row{"rate", "QUERY_LIMIT_EXCEEDED", "Too many requests", 503, errc::throttled, errc::throttled},
        row{"rate_lower_case", "query_limit_exceeded", "", 503, errc::throttled, errc::throttled},
        row{"operating", "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429, errc::throttled,
            errc::throttled},
        row{"operating_in_batch", "OPERATION_TIME_LIMIT", "", 0, errc::throttled, errc::throttled},
        row{"overload", "OVERLOAD_LIMIT", "REST API is blocked due to overload", 503, f, f},
        row{"internal", "INTERNAL_SERVER_ERROR", "Internal server error", 500, errc::unavailable,
            errc::outcome_unknown},
        row{"unexpected", "ERROR_UNEXPECTED_ANSWER", "", 500, errc::unavailable, errc::outcome_unknown},
        row{"sql", "ERROR_CORE", "SQL query error!", 500, errc::unavailable, errc::outcome_unknown},
        row{"core_text", "ERROR_CORE", "Неверное имя поля", 400, rej, rej},
        row{"unknown_500", "SOMETHING", "x", 500, errc::unavailable, errc::outcome_unknown},
        row{"bad_token", "invalid_token", "", 401, f, f},
        row{"no_auth", "NO_AUTH_FOUND", "Wrong authorization data", 401, f, f},
        row{"bad_webhook", "INVALID_CREDENTIALS", "Invalid request credentials", 401, f, f},
        row{"scope", "insufficient_scope", "The request requires higher privileges", 403, f, f},
        row{"denied", "ACCESS_DENIED", "Access denied", 400, f, f},
        row{"plan", "ACCESS_DENIED", "REST API is available only on commercial plans", 403, f, f},
        row{"catalog_rights", "200040300010", "Access Denied", 400, f, f},
        row{"payment", "PAYMENT_REQUIRED", "", 401, f, f},
        row{"webhook_context", "WRONG_AUTH_TYPE", "Application context required", 403, f, f},
        row{"deleted_portal", "PORTAL_DELETED", "", 403, f, f}, row{"confirm", "METHOD_CONFIRM_WAITING", "", 401, f, f},
        row{"not_found", "NOT_FOUND", "Элемент не найден", 400, errc::not_found, errc::not_found},
        row{"not_found_empty_code", "", "Not found", 400, errc::not_found, errc::not_found},
        row{"not_found_russian", "", "Элемент Не Найден", 400, errc::not_found, errc::not_found},
        row{"product_gone", "0", "product does not exist.", 400, errc::not_found, errc::not_found},
        row{"owner", "OWNER_NOT_FOUND", "", 400, errc::not_found, errc::not_found},
        row{"denied_empty_code", "", "Access denied.", 400, f, f},
        row{"denied_russian", "-", "НЕДОСТАТОЧНО ПРАВ на смену стадии", 400, f, f},
        row{"no_method", "ERROR_METHOD_NOT_FOUND", "Method not found!", 404, errc::protocol, errc::protocol},
        row{"argument", "INVALID_ARG_VALUE", "Invalid filter: field 'X' is not allowed in filter", 400, rej, rej},
        row{"field_value", "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Неверное значение поля \"Сумма\"", 400, rej, rej},
        row{"required", "CRM_FIELD_ERROR_REQUIRED", "Поле \"Адрес\" обязательно", 400, rej, rej},
        row{"hundred", "100", "Could not find value for parameter {fields}", 400, rej, rej},
        row{"zero", "0", "Required fields: iblockId", 400, rej, rej},
        row{"empty_code", "", "Parameter 'fields' must be array", 400, rej, rej},
        row{"plan_of_items", "UPDATE_DYNAMIC_ITEM_RESTRICTED", "", 400, f, f},
        row{"disk", "", "Исчерпан выделенный дисковый ресурс", 400, f, f},
        row{"batch_length", "ERROR_BATCH_LENGTH_EXCEEDED", "", 400, errc::protocol, errc::protocol},
        row{"https", "INVALID_REQUEST", "Https required", 400, errc::protocol, errc::protocol},
        row{"request_gone", "REQUEST_NOT_FOUND", "Request has not been found", 400, errc::not_found, errc::not_found},
        row{"unknown_403", "WHATEVER", "no", 403, f, f}, row{"unknown_400", "WHATEVER", "no", 400, rej, rej},
        row{"intranet", "allowed_only_intranet_user", "", 403, f, f}),
    [](const auto& one) { return one.param.name; });

TEST(PortalError, ReadsCodesOfEveryKind) {
  struct {
    const char* body;
    int status;
    bool is_error;
    const char* code;
  } cases[]{{R"({"error":"NOT_FOUND","error_description":"x"})", 400, true, "NOT_FOUND"},
            {R"({"error":"","error_description":"Not found"})", 400, true, ""},
            {R"({"error":0,"error_description":"x"})", 400, true, "0"},
            {R"({"error":200040300010,"error_description":"x"})", 400, true, "200040300010"},
            {R"({"error":"ERROR_ARGUMENT","error_description":"x"})", 200, true, "ERROR_ARGUMENT"},
            {R"({"result":true})", 200, false, ""},
            {R"({"result":true})", 500, true, ""},
            {R"([])", 500, false, ""}};
  for (const auto& c : cases) {
    peer_error e;
    EXPECT_EQ(read_error(*json::parse(c.body), c.status, e), c.is_error) << c.body;
    EXPECT_EQ(e.code, c.code) << c.body;
  }
}

TEST(PortalError, AnswersWithoutJsonAreJudgedByTheirStatus) {
  EXPECT_EQ(classify_status(502, false).code, errc::unavailable);
  EXPECT_EQ(classify_status(502, true).code, errc::outcome_unknown);
  EXPECT_EQ(classify_status(403, true).code, errc::forbidden);
  EXPECT_EQ(classify_status(404, false).code, errc::protocol) << "never taken for a deleted deal";
  EXPECT_EQ(classify_status(429, true).code, errc::throttled);
  EXPECT_EQ(classify_status(200, false).code, errc::protocol);
  EXPECT_EQ(classify_status(200, true).code, errc::outcome_unknown);
}

TEST(PortalError, TheManagersTextIsCutAndCleaned) {
  peer_error e;
  e.code = "X";
  e.status = 400;
  for (int i = 0; i < 600; ++i) e.text += "ж";
  EXPECT_EQ(classify(e, false).what.size(), 1000U);
  EXPECT_EQ(tidy("Поле <b>Адрес</b>\nпусто, 5 < 6", 100), "Поле Адрес пусто, 5 < 6");
}

} // namespace
} // namespace waybill::bitrix24
