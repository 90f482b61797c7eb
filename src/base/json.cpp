#include <waybill/json.hpp>

#include <charconv>
#include <cstdlib>

#include <boost/json/basic_parser_impl.hpp>

namespace waybill::json {
namespace {

namespace bj = boost::json;

// Builds a value; a number that is no 64-bit integer is kept as its literal.
class handler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  bj::value_stack stack;

  bool on_document_begin(bj::error_code&) {
    stack.reset();
    return true;
  }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) { return true; }
  bool on_object_end(std::size_t n, bj::error_code&) {
    stack.push_object(n);
    return true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t n, bj::error_code&) {
    stack.push_array(n);
    return true;
  }
  bool on_key_part(bj::string_view s, std::size_t, bj::error_code&) {
    stack.push_chars(s);
    return true;
  }
  bool on_key(bj::string_view s, std::size_t, bj::error_code&) {
    stack.push_key(s);
    return true;
  }
  bool on_string_part(bj::string_view s, std::size_t, bj::error_code&) {
    stack.push_chars(s);
    return true;
  }
  bool on_string(bj::string_view s, std::size_t, bj::error_code&) {
    stack.push_string(s);
    return true;
  }
  bool on_number_part(bj::string_view s, bj::error_code&) {
    number_ += s;
    return true;
  }
  bool on_int64(std::int64_t n, bj::string_view, bj::error_code&) {
    number_.clear();
    stack.push_int64(n);
    return true;
  }
  bool on_uint64(std::uint64_t, bj::string_view rest, bj::error_code& ec) { return on_double(0, rest, ec); }
  bool on_double(double, bj::string_view rest, bj::error_code&) {
    number_ += rest;
    stack.push_string(std::string(1, decimal_mark) + number_);
    number_.clear();
    return true;
  }
  bool on_bool(bool b, bj::error_code&) {
    stack.push_bool(b);
    return true;
  }
  bool on_null(bj::error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  std::string number_;
};

// -?digits[.digits][(e|E)[+-]digits], as JSON has it.
bool is_number(std::string_view s) {
  std::size_t i = 0;
  const auto digits = [&] {
    const auto begin = i;
    while (i < s.size() && s[i] >= '0' && s[i] <= '9') ++i;
    return i - begin;
  };
  if (i < s.size() && s[i] == '-') ++i;
  const auto first = i;
  const auto whole = digits();
  if (whole == 0 || (whole > 1 && s[first] == '0')) return false;
  if (i < s.size() && s[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == s.size();
}

std::string_view view(const bj::string& s) { return {s.data(), s.size()}; }

std::string_view without_mark(std::string_view s) {
  if (!s.empty() && s.front() == decimal_mark) s.remove_prefix(1);
  return s;
}

void print(std::string& out, const value& v) {
  switch (v.kind()) {
  case bj::kind::object: {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : v.get_object()) {
      if (!std::exchange(first, false)) out += ',';
      out += bj::serialize(bj::value(key));
      out += ':';
      print(out, member);
    }
    out += '}';
    return;
  }
  case bj::kind::array: {
    out += '[';
    bool first = true;
    for (const auto& member : v.get_array()) {
      if (!std::exchange(first, false)) out += ',';
      print(out, member);
    }
    out += ']';
    return;
  }
  case bj::kind::string: {
    const auto s = view(v.get_string());
    if (!s.empty() && s.front() == decimal_mark && is_number(s.substr(1))) out += s.substr(1);
    else out += bj::serialize(v);
    return;
  }
  case bj::kind::null:
  case bj::kind::bool_:
  case bj::kind::int64:
  case bj::kind::uint64:
  case bj::kind::double_: out += bj::serialize(v); return;
  }
}

} // namespace

result<value> parse(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return fail(errc::protocol, "JSON text is too large");
  bj::basic_parser<handler> parser{bj::parse_options{}};
  bj::error_code ec;
  const auto used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used < text.size()) ec = bj::error::extra_data;
  if (ec) return fail(errc::protocol, "broken JSON: " + ec.message());
  return parser.handler().stack.release();
}

value decimal(std::string_view literal) { return bj::string(std::string(1, decimal_mark) + std::string(literal)); }

value decimal(const money& m) {
  if (m.minor % 100 == 0) return m.minor / 100;
  return decimal(to_decimal(m));
}

std::string serialize(const value& v) {
  std::string out;
  print(out, v);
  return out;
}

const value* find(const object& o, std::string_view key) {
  const value* v = o.if_contains(key);
  return v == nullptr || v->is_null() ? nullptr : v;
}

const value* at_path(const value& v, std::string_view dotted) {
  const value* at = &v;
  while (at != nullptr && !dotted.empty()) {
    const auto end = std::min(dotted.find('.'), dotted.size());
    const auto key = dotted.substr(0, end);
    dotted.remove_prefix(std::min(end + 1, dotted.size()));
    if (const auto* o = at->if_object()) {
      at = find(*o, key);
    } else if (const auto* a = at->if_array()) {
      std::size_t index = 0;
      const auto [stop, ec] = std::from_chars(key.data(), key.data() + key.size(), index);
      at = ec == std::errc{} && stop == key.data() + key.size() && index < a->size() ? &(*a)[index] : nullptr;
    } else {
      at = nullptr;
    }
  }
  return at;
}

std::optional<std::string> as_text(const value& v) {
  if (const auto* s = v.if_string()) {
    const auto t = without_mark(view(*s));
    return t.empty() ? std::nullopt : std::optional<std::string>(t);
  }
  if (v.is_int64()) return std::to_string(v.get_int64());
  return {};
}

std::optional<std::int64_t> as_integer(const value& v) {
  if (v.is_int64()) return v.get_int64();
  const auto* s = v.if_string();
  if (s == nullptr) return {};
  const auto t = without_mark(view(*s));
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), n);
  if (ec != std::errc{}) return {};
  if (end == t.data() + t.size()) return n;
  // "12.0", "1E3": PHP prints whole doubles so; a real fraction is no integer.
  const auto hundredths = parse_minor(t);
  return hundredths && *hundredths % 100 == 0 ? std::optional(*hundredths / 100) : std::nullopt;
}

std::optional<std::int64_t> as_minor(const value& v) {
  if (v.is_int64()) {
    const auto n = v.get_int64();
    if (n > 90'000'000'000'000'000 || n < -90'000'000'000'000'000) return {};
    return n * 100;
  }
  const auto* s = v.if_string();
  if (s == nullptr || s->empty()) return {};
  const auto minor_units = parse_minor(without_mark(view(*s)));
  return minor_units ? std::optional(*minor_units) : std::nullopt;
}

std::optional<std::string> text(const object& o, std::string_view key) {
  const value* v = find(o, key);
  return v == nullptr ? std::nullopt : as_text(*v);
}
std::optional<std::int64_t> integer(const object& o, std::string_view key) {
  const value* v = find(o, key);
  return v == nullptr ? std::nullopt : as_integer(*v);
}
std::optional<bool> boolean(const object& o, std::string_view key) {
  const value* v = find(o, key);
  if (v == nullptr) return {};
  if (v->is_bool()) return v->get_bool();
  const auto t = as_text(*v);
  if (!t) return {};
  if (*t == "1" || *t == "Y" || *t == "y" || *t == "true") return true;
  if (*t == "0" || *t == "N" || *t == "n" || *t == "false") return false;
  return {};
}
std::optional<std::int64_t> minor(const object& o, std::string_view key) {
  const value* v = find(o, key);
  return v == nullptr ? std::nullopt : as_minor(*v);
}
std::optional<double> real(const object& o, std::string_view key) {
  const auto t = text(o, key);
  if (!t) return {};
  char* end = nullptr;
  const double d = std::strtod(t->c_str(), &end);
  return end == t->c_str() + t->size() ? std::optional(d) : std::nullopt;
}
const object* child(const object& o, std::string_view key) {
  const value* v = find(o, key);
  return v == nullptr ? nullptr : v->if_object();
}
const array* list(const object& o, std::string_view key) {
  const value* v = find(o, key);
  return v == nullptr ? nullptr : v->if_array();
}
std::string text_or(const object& o, std::string_view key, std::string fallback) {
  return text(o, key).value_or(std::move(fallback));
}
std::int64_t integer_or(const object& o, std::string_view key, std::int64_t fallback) {
  return integer(o, key).value_or(fallback);
}

result<std::string> require_text(const object& o, std::string_view key) {
  if (auto t = text(o, key)) return std::move(*t);
  return fail(errc::protocol, "the answer lacks the text '" + std::string(key) + "'");
}
result<std::int64_t> require_integer(const object& o, std::string_view key) {
  if (auto n = integer(o, key)) return *n;
  return fail(errc::protocol, "the answer lacks the number '" + std::string(key) + "'");
}

} // namespace waybill::json
