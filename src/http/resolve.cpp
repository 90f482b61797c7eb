#include <http/resolve.hpp>

namespace waybill::http {
namespace {

using asio::ip::tcp;

// Asio's resolver runs getaddrinfo on a thread of its own and cannot be interrupted, so nobody waits for it directly:
// the coroutine waits for a timer that the answer cancels, and a late answer finds nobody.
struct lookup {
  explicit lookup(const executor& ex) : resolver(ex), answered(ex) {}
  tcp::resolver resolver;
  asio::steady_timer answered;
  bool ready{false};
  boost::system::error_code error;
  std::vector<tcp::endpoint> found;
};

void begin(const std::shared_ptr<lookup>& l, const std::string& host, std::uint16_t port) {
  l->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                            [l](const boost::system::error_code& ec, const tcp::resolver::results_type& entries) {
                              l->ready = true;
                              l->error = ec;
                              for (const auto& e : entries) l->found.push_back(e.endpoint());
                              l->answered.cancel();
                            });
}

} // namespace

awaitable<result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                      std::chrono::steady_clock::time_point until) {
  boost::system::error_code not_literal;
  const auto address = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    std::vector<tcp::endpoint> one{tcp::endpoint{address, port}};
    co_return one;
  }
  const auto ex = co_await asio::this_coro::executor;
  const auto l = std::make_shared<lookup>(ex);
  begin(l, host, port);
  l->answered.expires_at(until);
  const auto [waited] = co_await l->answered.async_wait(as_result);
  if (!l->ready) {
    l->resolver.cancel();
    if (waited) co_return fail(errc::cancelled, "cancelled while looking up " + host);
    co_return fail(errc::unavailable, host + ": the name could not be looked up in time", "dns");
  }
  if (l->error || l->found.empty())
    co_return fail(errc::unavailable, host + ": the name cannot be looked up (" + l->error.message() + ")", "dns");
  co_return std::move(l->found);
}

} // namespace waybill::http
