// One Redis per test, and connections to it on the test's own loop.
#pragma once
#include <redis/connection.hpp>

#include <memory>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <support/redis_server.hpp>
#include <support/run.hpp>

namespace waybill::test {

class redis_fixture : public ::testing::Test {
 protected:
  std::shared_ptr<redis::connection> connect() {
    redis::endpoint where;
    where.unix_socket = server.socket();
    auto c = std::make_shared<redis::connection>(io.get_executor(), where);
    c->start();
    const auto up = run(io, c->wait_up(std::chrono::seconds(5)));
    EXPECT_TRUE(up.has_value());
    return c;
  }
  void TearDown() override {
    if (link) link->stop();
    io.restart();
    io.poll();
  }
  void SetUp() override { link = connect(); }

  redis_server server;
  asio::io_context io{1};
  std::shared_ptr<redis::connection> link;
};

} // namespace waybill::test
