// What the tests of adapters share: a wire to a stand-in without sockets, a cache, a clock that can be moved.
#pragma once
#include <waybill/carrier.hpp>
#include <waybill/gzip.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::test {

// Carries requests straight into a handler, as the pool would over a socket, and remembers them.
struct wire_client final : http_client {
  std::function<awaitable<http_response>(http_request)> handler;
  std::vector<http_request> seen;

  awaitable<result<http_response>> send(http_request rq) override {
    seen.push_back(rq);
    const std::string_view url = rq.url;
    const auto host = url.find("://") + 3;
    const auto slash = std::min(url.find('/', host), url.size());
    const auto question = std::min(url.find('?', slash), url.size());
    rq.path = std::string(url.substr(slash, question - slash));
    rq.query = question < url.size() ? std::string(url.substr(question + 1)) : std::string();
    const bool unpack = accepts_gzip(rq.headers);
    const std::size_t most = rq.max_response_bytes;
    http_response answer = co_await handler(std::move(rq));
    if (unpack)
      if (auto plain = unpack_answer(answer, most); !plain) co_return fail(plain.error());
    if (answer.status == 0) co_return fail(errc::outcome_unknown, "the connection was closed without an answer");
    co_return answer;
  }
  std::size_t count(std::string_view label) const {
    std::size_t n = 0;
    for (const auto& rq : seen) n += rq.label == label ? 1U : 0U;
    return n;
  }
};

struct memory_cache final : carrier_cache {
  std::map<std::string, std::string> values;
  awaitable<result<std::optional<std::string>>> get(std::string key) override {
    const auto it = values.find(key);
    std::optional<std::string> found;
    if (it != values.end()) found = it->second;
    co_return found;
  }
  awaitable<result<void>> put(std::string key, std::string value, std::chrono::milliseconds) override {
    values[key] = std::move(value);
    co_return result<void>{};
  }
  awaitable<result<void>> forget(std::string key) override {
    values.erase(key);
    co_return result<void>{};
  }
};

// The wall clock plus what a test adds to it.
inline std::chrono::milliseconds& clock_shift() {
  static std::chrono::milliseconds shift{0};
  return shift;
}
inline instant shifted_now() { return now() + clock_shift(); }

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace waybill::test
