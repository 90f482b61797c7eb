#include "errors.hpp"

#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace waybill::moysklad {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::array table{
    // A later attempt heals these. 1065: somebody saved the object at the same moment, ours was not.
    error_row{1065, errc::unavailable},
    error_row{1074, errc::unavailable},
    error_row{1083, errc::unavailable},
    error_row{1088, errc::unavailable},
    error_row{1095, errc::unavailable},
    error_row{1999, errc::unavailable},
    error_row{1049, errc::throttled},
    error_row{1073, errc::throttled},
    // Credentials, rights, plan.
    error_row{1016, errc::forbidden},
    error_row{1017, errc::forbidden},
    error_row{1018, errc::forbidden},
    error_row{1043, errc::forbidden},
    error_row{1045, errc::forbidden},
    error_row{1048, errc::forbidden},
    error_row{1056, errc::forbidden},
    error_row{1061, errc::forbidden},
    error_row{1064, errc::forbidden},
    error_row{1070, errc::forbidden},
    error_row{1075, errc::forbidden},
    error_row{1085, errc::forbidden},
    error_row{1092, errc::forbidden},
    error_row{3046, errc::forbidden},
    error_row{14010, errc::forbidden},
    error_row{17010, errc::forbidden},
    error_row{17011, errc::forbidden},
    error_row{17012, errc::forbidden},
    error_row{17013, errc::forbidden},
    error_row{17023, errc::forbidden},
    error_row{30004, errc::forbidden},
    error_row{30006, errc::forbidden},
    error_row{47000, errc::forbidden},
    // Another object or the object's own state forbids it.
    error_row{1028, errc::conflict},
    error_row{3006, errc::conflict},
    error_row{15000, errc::conflict},
    error_row{17014, errc::conflict},
    error_row{30003, errc::conflict},
    // Nothing there (any more).
    error_row{1008, errc::not_found},
    error_row{1020, errc::not_found},
    error_row{1021, errc::not_found},
    error_row{2013, errc::not_found},
    error_row{11001, errc::not_found},
    error_row{14003, errc::not_found},
    // A slip of ours.
    error_row{1002, errc::protocol},
    error_row{1005, errc::protocol},
    error_row{1007, errc::protocol},
    error_row{1012, errc::protocol},
    error_row{1014, errc::protocol},
    error_row{1034, errc::protocol},
    error_row{1035, errc::protocol},
    error_row{1037, errc::protocol},
    error_row{1038, errc::protocol},
    error_row{1039, errc::protocol},
    error_row{1047, errc::protocol},
    error_row{1052, errc::protocol},
    error_row{1058, errc::protocol},
    error_row{1059, errc::protocol},
    error_row{1060, errc::protocol},
    error_row{1062, errc::protocol},
};

// A value that is too long or not valid, in one of these: the place is what a person must mend.
constexpr std::array<std::string_view, 12> places{"postalCode",      "city",
                                                  "street",          "house",
                                                  "apartment",       "addInfo",
                                                  "country",         "region",
                                                  "shipmentAddress", "shipmentAddressFull",
                                                  "actualAddress",   "actualAddressFull"};

bool names_a_place(std::string_view parameter) {
  const auto dot = parameter.rfind('.');
  const auto last = dot == std::string_view::npos ? parameter : parameter.substr(dot + 1);
  return std::ranges::find(places, last) != places.end() || parameter.starts_with("shipmentAddress");
}

void take(std::vector<peer_error>& out, const json::value& from) {
  const auto* o = from.if_object();
  const auto* all = o == nullptr ? nullptr : json::list(*o, "errors");
  if (all == nullptr) return;
  for (const auto& each : *all)
    if (const auto* e = each.if_object(); e != nullptr && out.size() < 20)
      out.push_back({json::integer_or(*e, "code"), json::text_or(*e, "error"), json::text_or(*e, "parameter")});
}

std::optional<milliseconds> header_ms(const http_response& answer, std::string_view name) {
  const std::string* text = find_header(answer.headers, name);
  std::int64_t n = 0;
  if (text == nullptr) return {};
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
  if (ec != std::errc{} || end != text->data() + text->size() || n < 0) return {};
  return milliseconds(std::min<std::int64_t>(n, 600'000));
}

fault throttled(const http_response& answer, std::string peer_code) {
  // Milliseconds, unlike the header of the same meaning that HTTP has.
  const auto wait = header_ms(answer, "X-Lognex-Retry-After").value_or(3s);
  return {errc::throttled, "MoySklad asks to slow down", std::max<milliseconds>(wait, 100ms), std::move(peer_code)};
}

fault by_status(const http_response& answer, call_kind kind) {
  const int status = answer.status;
  const std::string said = " (HTTP " + std::to_string(status) + ")", code = "http_" + std::to_string(status);
  if (status == 401) return {errc::forbidden, "MoySklad refuses the credentials" + said, {}, code};
  if (status == 403) return {errc::forbidden, "the employee lacks a right in MoySklad" + said, {}, code};
  if (status == 404) return {errc::not_found, "MoySklad has no such object" + said, {}, code};
  if (status == 410) return {errc::protocol, "MoySklad has given up this version of its API" + said, {}, code};
  if (status == 409) return {errc::conflict, "another object in MoySklad depends on this one" + said, {}, code};
  if (status == 412) return {errc::rejected, "MoySklad refuses the data" + said, {}, code};
  if (status == 408 || status >= 500) {
    if (kind == call_kind::change)
      return {errc::outcome_unknown, "MoySklad failed while the change was under way" + said, {}, code};
    return {errc::unavailable, "MoySklad does not work at the moment" + said, {}, code};
  }
  if (status >= 300 && status < 400) return {errc::protocol, "MoySklad redirects elsewhere: check base_url", {}, code};
  return {errc::protocol, "MoySklad answered" + said + " without an error code", {}, code};
}

} // namespace

std::span<const error_row> error_rows() { return table; }

std::vector<peer_error> errors_in(const json::value& body) {
  std::vector<peer_error> out;
  take(out, body);
  if (const auto* many = body.if_array())
    for (const auto& each : *many) take(out, each);
  return out;
}

errc meaning_of_code(const peer_error& e) {
  if ((e.code == 3040 || e.code == 3008 || e.code == 3016) && names_a_place(e.parameter)) return errc::address;
  const auto row = std::ranges::find(table, e.code, &error_row::code);
  if (row != table.end()) return row->meaning;
  if (e.code >= 2000 && e.code <= 2018) return errc::protocol; // malformed requests
  return errc::rejected;
}

fault fault_from(const http_response& answer, call_kind kind) {
  const auto body = json::parse(answer.body, 1024 * 1024);
  const auto errors = body ? errors_in(*body) : std::vector<peer_error>{};
  const bool coded = std::ranges::any_of(errors, [](const peer_error& e) { return e.code != 0; });
  if (answer.status == 429)
    return throttled(answer, coded ? std::to_string(errors.front().code) : std::string("http_429"));
  // A failure of theirs says nothing about how far a change went, whatever code it carries.
  if (errors.empty() || answer.status >= 500) return by_status(answer, kind);

  const auto meaning = [&](const peer_error& e) {
    return e.code == 0 ? by_status(answer, kind).code : meaning_of_code(e);
  };
  const peer_error* lead = &errors.front();
  for (const peer_error& e : errors)
    if (rank(meaning(e)) < rank(meaning(*lead))) lead = &e;
  fault f{meaning(*lead),
          "MoySklad: ",
          {},
          lead->code == 0 ? "http_" + std::to_string(answer.status) : std::to_string(lead->code)};
  if (answer.status == 401) f.code = errc::forbidden;
  if (answer.status == 403 && f.code == errc::rejected) f.code = errc::forbidden;
  std::vector<std::string> said;
  const auto add = [&](const peer_error& e) {
    auto text = harmless(e.text, 200);
    if (!e.parameter.empty()) text += " [" + clean_code(e.parameter) + "]";
    if (!text.empty() && said.size() < 3 && std::ranges::find(said, text) == said.end())
      said.push_back(std::move(text));
  };
  add(*lead);
  for (const peer_error& e : errors) add(e);
  for (std::size_t i = 0; i < said.size(); ++i) f.what += (i > 0 ? "; " : "") + said[i];
  if (said.empty()) f.what += "refused without a reason";
  if (f.code == errc::throttled) f.retry_after = 3s;
  if (lead->code == 1065) f.retry_after = 2s;
  if (lead->code == 1095) f.retry_after = 60s;
  // 1065 promises that nothing was saved; the others leave it open.
  if (kind == call_kind::change && f.code == errc::unavailable && lead->code != 1065) f.code = errc::outcome_unknown;
  return f;
}

bool is_stale_reference(const fault& f) {
  static constexpr std::array<std::string_view, 4> codes{"2013", "11002", "14003", "14000"};
  return std::ranges::find(codes, f.peer_code) != codes.end();
}

fault to_be_repeated(fault f) {
  f.code = errc::unavailable;
  f.retry_after = 5s;
  return f;
}

} // namespace waybill::moysklad
