// What the acceptor and its connections share. Private to the server's files.
#pragma once
#include <http/server.hpp>

#include <array>
#include <chrono>
#include <ctime>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace waybill::http {

using asio::ip::tcp;
using steady = std::chrono::steady_clock;

class connection;

// One thread runs all of it: no locks.
class server_core : public std::enable_shared_from_this<server_core> {
 public:
  server_core(executor ex, server_options how, http_handler handler);

  result<void> listen();
  void begin(); // accepts and watches deadlines until stop()
  void stop();  // closes the acceptor; idempotent
  void close_idle();
  void kill_all();
  bool draining() const { return stopped_; }
  std::string_view date(); // for the Date header; made once a second

  void opened(connection& c);
  void closed(connection& c);

  executor ex;
  server_options how;
  http_handler handler;
  std::shared_ptr<asio::ssl::context> tls; // null: plain. Replaced by a reload, so connections keep their own
  std::list<connection*> connections;
  std::uint16_t port{0};
  signal changed; // a connection ended, or stop()

 private:
  static awaitable<void> accept_loop(std::shared_ptr<server_core> self);
  static awaitable<void> watch_deadlines(std::shared_ptr<server_core> self);
  void welcome(tcp::socket socket);
  void count_connections() const;

  tcp::acceptor acceptor_;
  asio::steady_timer tick_;
  std::unordered_map<std::string, std::size_t> per_address_;
  std::array<char, 32> date_{};
  std::time_t date_of_{0};
  bool stopped_{false};
};

// What the core needs to know of a connection; the work is in session.cpp.
class connection : public std::enable_shared_from_this<connection> {
 public:
  enum class phase { handshake, idle, reading, handling, writing, lingering };

  connection(std::shared_ptr<server_core> core, std::string peer) : core_(std::move(core)), peer_(std::move(peer)) {
    core_->opened(*this);
  }
  virtual ~connection() { core_->closed(*this); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  const std::string& peer() const { return peer_; }
  bool idle() const { return phase_ == phase::idle; }
  steady::time_point deadline() const { return deadline_; }
  void expire();       // its deadline has passed
  void stop_reading(); // ends a pending read, nothing else
  void kill();         // ends everything, the handler too

  std::list<connection*>::iterator place; // the core's
  std::string address_key;                // the core's

 protected:
  virtual tcp::socket& socket() = 0;
  void enter(phase p, std::chrono::milliseconds limit) {
    phase_ = p;
    deadline_ = steady::now() + limit;
  }

  std::shared_ptr<server_core> core_;
  std::string peer_;
  asio::cancellation_signal stop_;
  phase phase_{phase::idle};
  steady::time_point deadline_{steady::time_point::max()};
  bool timed_out_{false}, killed_{false};
};

// Serves the connection until it ends; owns it meanwhile.
void serve(std::shared_ptr<server_core> core, tcp::socket socket, std::string peer);

// "host:port", "[v6]:port", ":port" and "*:port" (every address), "localhost:port".
result<tcp::endpoint> parse_listen(std::string_view text);

// Appends the head of an answer. Headers that could end a line early make it return false.
struct head_options {
  bool keep{true}, http_1_0{false}, to_head{false};
  std::string_view date;
};
bool append_head(std::string& out, const http_response& answer, const head_options& how);

} // namespace waybill::http
