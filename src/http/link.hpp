// One outgoing connection: opened once, used for one exchange at a time. Private to the client.
#pragma once
#include <http/buffer.hpp>
#include <http/proxy.hpp>
#include <http/url.hpp>
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace waybill::http {

using steady = std::chrono::steady_clock;

// Where a connection leads and how.
struct destination {
  url to;
  std::optional<proxy> through;
  bool public_addresses_only{false};
  std::chrono::milliseconds connect_timeout{10'000};
  std::shared_ptr<asio::ssl::context> tls; // for https
};

// A request as bytes, and what to expect of the answer.
struct outgoing {
  std::string head;
  std::string body;
  bool bodyless_answer{false}; // HEAD
  std::size_t most_answer_bytes{0};
};

// How an exchange ended. `answer` is whole only if ended == ok.
struct exchange_outcome {
  enum class end { ok, lost, timed_out, cancelled, broken } ended{end::lost};
  http_response answer;
  bool sent_any{false}; // bytes of the request may have left
  bool got_any{false};  // bytes of an answer came
  bool reusable{false};
  std::string why; // one sentence without host, for the fault
};

class link : public std::enable_shared_from_this<link> {
 public:
  using tcp = asio::ip::tcp;

  explicit link(const executor& ex) : ex_(ex), socket_(ex), alarm_(ex), buffer_(128 * 1024) {}

  // Resolves, connects, passes the proxy, shakes hands and verifies the name. Nothing of the request is sent, so its
  // faults are unavailable, cancelled or (public_addresses_only) forbidden. Call it once.
  awaitable<result<void>> open(std::shared_ptr<const destination> where, steady::time_point until);
  awaitable<exchange_outcome> exchange(std::shared_ptr<const outgoing> message, steady::time_point until);
  // False for a connection that the peer closed or that has bytes nobody asked for.
  bool is_quiet();

  steady::time_point opened_at{}, idle_since{};

 private:
  struct io {
    boost::system::error_code ec;
    std::size_t n{0};
  };
  awaitable<io> write(std::string_view head, std::string_view body);
  awaitable<io> read();
  awaitable<result<void>> connect(std::shared_ptr<const destination> where, steady::time_point until);
  awaitable<result<void>> pass_proxy(std::shared_ptr<const destination> where);
  awaitable<result<void>> shake_hands(std::shared_ptr<const destination> where);
  awaitable<exchange_outcome> read_answer(std::shared_ptr<const outgoing> message, exchange_outcome out,
                                          std::string write_error);

  // From `until` on every operation fails and expired_ is set; the socket is closed, so the link is spent.
  void arm(steady::time_point until);
  void disarm();
  fault open_fault(const std::string& host, const char* step, const boost::system::error_code& ec) const;

  executor ex_;
  tcp::socket socket_;
  std::shared_ptr<asio::ssl::context> context_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  asio::steady_timer alarm_;
  std::size_t alarm_turn_{0};
  bool expired_{false};
  read_buffer buffer_;
};

} // namespace waybill::http
