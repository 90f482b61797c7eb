// [server], [redis], [log], [queue]: the daemon's own tables.
#include <config/reader.hpp>

#include <fstream>
#include <limits>

namespace waybill::config {
namespace {

using namespace std::chrono_literals;

void tls_file(reader& in, std::string_view key, std::string& out) {
  std::filesystem::path path;
  if (!in.path(key, path)) return;
  if (!std::ifstream(path).good())
    in.wrong(key, "the file cannot be read", "create it, and let the user of the service read it");
  out = path.string();
}

bool is_redis_url(std::string_view url) {
  if (url.starts_with("unix://")) return url.substr(7).starts_with('/') && url.size() > 8;
  if (!url.starts_with("redis://")) return false;
  auto rest = url.substr(8);
  rest = rest.substr(0, std::min(rest.find_first_of("/?"), rest.size()));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  return is_host(rest);
}

} // namespace

server read_server(reader& root) {
  server s;
  reader in = root.table("server");
  if (in.text("listen", s.listen)) {
    const bool has_port = s.listen.starts_with('[') ? s.listen.contains("]:") : s.listen.contains(':');
    if (!has_port || !is_host(s.listen))
      in.wrong("listen", "is not an address with a port",
               "write \"127.0.0.1:8080\", \"0.0.0.0:8080\" or \"[::]:8080\"");
  }
  in.url("public_url", s.public_url);
  in.text("console_token", s.console_token);
  if (!s.console_token.empty() && s.console_token.reveal().size() < 8)
    in.wrong("console_token", "is too short", "use at least 8 characters (openssl rand -hex 24 makes a good one)");
  tls_file(in, "tls_certificate", s.tls_certificate);
  tls_file(in, "tls_private_key", s.tls_private_key);
  const bool certificate = in.present("tls_certificate"), key = in.present("tls_private_key");
  if (certificate != key)
    in.missing(certificate ? "tls_private_key" : "tls_certificate",
               "a certificate and its key belong together: give both, or none and let a proxy terminate TLS");
  in.integer("max_connections", s.max_connections, 1, 1'000'000);
  in.integer("max_connections_per_address", s.max_connections_per_address, 1, 1'000'000);
  in.duration("drain_timeout", s.drain_timeout, 0ms, 10min);
  in.finish();
  return s;
}

redis read_redis(reader& root) {
  redis r;
  reader in = root.table("redis");
  std::string mode = "embedded";
  in.choice("mode", mode, {"embedded", "external"});
  r.mode = mode == "external" ? redis_mode::external : redis_mode::embedded;
  in.path("data_dir", r.data_dir);
  if (in.text("url", r.url) && !is_redis_url(r.url.reveal()))
    in.wrong(
        "url", "is not an address of Redis",
        "write redis://[user:password@]host:port/db or unix:///path/of/socket?db=0 (Redis over TLS needs a tunnel)");
  in.texts("sentinels", r.sentinels);
  for (const std::string& s : r.sentinels)
    if (!is_host(s) || !s.contains(':'))
      in.wrong("sentinels", "\"" + s + "\" is not host:port", "write sentinels = [\"10.0.0.1:26379\"]");
  in.text("sentinel_master", r.sentinel_master);
  if (in.text("prefix", r.prefix) && (r.prefix.size() > 32 || !is_url_safe(r.prefix)))
    in.wrong("prefix", "is not a usable prefix", "use at most 32 letters, digits or -._~");

  const bool sentinels = in.present("sentinels"), master = in.present("sentinel_master");
  if (sentinels != master && !in.spoiled("sentinels") && !in.spoiled("sentinel_master"))
    in.missing(sentinels ? "sentinel_master" : "sentinels", "sentinels and the name of their master belong together");
  if (!in.spoiled("mode")) {
    if (r.mode == redis_mode::embedded) {
      for (const std::string_view key : {"url", "sentinels", "sentinel_master"})
        if (in.present(key))
          in.wrong(key, "has no use with an embedded Redis", "write mode = \"external\", or take this key out");
    } else if (!in.present("url") && !sentinels) {
      in.missing("url", "an external Redis needs url, or sentinels and sentinel_master");
    }
  }
  in.finish();
  return r;
}

log read_log(reader& root) {
  log l;
  reader in = root.table("log");
  in.choice("level", l.level, {"trace", "debug", "info", "warn", "error"});
  in.choice("format", l.format, {"json", "text"});
  in.finish();
  return l;
}

queue read_queue(reader& root) {
  queue q;
  reader in = root.table("queue");
  in.duration("lease", q.lease, 500ms, 1h);
  in.integer("max_attempts", q.max_attempts, 1, 1000);
  in.integer("max_depth", q.max_depth, 1, std::numeric_limits<std::int64_t>::max());
  in.finish();
  return q;
}

} // namespace waybill::config
