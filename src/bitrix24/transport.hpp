// One exchange with the portal: the address, the credentials, a renamed portal, an answer that is no JSON.
#pragma once
#include <bitrix24/authority.hpp>
#include <bitrix24/client.hpp>
#include <bitrix24/errors.hpp>

#include <functional>
#include <memory>
#include <string>

#include <boost/json.hpp>

namespace waybill::bitrix24 {

struct exchange {
  int status{0};
  boost::json::value body;
  std::chrono::milliseconds took{0};
};

class transport {
 public:
  transport(executor ex, const config::portal& portal, std::shared_ptr<http_client> http,
            std::shared_ptr<token_store> store);

  // POSTs `body` to `method`. A value is an answer in JSON, also one that holds an error (expired_token is dealt with
  // before). Faults are final for this exchange and say what has become of it, by `kind`.
  static awaitable<result<exchange>> post(std::shared_ptr<transport> self, std::string method, boost::json::object body,
                                          effect kind);

  // Called with the new host when the portal told that it was renamed.
  void on_moved(std::function<void(std::string)> callback) { moved_ = std::move(callback); }
  bool by_webhook() const { return !authority_; }

 private:
  result<std::string> base_of(const tokens* credentials) const;
  result<std::string> new_base(const std::string& old_base, const http_response& response) const;

  std::string portal_;
  secret webhook_; // the address with the code in its path
  std::string domain_;
  bool trial_; // our own configured url is plain http
  std::shared_ptr<http_client> http_;
  std::unique_ptr<authority> authority_;
  std::function<void(std::string)> moved_;
};

} // namespace waybill::bitrix24
