#include <http/request_parser.hpp>

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace waybill::http {
namespace {

using boost::beast::http::error;

constexpr std::size_t most_fields = 100;
// A claimed length is only a claim: memory follows what arrives.
constexpr std::uint64_t most_reserved = 16 * 1024;

// A line that begins with a blank continues the one before (obs-fold). Beast joins them silently; two programs that
// read such a header differently can be played against each other.
bool is_folded(std::string_view lines) {
  for (std::size_t at = lines.find('\n'); at != std::string_view::npos; at = lines.find('\n', at + 1))
    if (at + 1 < lines.size() && (lines[at + 1] == ' ' || lines[at + 1] == '\t')) return true;
  return false;
}

bool is_host(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '/' || c == '\\' || c == '@' || c == '?' ||
           c == '#' || c == '\x7f';
  });
}

} // namespace

request_parser::request_parser(http_request& into, const server_options& how) : request_(into), how_(how) {
  header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(how.max_header_bytes, UINT32_MAX)));
  body_limit(boost::none); // set in on_header_impl: it depends on the path
  request_.headers.reserve(12);
}

std::size_t request_parser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !is_done() && !refused_) {
    const auto rest = bytes.substr(used);
    const bool in_header = !is_header_done();
    error_code ec;
    const std::size_t n = put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
    used += n;
    if (in_header) {
      header_bytes_ += n;
      // Beast measures its limit anew in each call, so fields that trickle in one by one would never reach it.
      const std::size_t pending = is_header_done() ? 0 : rest.size() - n;
      if (!refused_ && header_bytes_ + pending > how_.max_header_bytes) ec = error::header_limit;
      if (!refused_ && is_folded(rest.substr(0, n))) refuse(400, "malformed", "folded header lines are not accepted");
    }
    if (ec == error::need_more) break;
    if (ec) translate(ec);
  }
  return used;
}

void request_parser::refuse(int status, std::string_view code, std::string_view message) {
  if (!refused_) refused_ = {status, code, message};
}

void request_parser::refuse_malformed(std::string_view message, error_code& ec) {
  refuse(400, "malformed", message);
  ec = error::bad_value;
}

void request_parser::translate(const error_code& ec) {
  if (ec == error::body_limit) refuse(413, "too_large", "the body is larger than this address accepts");
  else if (ec == error::header_limit) refuse(431, "headers_too_large", "the header is too large");
  else refuse(400, "malformed", "this is not a valid HTTP request");
}

void request_parser::on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                                     error_code& ec) {
  request_.method.assign(method.data(), method.size());
  request_.http_1_0 = version == 10;
  take_target({target.data(), target.size()});
  if (refused_) ec = error::bad_target;
}

// Of "http://host/path?query" only path and query count: the authority is for proxies.
void request_parser::take_target(std::string_view target) {
  if (!target.starts_with('/')) {
    const auto scheme = target.find("://");
    // "https" is the longest; npos is longer.
    if (scheme > 5) return refuse(400, "malformed", "the request's target is not a path");
    target.remove_prefix(scheme + 3);
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  }
  const auto question = target.find('?');
  request_.path.assign(target.substr(0, question));
  if (request_.path.empty()) request_.path = "/";
  if (question != std::string_view::npos) request_.query.assign(target.substr(question + 1));
}

void request_parser::on_field_impl(field name, string_view name_text, string_view value, error_code& ec) {
  if (header_done_) return; // trailers tell us nothing, and must never replace a header
  if (request_.headers.size() == most_fields) {
    refuse(431, "headers_too_large", "too many header fields");
    ec = error::header_limit;
    return;
  }
  if (name == field::host) {
    ++hosts_;
    if (!is_host({value.data(), value.size()})) return refuse_malformed("the Host header is not a host", ec);
  } else if (name == field::transfer_encoding) {
    ++encodings_;
    chunked_exactly_ = boost::beast::iequals(value, "chunked");
  } else if (name == field::expect) {
    if (!boost::beast::iequals(value, "100-continue")) {
      refuse(417, "expectation_failed", "only 100-continue may be expected");
      ec = error::bad_value;
      return;
    }
    expects_continue_ = !request_.http_1_0;
  }
  request_.headers.emplace_back(std::piecewise_construct, std::forward_as_tuple(name_text.data(), name_text.size()),
                                std::forward_as_tuple(value.data(), value.size()));
}

void request_parser::on_header_impl(error_code& ec) {
  header_done_ = true;
  if (hosts_ > 1 || (hosts_ == 0 && !request_.http_1_0))
    return refuse_malformed("exactly one Host header is required", ec);
  if (encodings_ > 0) {
    if (request_.http_1_0) return refuse_malformed("HTTP/1.0 has no Transfer-Encoding", ec);
    if (encodings_ > 1 || !chunked_exactly_)
      return refuse_malformed("the only Transfer-Encoding accepted is chunked", ec);
  }
  std::size_t most = how_.body_limit_of ? how_.body_limit_of(request_.method, request_.path) : 0;
  if (most == 0) most = how_.max_body_bytes;
  const auto length = content_length();
  if (length && *length > most) ec = error::body_limit;
  else body_limit(most);
}

void request_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (length) request_.body.reserve(static_cast<std::size_t>(std::min(*length, most_reserved)));
}

std::size_t request_parser::on_body_impl(string_view part, error_code&) {
  request_.body.append(part.data(), part.size());
  return part.size();
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, string_view part, error_code&) {
  request_.body.append(part.data(), part.size());
  return part.size();
}

} // namespace waybill::http
