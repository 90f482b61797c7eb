// What the tests of this room share.
#pragma once
#include <redis/connection.hpp>
#include <waybill/async.hpp>

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/redis_server.hpp>
#include <support/run.hpp>

namespace waybill::redis::test {

using waybill::test::eventually;
using waybill::test::redis_server;
using waybill::test::run;
using namespace std::chrono_literals;

inline endpoint at(const redis_server& server) {
  endpoint e;
  e.unix_socket = server.socket();
  return e;
}

// Quick to notice and to come back; the defaults are made for production.
inline options quick() {
  options o;
  o.connect_timeout = 500ms;
  o.command_timeout = 300ms;
  o.backoff_first = 5ms;
  o.backoff_most = 40ms;
  return o;
}

// A started connection that is up.
inline std::shared_ptr<connection> connected(asio::io_context& io, endpoint where, options how = {}) {
  auto c = std::make_shared<connection>(io.get_executor(), std::move(where), std::move(how));
  c->start();
  auto up = run(io, c->wait_up(10s));
  EXPECT_TRUE(up) << (up ? "" : up.error().what);
  return c;
}

inline result<reply> ask(asio::io_context& io, connection& c, std::initializer_list<std::string_view> words) {
  return run(io, c.command(words));
}

// What a command line of the server cannot say: users, the password, once it runs.
inline void configure(const redis_server& server, std::initializer_list<std::string_view> words) {
  asio::io_context io{1};
  auto done = ask(io, *connected(io, at(server)), words);
  EXPECT_TRUE(done) << (done ? "" : done.error().what);
}

} // namespace waybill::redis::test
