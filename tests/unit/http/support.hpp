// What the tests of this room share: a server on port 0, a caller that sends raw bytes, a peer that follows a script,
// and certificates of an authority made for the occasion.
#pragma once
#include <http/client.hpp>
#include <http/server.hpp>
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <support/run.hpp>

namespace waybill::http::test {

using asio::ip::tcp;
using waybill::test::eventually;
using namespace std::chrono_literals;

// A raw TCP caller. Every wait ends by itself: the tests' run() has a limit.
struct caller {
  explicit caller(asio::io_context& io) : socket(io) {}
  awaitable<bool> connect(std::uint16_t port) {
    tcp::endpoint to{asio::ip::address_v4::loopback(), port};
    const auto [ec] = co_await socket.async_connect(to, as_result);
    co_return !ec;
  }
  awaitable<bool> send(std::string bytes) {
    const auto [ec, n] = co_await asio::async_write(socket, asio::buffer(bytes), as_result);
    co_return !ec;
  }
  // Everything until the other side closes; "<reset>" is appended when it does so rudely.
  awaitable<std::string> rest() {
    std::string out = std::exchange(left, {});
    for (;;) {
      char part[8192];
      const auto [ec, n] = co_await socket.async_read_some(asio::buffer(part), as_result);
      out.append(part, n);
      if (ec && ec != asio::error::eof) out += "<reset>";
      if (ec) co_return out;
    }
  }
  // Head and body (by Content-Length) of one answer; an interim answer has no body.
  awaitable<std::string> answer(bool to_head = false) {
    for (;;) {
      const auto end = left.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t length = 0;
        const auto at = left.find("Content-Length: ");
        if (!to_head && at < end) length = std::stoul(left.substr(at + 16));
        if (left.size() >= end + 4 + length) {
          auto out = left.substr(0, end + 4 + length);
          left.erase(0, out.size());
          co_return out;
        }
      }
      char part[8192];
      const auto [ec, n] = co_await socket.async_read_some(asio::buffer(part), as_result);
      left.append(part, n);
      if (ec) co_return std::exchange(left, {}) + "<closed>";
    }
  }
  tcp::socket socket;
  std::string left;
};

inline std::string post(const std::string& path, const std::string& body, const std::string& more = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// A client that looks at no proxy variables.
inline client_options direct() {
  client_options how;
  how.proxy_from_environment = false;
  return how;
}

// Tells what arrived.
inline awaitable<http_response> echo(http_request rq) {
  http_response r;
  r.headers.emplace_back("Content-Type", "text/plain");
  r.body = rq.method + "|" + rq.path + "|" + rq.query + "|" + rq.body;
  co_return r;
}

class with_server : public testing::Test {
 protected:
  void serve(http_handler handler = echo, server_options how = {}) {
    if (how.listen == server_options{}.listen) how.listen = "127.0.0.1:0";
    front.emplace(io.get_executor(), std::move(how), std::move(handler));
    const auto started = waybill::test::run(io, front->start());
    ASSERT_TRUE(started) << started.error().what;
  }
  // Sends the bytes, then reads until the server closes.
  std::string talk(std::string bytes, bool half_close = false) {
    return waybill::test::run(io, talking(this, std::move(bytes), half_close));
  }
  static awaitable<std::string> talking(with_server* self, std::string bytes, bool half_close) {
    caller c(self->io);
    co_await c.connect(self->front->port());
    co_await c.send(std::move(bytes));
    if (half_close) c.socket.shutdown(tcp::socket::shutdown_send);
    co_return co_await c.rest();
  }
  template <class Fixture> static void play(std::type_identity_t<Fixture>* self, awaitable<void> (*scene)(Fixture*)) {
    waybill::test::run(self->io, scene(self));
  }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(front->port()) + path;
  }

 public:
  asio::io_context io{1};
  std::optional<server> front;
};

// A peer that does as it is told with each connection (counted from 0) and keeps what it received.
class scripted_peer {
 public:
  using script = std::function<awaitable<void>(std::shared_ptr<caller>, std::size_t)>;
  scripted_peer(asio::io_context& io, script s)
      : io_(io), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), script_(std::move(s)) {
    spawn(io.get_executor(), "peer", accept(this));
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port()) + path; }
  std::size_t connections{0};

 private:
  static awaitable<void> accept(scripted_peer* self) {
    for (;;) {
      auto c = std::make_shared<caller>(self->io_);
      const auto [ec] = co_await self->acceptor_.async_accept(c->socket, as_result);
      if (ec) co_return;
      spawn(self->io_.get_executor(), "script", self->script_(c, self->connections++));
    }
  }
  asio::io_context& io_;
  tcp::acceptor acceptor_;
  script script_;
};

// An authority and certificates in a folder of their own, made with the openssl program.
class authority {
 public:
  authority() {
    std::string pattern = (std::filesystem::temp_directory_path() / "waybill-ca.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-authority -keyout ca.key "
        "-out ca.pem");
  }
  ~authority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  authority(const authority&) = delete;
  authority& operator=(const authority&) = delete;
  std::string ca() const { return file("ca.pem"); }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  // NAME.pem and NAME.key; `names` as in "DNS:localhost,IP:127.0.0.1".
  void issue(const std::string& name, const std::string& names) const {
    std::ofstream(folder_ / (name + ".ext")) << "subjectAltName=" << names << "\n";
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " +
        name + ".csr");
    run("x509 -req -days 2 -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile " + name +
        ".ext -out " + name + ".pem");
  }

 private:
  void run(const std::string& arguments) const {
    const std::string line = "cd '" + folder_.string() + "' && openssl " + arguments + " 2>openssl.log";
    if (std::system(line.c_str()) != 0) throw std::runtime_error("openssl " + arguments);
  }
  std::filesystem::path folder_;
};

} // namespace waybill::http::test
