// One shared, auto-pipelining connection to Redis over hiredis on Asio, that reconnects by itself.
// Lives on one io_context; all members are called from its thread.
#pragma once
#include <waybill/async.hpp>
#include <waybill/error.hpp>
#include <waybill/secret.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::redis {

// A reply, copied out of hiredis.
struct reply {
  enum class kind { nil, status, text, integer, array } type{kind::nil};
  std::int64_t integer{0};
  std::string text;
  std::vector<reply> items;

  bool is_nil() const { return type == kind::nil; }
  explicit operator bool() const { return !is_nil(); }
};

// Where Redis is. `unix_socket` wins over host and port.
struct endpoint {
  std::string unix_socket;
  std::string host{"127.0.0.1"};
  std::uint16_t port{6379};
  std::string user;
  secret password;
  int database{0};
  std::vector<std::string> sentinels; // host:port; then host and port are asked of them
  std::string sentinel_master;
};
// redis://user:password@host:port/db, redis://:password@host, unix:///path/to/socket?db=0 (there also user and
// password). Percent-decoded; bad_input says what is wrong and never repeats the url.
result<endpoint> parse_endpoint(std::string_view url);
// For logs: the place, without user and password.
std::string describe(const endpoint& e);

// A Lua script, loaded on every (re)connect and called by its digest. Keys must all be named at the call.
// The text must outlive the connection (string literals do).
class script {
 public:
  explicit script(std::string_view text);
  std::string_view text() const { return text_; }
  const std::string& sha1() const { return sha1_; }

 private:
  std::string_view text_;
  std::string sha1_;
};

struct options {
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds command_timeout{5'000}; // 0: none (the blocking connection)
  std::chrono::milliseconds backoff_first{50};
  std::chrono::milliseconds backoff_most{5'000};
  std::string client_name{"waybill"};
};

using args = std::vector<std::string_view>;

// Commands that are sent together. The views need live until pipeline() returns.
struct pipeline {
  args words;                     // of all commands
  std::vector<std::size_t> sizes; // how many words each has
  void add(std::initializer_list<std::string_view> command) {
    words.insert(words.end(), command);
    sizes.push_back(command.size());
  }
};

class connection {
 public:
  connection(executor ex, endpoint where, options how = {});
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // Begins to connect and keeps reconnecting until stop().
  void start();
  // Closes; waiting commands end with `cancelled` (or outcome_unknown when they were sent).
  void stop();
  bool up() const;
  // Until connected, or the limit: unavailable.
  awaitable<result<void>> wait_up(std::chrono::milliseconds limit);
  // CLIENT ID of the current link, for CLIENT UNBLOCK; 0 when down, or when the server keeps it from us.
  std::int64_t client_id() const;
  const endpoint& where() const;
  // Why it is down at the moment; for health pages. Empty while up or never tried.
  const std::string& last_fault() const;

  // The bytes are formatted at once, so the views need only live until this returns; commands issued in one loop turn
  // leave in one write. Faults: unavailable (surely not carried out: down, not sent, or the server said LOADING,
  // READONLY, OOM, MISCONF and the like), outcome_unknown (sent, and the link died, the time ran out or the caller
  // cancelled), forbidden (NOAUTH, NOPERM, ...), rejected (any other error reply; its text in what, its first word in
  // peer_code), bad_input (empty, too large, or a word that would change the shared link: SUBSCRIBE, MONITOR, SELECT,
  // QUIT, ...).
  awaitable<result<reply>> command(const args& words);
  awaitable<result<reply>> command(std::initializer_list<std::string_view> words);
  // co_await c.command("GET", key): g++ 12 takes no braced list in an expression with co_await.
  template <std::convertible_to<std::string_view>... Words>
    requires(sizeof...(Words) > 0)
  awaitable<result<reply>> command(const Words&... words) {
    return command({std::string_view(words)...});
  }
  // One result per command, in order; nothing makes them one transaction. Formatted at once, in one write.
  awaitable<std::vector<result<reply>>> run(const pipeline& all);
  // EVALSHA, and EVAL once when the server lost the script.
  awaitable<result<reply>> eval(const script& s, const args& keys, const args& values);

  // Called after each (re)connect, before wait_up() returns. Several may be added.
  void on_connect(std::function<void()> callback);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::redis
