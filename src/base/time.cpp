#include <waybill/time.hpp>

#include <charconv>

#include <fmt/format.h>

namespace waybill {
namespace {

using namespace std::chrono;

// Takes exactly `width` digits off the front.
std::optional<int> digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return {};
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool eat(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<minutes> offset(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return minutes{0};
  const bool west = text.front() == '-';
  if (!eat(text, '+') && !eat(text, '-')) return {};
  const auto h = digits(text, 2);
  eat(text, ':');
  const auto m = text.empty() ? std::optional<int>{0} : digits(text, 2);
  if (!h || !m || !text.empty() || *h > 15 || *m > 59) return {};
  const minutes value{*h * 60 + *m};
  return west ? -value : value;
}

} // namespace

instant now() { return floor<milliseconds>(system_clock::now()); }

std::optional<instant> parse_instant(std::string_view text) {
  const auto y = digits(text, 4);
  if (!y || !eat(text, '-')) return {};
  const auto m = digits(text, 2);
  if (!m || !eat(text, '-')) return {};
  const auto d = digits(text, 2);
  if (!d) return {};
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return {};
  instant at = time_point_cast<milliseconds>(sys_days{date});
  if (text.empty()) return at;
  if (!eat(text, 'T') && !eat(text, ' ')) return {};
  const auto hh = digits(text, 2);
  if (!hh || !eat(text, ':')) return {};
  const auto mm = digits(text, 2);
  if (!mm) return {};
  int ss = 0;
  if (eat(text, ':')) {
    const auto s = digits(text, 2);
    if (!s) return {};
    ss = *s;
  }
  int ms = 0;
  if (eat(text, '.')) {
    int scale = 100, count = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      ms += (text.front() - '0') * scale;
      scale /= 10;
      text.remove_prefix(1);
      ++count;
    }
    if (count == 0) return {};
  }
  if (*hh > 23 || *mm > 59 || ss > 60) return {};
  const auto shift = offset(text);
  if (!shift) return {};
  return at + hours{*hh} + minutes{*mm} + seconds{ss} + milliseconds{ms} - *shift;
}

std::string to_iso(instant when) {
  const auto day_start = floor<days>(when);
  const year_month_day date{day_start};
  const hh_mm_ss time{floor<seconds>(when - day_start)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

std::string to_date(instant when) { return to_iso(when).substr(0, 10); }

std::optional<milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (ec != std::errc{} || count < 0 || count > 1'000'000'000) return {};
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "ms") return milliseconds{count};
  if (unit == "s") return seconds{count};
  if (unit == "m") return minutes{count};
  if (unit == "h") return hours{count};
  if (unit == "d") return days{count};
  return {};
}

std::string to_text(milliseconds duration) {
  const auto ms = duration.count();
  if (ms % 1000 != 0) return fmt::format("{}ms", ms);
  const auto s = ms / 1000;
  if (s == 0 || s % 60 != 0) return fmt::format("{}s", s);
  const auto m = s / 60;
  if (m % 60 != 0) return fmt::format("{}m", m);
  const auto h = m / 60;
  return h % 24 != 0 ? fmt::format("{}h", h) : fmt::format("{}d", h / 24);
}

} // namespace waybill
