// The answers that all webhook endpoints share.
#pragma once
#include <waybill/error.hpp>
#include <waybill/http.hpp>

namespace waybill::ingress {

// 200: kept, or a repeat of what is kept already.
http_response accepted(bool fresh);
// After an enqueue: 200, or 503 with Retry-After when it could not be kept safely (Redis is down, the lane is full).
http_response answer_of(const result<bool>& queued);

} // namespace waybill::ingress
