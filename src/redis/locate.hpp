// From a configured endpoint to places that can be connected to: names and Sentinel. Inside the room only.
#pragma once
#include <redis/connection.hpp>
#include <redis/link.hpp>
#include <waybill/async.hpp>
#include <waybill/error.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::redis {

// "host:port", "[::1]:port", a bare host (then `otherwise`).
struct host_port {
  std::string host;
  std::uint16_t port{0};
};
result<host_port> parse_host_port(std::string_view text, std::uint16_t otherwise);

// All addresses of a name, by Asio: hiredis would block the loop. Never empty.
awaitable<result<std::vector<target>>> resolve(executor ex, host_port where, std::chrono::milliseconds limit);

// The places to try in turn. With sentinels: where the master is, from the first of them that knows; that one is moved
// to the front of the list.
awaitable<result<std::vector<target>>> locate(executor ex, std::shared_ptr<endpoint> where,
                                              std::chrono::milliseconds limit);

// ROLE says master; otherwise a fault (unavailable). Sentinel may still name the old one.
awaitable<result<void>> demand_master(std::shared_ptr<link> l);

} // namespace waybill::redis
