// Method and path to handler. Patterns: "/bitrix24/{portal}/events"; the last segment may be "{rest...}".
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <waybill/http.hpp>

namespace waybill::http {

using path_values = std::map<std::string, std::string, std::less<>>; // percent-decoded

class router {
public:
  using handler = std::function<awaitable<http_response>(http_request, path_values)>;
  // Answers 404 for an unknown path, 405 with Allow for a known path and another method, HEAD like GET without a body.
  void add(std::string method, std::string pattern, handler h);
  awaitable<http_response> route(http_request request) const;
  http_handler as_handler() const; // the router must outlive it

private:
  struct entry { std::string method; std::vector<std::string> segments; handler run; std::string pattern; };
  std::vector<entry> entries_;
};

} // namespace waybill::http
