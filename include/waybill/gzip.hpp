// gzip for peers that insist on it, and for stand-ins that play them.
#pragma once
#include <waybill/error.hpp>
#include <waybill/http.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace waybill {

// One gzip stream, or several in a row, and nothing behind them. Faults: protocol, when it is broken, cut short or
// holds more than `most` bytes; no more than that is ever kept.
result<std::string> gunzip(std::string_view packed, std::size_t most);
std::string gzip(std::string_view plain);

// True when the Accept-Encoding of a request admits gzip.
bool accepts_gzip(const http_headers& headers);
// Unpacks a body whose Content-Encoding is gzip and takes that header (and the packed length) away; leaves everything
// else as it is. Faults as of gunzip.
result<void> unpack_answer(http_response& answer, std::size_t most);

} // namespace waybill
