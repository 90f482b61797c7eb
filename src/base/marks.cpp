#include <waybill/log.hpp>
#include <waybill/marks.hpp>

namespace waybill {

awaitable<std::string> marks::get(std::string key) const {
  if (cache_ == nullptr) co_return std::string();
  const auto got = co_await cache_->get(std::move(key));
  if (!got) log::warn("a mark could not be read", {{"carrier", whose_}, {"what", got.error().what}});
  co_return got && *got ? **got : std::string();
}

awaitable<void> marks::set(std::string key, std::string value, std::chrono::milliseconds ttl) const {
  if (cache_ == nullptr) co_return;
  const auto put = co_await cache_->put(std::move(key), std::move(value), ttl);
  if (!put) log::warn("a mark could not be kept", {{"carrier", whose_}, {"what", put.error().what}});
}

awaitable<void> marks::drop(std::string key) const {
  if (cache_ == nullptr) co_return;
  const auto gone = co_await cache_->forget(std::move(key));
  if (!gone) log::warn("a mark could not be dropped", {{"carrier", whose_}, {"what", gone.error().what}});
}

} // namespace waybill
