// Beast's message parser writing straight into our own response, with limits. Private to the client.
#pragma once
#include <waybill/http.hpp>

#include <cstdint>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

namespace waybill::http {

class response_parser final : public boost::beast::http::basic_parser<false> {
 public:
  using error_code = boost::beast::error_code;

  // `bodyless`: the answer to HEAD or CONNECT.
  response_parser(http_response& into, std::size_t most_body_bytes, bool bodyless);

  // Feeds what has been read and tells how many bytes were used; afterwards is_done(), problem() or more is needed.
  std::size_t feed(std::string_view bytes);
  // The peer closed. True when that is how this answer ends.
  bool feed_end();
  // What is wrong with the answer; a literal, empty while all is well.
  std::string_view problem() const { return problem_; }

 private:
  using string_view = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override { into_.status = status; }
  void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
  std::size_t on_body_impl(string_view part, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code&) override;
  void on_finish_impl(error_code&) override {}

  http_response& into_;
  std::string_view problem_;
  std::size_t header_bytes_{0};
  int encodings_{0};
  bool chunked_exactly_{false}, header_done_{false};
};

} // namespace waybill::http
