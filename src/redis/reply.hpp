// From hiredis' replies to ours. Inside the room only.
#pragma once
#include <redis/connection.hpp>
#include <waybill/error.hpp>

#include <string_view>

struct redisReply;

namespace waybill::redis {

// Copies; an error inside an array (of EXEC, of a script) is kept as text.
reply copy(const redisReply& from);
// An error reply as a fault: what the server may heal by itself is `unavailable`, rights are `forbidden`, the rest is
// `rejected`; peer_code is the reply's first word. Arguments that the server echoes are cut off.
fault error_of(std::string_view text);

} // namespace waybill::redis
