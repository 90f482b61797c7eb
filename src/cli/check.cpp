#include <app/check.hpp>
#include <cli/commands.hpp>
#include <cli/run.hpp>

#include <iostream>

namespace waybill::cli {

int check(settings_ptr settings, bool offline) {
  std::cout << "ok    file: " << settings->portals.size() << " portals, " << settings->carriers.size()
            << " carrier accounts, " << settings->routes.size() << " routes\n";
  if (offline) return 0;
  asio::io_context io{1};
  bool good = true;
  for (const auto& line : run_to_end(io, app::check(io.get_executor(), settings))) {
    std::cout << (line.ok ? line.warning ? "note  " : "ok    " : "WRONG ") << line.what;
    if (!line.remedy.empty()) std::cout << "; " << line.remedy;
    std::cout << "\n";
    good = good && line.ok;
  }
  return good ? 0 : 1;
}

} // namespace waybill::cli
