// `waybill sandbox`: the stand-ins of Bitrix24 and of every built-in carrier on one address, and the control API that
// tests and the demo use. Mounts: /bitrix24/<portal>/rest/<user>/<code>/<method> and /bitrix24/<portal>/oauth/token/,
// /carriers/<type>/..., control below /sandbox/.
#pragma once
#include <http/server.hpp>
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace waybill::sandbox {

struct options {
  std::string listen{"127.0.0.1:8090"};
  double speed{1.0}; // simulated delays are divided by it
};

class sandbox {
 public:
  sandbox(executor ex, options how);
  ~sandbox();
  awaitable<result<void>> start();
  std::uint16_t port() const;
  awaitable<void> stop();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::sandbox
