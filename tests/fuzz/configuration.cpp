// The configuration: any text gives a checked file or named problems, each with a line and a remedy.
#include "fuzz.hpp"

#include <config/config.hpp>

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waybill;
  // No file of this machine is read: the one door to it is a value that begins with "file:".
  const auto text = fuzz::text_of(data, size);
  if (text.find("file") != std::string_view::npos || text.find('\\') != std::string_view::npos) return 0;
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name.size() > 12) return std::nullopt;
    return "value-of-" + name;
  };
  const auto file = config::parse(text, "fuzz.toml", environment);
  if (file) return 0;
  fuzz::must(!file.error().empty());
  for (const auto& problem : file.error()) {
    fuzz::must(!problem.what.empty());
    fuzz::must(!config::to_text(problem).empty());
  }
  return 0;
}
