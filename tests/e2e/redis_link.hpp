// The test's own connection to the daemon's Redis.
#pragma once
#include <redis/connection.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <support/redis_server.hpp>
#include <support/run.hpp>

namespace waybill::test {

class redis_link {
 public:
  explicit redis_link(redis::endpoint where)
      : connection_(std::make_shared<redis::connection>(io_.get_executor(), std::move(where))) {
    connection_->start();
    if (!run(connection_->wait_up(std::chrono::seconds(10)))) throw std::runtime_error("Redis does not answer");
  }
  explicit redis_link(const redis_server& server) : redis_link(place(server)) {}
  ~redis_link() { connection_->stop(); }
  redis_link(const redis_link&) = delete;
  redis_link& operator=(const redis_link&) = delete;

  template <class T> T run(awaitable<T> task) { return test::run(io_, std::move(task)); }
  redis::reply ask(const std::vector<std::string>& words) {
    const redis::args views(words.begin(), words.end());
    auto got = run(connection_->command(views));
    if (!got) throw std::runtime_error("Redis: " + got.error().what);
    return std::move(*got);
  }
  executor get_executor() { return io_.get_executor(); }
  const std::shared_ptr<redis::connection>& connection() const { return connection_; }

 private:
  static redis::endpoint place(const redis_server& server) {
    redis::endpoint where;
    where.unix_socket = server.socket();
    return where;
  }
  asio::io_context io_{1};
  std::shared_ptr<redis::connection> connection_;
};

} // namespace waybill::test
