// Our own stored JSON: one list of fields per struct serves writing and reading. Reading is lenient about keys that
// are missing or unknown, so records of older and newer versions can be read.
#pragma once
#include <waybill/json.hpp>
#include <waybill/money.hpp>
#include <waybill/shipment.hpp>
#include <waybill/time.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace waybill::store::codec {

class writer;
class reader;

// A struct is storable when visit_fields(archive, value) can be called on it.
template <class T>
concept visitable = requires(T& t, writer& w) { visit_fields(w, t); };

// Enums are stored by their names; enum_name and enum_from are found by overload.
template <class T>
concept named_enum = std::is_enum_v<T>;

class writer {
 public:
  explicit writer(json::object& into) : into_(into) {}
  template <class T> void operator()(std::string_view key, const T& v) {
    json::value out = put(v);
    if (!empty(out)) into_[key] = std::move(out); // absent and empty read back alike
  }

 private:
  static bool empty(const json::value& v) {
    if (v.is_null()) return true;
    if (const auto* s = v.if_string()) return s->empty();
    if (const auto* a = v.if_array()) return a->empty();
    if (const auto* b = v.if_bool()) return !*b;
    if (const auto* n = v.if_int64()) return *n == 0;
    return false;
  }
  static json::value put(const std::string& s) { return json::value(s); }
  static json::value put(bool b) { return b; }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  static json::value put(T n) {
    return static_cast<std::int64_t>(n);
  }
  static json::value put(instant t) { return t.time_since_epoch().count(); }
  static json::value put(double d) { return json::decimal(fmt::format("{:.7f}", d)); }
  static json::value put(const money& m) {
    if (m.minor == 0 && m.currency == "RUB") return nullptr;
    return json::array{m.minor, m.currency};
  }
  template <named_enum E> static json::value put(E e) { return json::value(std::string(enum_name(e))); }
  static json::value put(const std::pair<std::string, std::string>& p) { return json::array{p.first, p.second}; }
  template <class T> static json::value put(const std::optional<T>& v) {
    if (!v) return nullptr;
    return json::array{put(*v)}; // a list of one: tells "0" from "nothing"
  }
  template <class T> static json::value put(const std::vector<T>& all) {
    json::array out;
    for (const auto& one : all) out.push_back(put(one));
    return out;
  }
  template <visitable T> static json::value put(const T& v) {
    json::object o;
    writer w(o);
    visit_fields(w, const_cast<T&>(v)); // the list of fields is shared with the reader; this side only reads
    return o;
  }
  json::object& into_;
};

class reader {
 public:
  explicit reader(const json::object& from) : from_(from) {}
  template <class T> void operator()(std::string_view key, T& v) {
    if (const auto* found = json::find(from_, key)) get(*found, v);
  }

 private:
  static void get(const json::value& j, std::string& v) { v = json::as_text(j).value_or(""); }
  static void get(const json::value& j, bool& v) { v = j.is_bool() && j.get_bool(); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  static void get(const json::value& j, T& v) {
    v = static_cast<T>(json::as_integer(j).value_or(0));
  }
  static void get(const json::value& j, instant& v) {
    v = instant{std::chrono::milliseconds(json::as_integer(j).value_or(0))};
  }
  static void get(const json::value& j, double& v) { v = std::strtod(json::as_text(j).value_or("0").c_str(), nullptr); }
  static void get(const json::value& j, money& v) {
    const auto* a = j.if_array();
    if (a == nullptr || a->size() != 2) return;
    v = {json::as_integer((*a)[0]).value_or(0), json::as_text((*a)[1]).value_or("RUB")};
  }
  template <named_enum E> static void get(const json::value& j, E& v) {
    if (const auto found = enum_from(json::as_text(j).value_or(""), v)) v = *found;
  }
  static void get(const json::value& j, std::pair<std::string, std::string>& v) {
    const auto* a = j.if_array();
    if (a == nullptr || a->size() != 2) return;
    v = {json::as_text((*a)[0]).value_or(""), json::as_text((*a)[1]).value_or("")};
  }
  template <class T> static void get(const json::value& j, std::optional<T>& v) {
    const auto* a = j.if_array();
    if (a == nullptr || a->empty()) return;
    get(a->front(), v.emplace());
  }
  template <class T> static void get(const json::value& j, std::vector<T>& all) {
    all.clear();
    if (const auto* a = j.if_array())
      for (const auto& one : *a) get(one, all.emplace_back());
  }
  template <visitable T> static void get(const json::value& j, T& v) {
    if (const auto* o = j.if_object()) {
      reader r(*o);
      visit_fields(r, v);
    }
  }
  const json::object& from_;
};

} // namespace waybill::store::codec
