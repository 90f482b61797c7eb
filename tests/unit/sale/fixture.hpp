// The store's half of a scripted portal, and its typed calls.
#pragma once
#include "fake_portal.hpp"

#include <bitrix24/client.hpp>
#include <waybill/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/run.hpp>

namespace waybill::sale {

namespace bj = boost::json;
using test::portal_command;
using test::portal_reply;
using test::refused;
using test::replied;

class Store : public ::testing::Test {
 protected:
  asio::io_context io{1};
  std::shared_ptr<test::fake_portal> portal = std::make_shared<test::fake_portal>();
  std::shared_ptr<bitrix24::client> client =
      std::make_shared<bitrix24::client>(io.get_executor(), test::webhook_portal(), portal, nullptr, nullptr, nullptr);

  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }

  // What a method answers from now on; the text is the JSON of `result`.
  void answers(const std::string& method, const std::string& text) {
    portal->methods[method] = [v = *json::parse(text)](const portal_command&) { return replied(v); };
  }
  void refuses(const std::string& method, const std::string& code, const std::string& text = "no") {
    portal->methods[method] = [code, text](const portal_command&) { return refused(code, text); };
  }
  // Each in its turn, the last one for good.
  void answers_in_turn(const std::string& method, std::vector<portal_reply> replies) {
    auto left = std::make_shared<std::vector<portal_reply>>(std::move(replies));
    portal->methods[method] = [left](const portal_command&) {
      auto next = left->front();
      if (left->size() > 1) left->erase(left->begin());
      return next;
    };
  }
  // Of the last call: a leaf of its parameters by dotted path, "(absent)" without.
  std::string sent(const std::string& method, std::string_view dotted) {
    const auto calls = portal->calls_of(method);
    if (calls.empty()) return "(no call)";
    const bj::value params(calls.back().params);
    const auto* found = json::at_path(params, dotted);
    if (found != nullptr && found->is_double()) return fmt::format("{:.2f}", found->get_double());
    return found == nullptr ? "(absent)" : json::as_text(*found).value_or("");
  }
  std::size_t calls(const std::string& method) { return portal->calls_of(method).size(); }
};

} // namespace waybill::sale
