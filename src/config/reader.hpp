// Reads the keys of one TOML table into checked values, and notes what is wrong with them.
#pragma once
#include <config/config.hpp>
#include <config/tree.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::config {

// What all readers of one file share.
struct scope {
  std::string file;
  std::filesystem::path folder;
  const environment& env;
  std::vector<problem> problems;

  void add(int line, std::string key, std::string what, std::string remedy);
};

// A table is read key by key; what nobody asked for is unknown, and finish() says so. A value that is absent leaves the
// default as it is. Every read returns true when `out` now holds a usable value from the file.
class reader {
 public:
  // `table` may be null: then all keys are absent. `line` is where a missing key is reported.
  reader(scope& where, const node* table, std::string path, int line);

  bool present(std::string_view key);
  bool text(std::string_view key, std::string& out, bool may_be_empty = false);
  bool text(std::string_view key, secret& out);
  bool choice(std::string_view key, std::string& out, const std::vector<std::string>& allowed);
  bool texts(std::string_view key, std::vector<std::string>& out);
  bool texts(std::string_view key, std::vector<secret>& out);
  bool boolean(std::string_view key, bool& out);
  bool integer(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max);
  template <class T> bool integer(std::string_view key, T& out, std::int64_t min, std::int64_t max) {
    std::int64_t wide = 0;
    if (!integer(key, wide, min, max)) return false;
    out = static_cast<T>(wide);
    return true;
  }
  bool duration(std::string_view key, milliseconds& out, milliseconds min, milliseconds max);
  // A decimal text; `out.currency` stays as it is.
  bool amount(std::string_view key, money& out);
  // http(s)://host[:port][/path] without credentials, query or fragment; the '/' at its end is cut. Plain http only for
  // loopback hosts.
  bool url(std::string_view key, std::string& out);
  // Relative to the folder of the file.
  bool path(std::string_view key, std::filesystem::path& out);
  // A text or an integer, as text.
  bool text_or_integer(std::string_view key, std::string& out);

  // A missing table yields a reader that finds nothing; look with exists().
  reader table(std::string_view key);
  std::vector<reader> tables(std::string_view key);
  bool exists() const { return table_ != nullptr; }
  // Keys of the table as they stand, for tables whose keys are data.
  std::vector<std::string> keys() const;

  // Notes a problem with this key, at its line if it is there and at the table's otherwise.
  void wrong(std::string_view key, std::string what, std::string remedy);
  // The same for a key of a table inside ("sender.city_code"), with what and remedy in one text.
  void wrong_at(std::string_view dotted, std::string what);
  void missing(std::string_view key, std::string remedy);
  // Names the keys that nobody read.
  void finish();

  const std::string& where() const { return path_; }
  std::size_t problem_count() const { return scope_->problems.size(); }
  int line_of(std::string_view key) const;
  // The key was there, but its value is unusable and has been reported: it is not missing.
  bool spoiled(std::string_view key) const;

 private:
  const member* find(std::string_view key) const;
  const node* take(std::string_view key); // marks it as known
  std::string path_of(std::string_view key) const;
  bool wrong_type(std::string_view key, const node& n, std::string_view wanted, std::string_view example);
  std::optional<std::string> expanded(std::string_view key, const node& n, const std::string& full_path);

  scope* scope_;
  const node* table_;
  std::string path_;
  int line_;
  std::vector<std::string> known_;
  std::vector<std::string> spoiled_;
};

// ---- the parts of the file, each in its own .cpp -----------------------------------------------------------------

server read_server(reader& root);
redis read_redis(reader& root);
log read_log(reader& root);
queue read_queue(reader& root);
std::vector<portal> read_portals(reader& root);
std::vector<carrier_account> read_carriers(reader& root, std::span<const carrier_type* const> types);
std::vector<route> read_routes(reader& root, const std::vector<portal>& portals,
                               const std::vector<carrier_account>& carriers);
void read_portal_parts(reader& in, portal& out); // fields, stages, delivery service, parcel defaults, texts

// Text that may stand in a path of a URL as it is: letters, digits and -._~
bool is_url_safe(std::string_view text);
// "name", "name:port", "1.2.3.4:port", "[::1]:port"
bool is_host(std::string_view authority);
// The STATUS_ID of a stage: "EXECUTING", "C2:UC_SHIP01".
bool is_stage(std::string_view stage);
// A secret of our own paths: url-safe and at least 8 characters.
void check_path_secret(reader& in, const secret& value);

} // namespace waybill::config
