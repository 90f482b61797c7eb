// Values from outside the file: ${NAME} from the environment, file:PATH from a file.
#pragma once
#include <config/config.hpp>

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::config {

// Why a value could not be had. One per variable that is not set.
struct expansion_failure {
  std::string what;
  std::string remedy;
};

// Replaces every ${NAME}; "$${" stands for a literal "${". What comes from the environment is not looked at again.
// A literal that begins with "file:" becomes the content of that file (path relative to `folder`, ${NAME} allowed in
// it), without the newlines at its end; the content is not expanded.
std::expected<std::string, std::vector<expansion_failure>> expand(std::string_view literal, const environment& env,
                                                                  const std::filesystem::path& folder);

// The whole of a file, at most `max_bytes`; otherwise why not.
std::expected<std::string, std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

// Relative paths are taken from the folder of the configuration file, not from where the daemon was started.
std::filesystem::path resolve(const std::filesystem::path& folder, const std::filesystem::path& path);

} // namespace waybill::config
