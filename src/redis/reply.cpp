#include <redis/reply.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <hiredis/hiredis.h>

namespace waybill::redis {
namespace {

errc kind_of(std::string_view word) {
  // The command was not carried out, and the same server (or its successor) will take it later.
  static constexpr std::array<std::string_view, 9> later{
      "LOADING", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "MISCONF", "OOM", "BUSY"};
  static constexpr std::array<std::string_view, 4> rights{"NOAUTH", "NOPERM", "WRONGPASS", "DENIED"};
  if (std::ranges::find(later, word) != later.end()) return errc::unavailable;
  if (std::ranges::find(rights, word) != rights.end()) return errc::forbidden;
  return errc::rejected;
}

} // namespace

reply copy(const redisReply& from) {
  reply r;
  switch (from.type) {
  case REDIS_REPLY_INTEGER:
    r.type = reply::kind::integer;
    r.integer = from.integer;
    break;
  case REDIS_REPLY_STATUS:
    r.type = reply::kind::status;
    r.text.assign(from.str, from.len);
    break;
  case REDIS_REPLY_STRING:
  case REDIS_REPLY_ERROR:
    r.type = reply::kind::text;
    r.text.assign(from.str, from.len);
    break;
  case REDIS_REPLY_ARRAY:
    r.type = reply::kind::array;
    r.items.reserve(from.elements);
    for (std::size_t i = 0; i < from.elements; ++i) r.items.push_back(copy(*from.element[i]));
    break;
  default: break; // REDIS_REPLY_NIL
  }
  return r;
}

fault error_of(std::string_view text) {
  constexpr std::size_t longest = 300;
  // "unknown command 'x', with args beginning with: ..." repeats what we sent, which may be a customer's.
  text = text.substr(0, text.find(", with args beginning with"));
  text = text.substr(0, longest);
  const auto word = text.substr(0, text.find_first_of(" \r\n"));
  return fault{kind_of(word), "Redis answered: " + std::string(text), {}, std::string(word)};
}

} // namespace waybill::redis
