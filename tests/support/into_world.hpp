// A portal's client without sockets: its requests go straight into the stand-in's world. For tests that link the
// sandbox.
#pragma once
#include <bitrix24/client.hpp>
#include <sandbox/world.hpp>
#include <waybill/http.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace waybill::test {

struct into_world : http_client {
  std::shared_ptr<sandbox::world> inside;
  // Methods whose answer gets lost, once each.
  std::vector<std::string> lost;

  awaitable<result<http_response>> send(http_request request) override {
    constexpr std::string_view origin = "https://shop.bitrix24.ru";
    if (!request.url.starts_with(origin)) co_return fail(errc::unavailable, "another host");
    request.path = request.url.substr(origin.size());
    if (const auto mark = request.path.find('?'); mark != std::string::npos) {
      request.query = request.path.substr(mark + 1);
      request.path.resize(mark);
    }
    request.peer = "10.0.0.1";
    const auto it = std::ranges::find_if(lost, [&](const std::string& m) {
      return request.path.ends_with("/" + m + ".json") || request.body.contains(m + "?");
    });
    const bool loses = it != lost.end();
    if (loses) lost.erase(it);
    auto answer = co_await inside->handle(std::move(request));
    if (loses) co_return fail(errc::outcome_unknown, "the answer was lost");
    co_return answer;
  }
};

struct one_token : bitrix24::token_store {
  bitrix24::tokens kept;
  awaitable<result<std::optional<bitrix24::tokens>>> load(std::string) override { co_return kept; }
  awaitable<result<bool>> replace(std::string, std::string, bitrix24::tokens fresh) override {
    kept = std::move(fresh);
    co_return true;
  }
  awaitable<result<bool>> lock_refresh(std::string, std::chrono::milliseconds) override { co_return true; }
  awaitable<result<void>> unlock_refresh(std::string) override { co_return result<void>{}; }
};

} // namespace waybill::test
