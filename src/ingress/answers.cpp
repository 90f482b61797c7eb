#include <ingress/answers.hpp>

namespace waybill::ingress {

http_response accepted(bool fresh) {
  return json_response(200, fresh ? R"({"accepted":true})" : R"({"accepted":true,"known":true})");
}

http_response answer_of(const result<bool>& queued) {
  if (queued) return accepted(*queued);
  const bool full = queued.error().code == errc::throttled;
  http_response answer =
      full ? error_response(503, "queue_full", "too much work is waiting; try again later")
           : error_response(503, "unavailable", "the event cannot be kept safely now; try again later");
  answer.headers.emplace_back("Retry-After", full ? "30" : "5");
  return answer;
}

} // namespace waybill::ingress
