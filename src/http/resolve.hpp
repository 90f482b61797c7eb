// Name to addresses, with a deadline. Private to the room.
#pragma once
#include <waybill/async.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace waybill::http {

// unavailable: no such name, no answer in time. cancelled: the caller was. Never empty.
awaitable<result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                                std::chrono::steady_clock::time_point until);

} // namespace waybill::http
