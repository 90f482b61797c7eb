#include <waybill/json.hpp>
#include <waybill/kept_list.hpp>

namespace waybill {
namespace {

constexpr std::int64_t most_pieces = 1000;

struct head {
  std::int64_t read_at{0};
  std::int64_t pieces{0};
};

std::string name_of(const std::string& key, std::int64_t generation, std::int64_t piece) {
  return key + ":" + std::to_string(generation) + ":" + std::to_string(piece);
}

std::optional<head> read_head(const std::string& text) {
  const auto parsed = json::parse(text, 4096);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) return {};
  const head h{json::integer_or(*o, "read_at"), json::integer_or(*o, "pieces", -1)};
  if (h.pieces < 0 || h.pieces > most_pieces) return {};
  return h;
}

} // namespace

awaitable<std::optional<kept_list>> read_kept(std::shared_ptr<carrier_cache> cache, std::string key) {
  if (cache == nullptr) co_return std::nullopt;
  const auto text = co_await cache->get(key);
  const auto h = text && *text ? read_head(**text) : std::nullopt;
  if (!h) co_return std::nullopt;
  kept_list out;
  out.read_at = instant(std::chrono::milliseconds(h->read_at));
  for (std::int64_t n = 0; n < h->pieces; ++n) {
    auto piece = co_await cache->get(name_of(key, h->read_at, n));
    if (!piece || !*piece) co_return std::nullopt;
    out.pieces.push_back(std::move(**piece));
  }
  co_return out;
}

awaitable<result<void>> write_kept(std::shared_ptr<carrier_cache> cache, std::string key, kept_list list,
                                   std::chrono::milliseconds ttl) {
  if (cache == nullptr) co_return result<void>{};
  if (list.pieces.size() > static_cast<std::size_t>(most_pieces))
    co_return fail(errc::internal, "a list has too many pieces to be kept");
  const std::int64_t generation = list.read_at.time_since_epoch().count();
  const auto count = static_cast<std::int64_t>(list.pieces.size());
  const auto old_text = co_await cache->get(key);
  const auto old = old_text && *old_text ? read_head(**old_text) : std::nullopt;
  for (std::int64_t n = 0; n < count; ++n) {
    std::string name = name_of(key, generation, n);
    auto put = co_await cache->put(std::move(name), std::move(list.pieces[static_cast<std::size_t>(n)]), ttl);
    if (!put) co_return put;
  }
  const json::object h{{"read_at", generation}, {"pieces", count}};
  std::string text = json::serialize(h);
  auto put = co_await cache->put(key, std::move(text), ttl);
  if (!put) co_return put;
  for (std::int64_t n = 0; old && n < old->pieces; ++n) {
    if (old->read_at == generation && n < count) continue;
    auto gone = co_await cache->forget(name_of(key, old->read_at, n));
    if (!gone) co_return gone;
  }
  co_return result<void>{};
}

} // namespace waybill
