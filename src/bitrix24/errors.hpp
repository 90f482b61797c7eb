// What the portal's errors mean to us: a table of codes, statuses and texts.
#pragma once
#include <waybill/error.hpp>

#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace waybill::bitrix24 {

// An error as the portal words it. `status` is 0 inside a batch.
struct peer_error {
  std::string code;
  std::string text;
  int status{0};
};

// The error in an answer's body ({"error": ..., "error_description": ...}); code is "" when it is empty or absent.
// Numbers become text. False: the body holds no error.
bool read_error(const boost::json::value& body, int status, peer_error& out);

// `write`: failures after which nobody knows whether it was carried out become outcome_unknown.
// The portal's own text is in `what` only with `rejected`: that is what the manager can mend.
fault classify(const peer_error& e, bool write);
// An answer that is no JSON: only its status speaks.
fault classify_status(int status, bool write);

bool is_expired_token(const peer_error& e);
bool is_request_limit(const peer_error& e);   // the whole portal is over its rate
bool is_operating_limit(const peer_error& e); // one method is over its time

// At most `most` characters of UTF-8, without markup and control characters.
std::string tidy(std::string_view text, std::size_t most);

} // namespace waybill::bitrix24
