#include <http/response_parser.hpp>

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace waybill::http {
namespace {

using boost::beast::http::error;

constexpr std::size_t most_header_bytes = 64 * 1024;
constexpr std::size_t most_fields = 200;
constexpr std::uint64_t most_reserved = 256 * 1024; // a claimed length is only a claim

} // namespace

response_parser::response_parser(http_response& into, std::size_t most_body_bytes, bool bodyless) : into_(into) {
  header_limit(most_header_bytes);
  body_limit(most_body_bytes);
  skip(bodyless);
}

std::size_t response_parser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !is_done() && problem_.empty()) {
    const auto rest = bytes.substr(used);
    const bool in_header = !is_header_done();
    error_code ec;
    const std::size_t n = put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
    used += n;
    if (in_header) {
      header_bytes_ += n;
      if (header_bytes_ + (is_header_done() ? 0 : rest.size() - n) > most_header_bytes) ec = error::header_limit;
    }
    if (ec == error::need_more) break;
    if (ec == error::body_limit) problem_ = "the answer is too large";
    else if (ec == error::header_limit) problem_ = "the answer's header is too large";
    else if (ec) problem_ = "the answer is not valid HTTP";
  }
  return used;
}

bool response_parser::feed_end() {
  if (!got_some() || is_done() || !problem_.empty()) return false;
  error_code ec;
  put_eof(ec);
  return !ec;
}

void response_parser::on_field_impl(boost::beast::http::field name, string_view name_text, string_view value,
                                    error_code& ec) {
  if (header_done_) return; // trailers
  if (into_.headers.size() == most_fields) {
    ec = error::header_limit;
    return;
  }
  if (name == boost::beast::http::field::transfer_encoding) {
    ++encodings_;
    chunked_exactly_ = boost::beast::iequals(value, "chunked");
  }
  into_.headers.emplace_back(std::piecewise_construct, std::forward_as_tuple(name_text.data(), name_text.size()),
                             std::forward_as_tuple(value.data(), value.size()));
}

// Any other coding would be read as "until the end of the connection", its bytes taken for the body.
void response_parser::on_header_impl(error_code& ec) {
  header_done_ = true;
  if (encodings_ > 0 && (encodings_ > 1 || !chunked_exactly_)) ec = error::bad_transfer_encoding;
}

void response_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (length) into_.body.reserve(static_cast<std::size_t>(std::min(*length, most_reserved)));
}

std::size_t response_parser::on_body_impl(string_view part, error_code&) {
  into_.body.append(part.data(), part.size());
  return part.size();
}

std::size_t response_parser::on_chunk_body_impl(std::uint64_t, string_view part, error_code&) {
  into_.body.append(part.data(), part.size());
  return part.size();
}

} // namespace waybill::http
