#include <config/expand.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace waybill::config {
namespace {

constexpr std::size_t max_value_bytes = 64 * 1024;

bool is_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::expected<std::string, std::vector<expansion_failure>> expand_variables(std::string_view text,
                                                                            const environment& env) {
  std::string out;
  std::vector<expansion_failure> failures;
  while (!text.empty()) {
    const auto at = text.find("${");
    if (at == std::string_view::npos) break;
    if (at > 0 && text[at - 1] == '$') {
      out.append(text.substr(0, at - 1)).append("${");
      text.remove_prefix(at + 2);
      continue;
    }
    out.append(text.substr(0, at));
    text.remove_prefix(at + 2);
    const auto end = text.find('}');
    const auto name = text.substr(0, std::min(end, text.size()));
    if (end == std::string_view::npos || !is_name(name)) {
      // The text may be a password with a stray "${": it is not shown.
      failures.push_back(
          {"holds a \"${\" that is no ${NAME}", "write ${NAME} with letters, digits and _, or $${ for a literal ${"});
      break;
    }
    text.remove_prefix(end + 1);
    if (auto value = env(std::string(name))) out += *value;
    else
      failures.push_back({"the environment variable " + std::string(name) + " is not set",
                          "set " + std::string(name) + " for the service, or put the value (or file:PATH) here"});
  }
  if (!failures.empty()) return std::unexpected(std::move(failures));
  out.append(text);
  return out;
}

} // namespace

std::filesystem::path resolve(const std::filesystem::path& folder, const std::filesystem::path& path) {
  if (path.empty() || path.is_absolute() || folder.empty()) return path;
  return folder / path;
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return std::unexpected("it is a folder");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected(errno != 0 ? std::generic_category().message(errno) : "it cannot be opened");
  std::string text(max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return std::unexpected("it cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_bytes) return std::unexpected("it is larger than " + std::to_string(max_bytes / 1024) + " KiB");
  return text;
}

std::expected<std::string, std::vector<expansion_failure>> expand(std::string_view literal, const environment& env,
                                                                  const std::filesystem::path& folder) {
  constexpr std::string_view file_mark = "file:";
  if (!literal.starts_with(file_mark)) return expand_variables(literal, env);
  auto name = expand_variables(literal.substr(file_mark.size()), env);
  if (!name) return name;
  const auto failed = [&](const std::string& why) {
    std::vector<expansion_failure> list;
    list.push_back(
        {"the file " + *name + " cannot be used: " + why, "create it, and let the user of the service read it"});
    return std::unexpected(std::move(list));
  };
  if (name->empty() || name->contains('\0')) return failed("file: needs a path behind it");
  auto content = read_file(resolve(folder, *name), max_value_bytes);
  if (!content) return failed(content.error());
  while (!content->empty() && (content->back() == '\n' || content->back() == '\r')) content->pop_back();
  if (content->contains('\0')) return failed("it is not text");
  return std::move(*content);
}

environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str()); // NOLINT(concurrency-mt-unsafe): nobody sets them
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

} // namespace waybill::config
