// Beast's message parser writing straight into our own request, plus what Beast lets through and we refuse.
#pragma once
#include <http/server.hpp>
#include <waybill/http.hpp>

#include <cstdint>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

namespace waybill::http {

// Why a request is refused; the texts are literals. status 0: it is not.
struct refusal {
  int status{0};
  std::string_view code, message;
  explicit operator bool() const { return status != 0; }
};

class request_parser final : public boost::beast::http::basic_parser<true> {
 public:
  using error_code = boost::beast::error_code;

  // Both must outlive the parser.
  request_parser(http_request& into, const server_options& how);

  // Feeds what has been read and tells how many bytes were used; afterwards is_done(), refused() or more is needed.
  std::size_t feed(std::string_view bytes);
  // The caller closed its side in the middle of a request.
  void feed_end() { refuse(400, "malformed", "the request ended too early"); }
  // It took too long to send one.
  void feed_silence() { refuse(408, "timeout", "the request did not arrive in time"); }
  // A chunk's header or the trailers outgrew the buffer.
  void feed_flood() { refuse(431, "headers_too_large", "the trailers are too large"); }
  const refusal& refused() const { return refused_; }
  // "Expect: 100-continue" of a request that has a body still to come.
  bool wants_continue() const { return expects_continue_; }

 private:
  using string_view = boost::beast::string_view;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(field name, string_view name_text, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
  std::size_t on_body_impl(string_view part, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code&) override;
  void on_finish_impl(error_code&) override {}

  void take_target(std::string_view target);
  void refuse(int status, std::string_view code, std::string_view message);
  void refuse_malformed(std::string_view message, error_code& ec);
  void translate(const error_code& ec);

  http_request& request_;
  const server_options& how_;
  refusal refused_;
  std::size_t header_bytes_{0};
  int hosts_{0}, encodings_{0};
  bool chunked_exactly_{false}, expects_continue_{false}, header_done_{false};
};

} // namespace waybill::http
