// `waybill check`: the configuration against the world, one line each with a remedy.
#pragma once
#include <config/config.hpp>
#include <waybill/async.hpp>

#include <memory>
#include <string>
#include <vector>

namespace waybill::app {

struct check_line {
  bool ok{true};
  bool warning{false}; // tells something, fails nothing
  std::string what;
  std::string remedy;
};

// Redis, each portal, each carrier account; all are asked at once.
awaitable<std::vector<check_line>> check(executor ex, std::shared_ptr<const config::file> settings);

} // namespace waybill::app
