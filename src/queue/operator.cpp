// The operator's side of the queue: numbers, pausing, dead letters.
#include <queue/queue.hpp>
#include <queue/queue_impl.hpp>
#include <queue/scripts.hpp>

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

namespace waybill::queue {
namespace {

namespace bj = boost::json;

std::string_view view(const bj::string& s) { return {s.data(), s.size()}; }

std::string_view member(const bj::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  const auto* s = v == nullptr ? nullptr : v->if_string();
  return s == nullptr ? std::string_view{} : view(*s);
}

std::int64_t number(std::string_view text) {
  std::int64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

fault strange() { return {errc::protocol, "Redis answered with something else than the script gives", {}, {}}; }

} // namespace

std::string dead_record(std::string_view encoded_job, const fault& why) {
  // Through Boost.JSON: not a hot path, and texts of faults may hold anything.
  job note; // encode() mends broken UTF-8
  note.kind = why.what.size() > 1000 ? why.what.substr(0, 1000) : why.what;
  note.trace = why.peer_code.size() > 200 ? why.peer_code.substr(0, 200) : why.peer_code;
  const auto clean = bj::parse(encode(note)).as_object();
  bj::object o;
  const auto code = to_string(why.code);
  o["code"] = bj::string_view(code.data(), code.size());
  o["what"] = clean.at("t");
  o["peer_code"] = clean.at("r");
  o["job"] = bj::string_view(encoded_job.data(), encoded_job.size());
  return bj::serialize(o);
}

dead_job read_dead(std::string_view lane, std::string_view id, instant when, std::string_view record) {
  dead_job d;
  d.when = when;
  bj::error_code ec;
  const bj::value v = record.size() > 2 * 1024 * 1024 ? bj::value{} : bj::parse({record.data(), record.size()}, ec);
  const auto* o = ec ? nullptr : v.if_object();
  std::string_view text;
  if (o != nullptr) {
    d.why.code = errc_from(member(*o, "code"));
    d.why.what = member(*o, "what");
    d.why.peer_code = member(*o, "peer_code");
    text = member(*o, "job");
  }
  if (auto j = decode(text)) {
    d.what = std::move(*j);
  } else {
    d.what.kind = "unreadable";
    d.what.created = when;
    if (o == nullptr) d.why = {errc::protocol, "the record of this dead job cannot be read", {}, {}};
  }
  // Where it stands is the truth, whatever the record says.
  d.what.id = id;
  d.what.lane = lane;
  return d;
}

awaitable<result<std::vector<lane_stats>>> queue::stats() {
  const auto self = impl_;
  const std::string lanes = self->names.lanes(), paused = self->names.paused(), waits = self->names.waits();
  const redis::args names{lanes, paused, waits}, values{self->names.root()};
  auto answer = co_await self->redis->eval(scripts::stats(), names, values);
  if (!answer) co_return fail(queue_fault(std::move(answer.error())));
  if (answer->items.size() % 8 != 0) co_return fail(strange());
  std::vector<lane_stats> all;
  for (std::size_t i = 0; i < answer->items.size(); i += 8) {
    const auto* f = &answer->items[i];
    lane_stats s;
    s.lane = f[0].text;
    s.ready = f[1].integer;
    s.running = f[2].integer;
    s.waiting = f[3].integer;
    s.later = f[4].integer;
    s.dead = f[5].integer;
    s.oldest = std::chrono::milliseconds{f[6].integer};
    s.paused = f[7].integer == 1;
    all.push_back(std::move(s));
  }
  std::ranges::sort(all, {}, &lane_stats::lane);
  co_return all;
}

awaitable<result<std::vector<dead_job>>> queue::dead(std::string lane, std::int64_t most) {
  const auto self = impl_;
  const std::string set = self->names.dead(lane), hash = self->names.dead_job(lane),
                    count = std::to_string(std::clamp<std::int64_t>(most, 0, 10'000));
  const redis::args names{set, hash}, values{count};
  auto answer = co_await self->redis->eval(scripts::dead(), names, values);
  if (!answer) co_return fail(queue_fault(std::move(answer.error())));
  if (answer->items.size() % 3 != 0) co_return fail(strange());
  std::vector<dead_job> all;
  for (std::size_t i = 0; i < answer->items.size(); i += 3) {
    const auto* f = &answer->items[i];
    all.push_back(read_dead(lane, f[0].text, instant{std::chrono::milliseconds{number(f[1].text)}}, f[2].text));
  }
  co_return all;
}

awaitable<result<std::int64_t>> queue::retry_dead(std::string lane, std::string id) {
  const auto self = impl_;
  const std::string set = self->names.dead(lane), hash = self->names.dead_job(lane), stream = self->names.stream(lane),
                    lanes = self->names.lanes();
  const redis::args names{set, hash, stream, lanes}, look{set, hash};
  // Jobs that die again meanwhile are not picked up a second time: no more than there were at the start.
  const redis::args count{"ZCARD", set};
  auto total = co_await self->redis->command(count);
  if (!total) co_return fail(queue_fault(std::move(total.error())));
  std::int64_t moved = 0;
  while (moved < total->integer) {
    // In pages; a page that moves nothing (an operator elsewhere was faster) ends it.
    std::vector<std::pair<std::string, std::string>> page; // id, record
    if (!id.empty()) {
      const redis::args get{"HGET", hash, id};
      auto one = co_await self->redis->command(get);
      if (!one) co_return fail(queue_fault(std::move(one.error())));
      if (one->is_nil()) co_return moved;
      page.emplace_back(id, std::move(one->text));
    } else {
      const redis::args most{"100"};
      auto some = co_await self->redis->eval(scripts::dead(), look, most);
      if (!some) co_return fail(queue_fault(std::move(some.error())));
      if (some->items.size() % 3 != 0) co_return fail(strange());
      for (std::size_t i = 0; i < some->items.size(); i += 3)
        page.emplace_back(std::move(some->items[i].text), std::move(some->items[i + 2].text));
    }
    std::vector<std::string> texts;
    texts.reserve(page.size());
    redis::args values{lane};
    for (const auto& [key, record] : page) {
      dead_job d = read_dead(lane, key, now(), record);
      d.what.attempt = 0;
      texts.push_back(encode(d.what));
      values.push_back(key);
      values.push_back(texts.back());
    }
    if (page.empty()) co_return moved;
    auto answer = co_await self->redis->eval(scripts::retry_dead(), names, values);
    if (!answer) co_return fail(queue_fault(std::move(answer.error())));
    moved += answer->integer;
    if (!id.empty() || answer->integer == 0 || page.size() < 100) co_return moved;
  }
  co_return moved;
}

awaitable<result<std::int64_t>> queue::drop_dead(std::string lane, std::string id) {
  const auto self = impl_;
  const std::string set = self->names.dead(lane), hash = self->names.dead_job(lane);
  const redis::args names{set, hash};
  redis::args values;
  if (!id.empty()) values.push_back(id);
  auto answer = co_await self->redis->eval(scripts::drop_dead(), names, values);
  if (!answer) co_return fail(queue_fault(std::move(answer.error())));
  co_return answer->integer;
}

awaitable<result<void>> queue::pause(std::string lane) {
  const auto self = impl_;
  if (!valid_lane(lane)) co_return fail(errc::bad_input, "no name of a lane");
  const std::string set = self->names.paused();
  const redis::args words{"SADD", set, lane};
  auto answer = co_await self->redis->command(words);
  if (!answer) co_return fail(queue_fault(std::move(answer.error())));
  co_return result<void>{};
}

awaitable<result<void>> queue::resume(std::string lane) {
  const auto self = impl_;
  const std::string set = self->names.paused();
  const redis::args words{"SREM", set, lane};
  auto answer = co_await self->redis->command(words);
  if (!answer) co_return fail(queue_fault(std::move(answer.error())));
  co_return result<void>{};
}

} // namespace waybill::queue
