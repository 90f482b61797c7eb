#include "settings.hpp"

#include <waybill/text.hpp>

#include <array>
#include <charconv>

namespace waybill::cdek {
namespace {

constexpr std::array specs{
    setting_spec{"", "account", setting_kind::text, true,
                 "the Account of the key made in the CDEK cabinet under Integration"},
    setting_spec{"", "secure_password", setting_kind::secret, true, "the Secure password of that key"},
    setting_spec{"", "order_type", setting_kind::integer, false,
                 "1: online shop (needs that contract; cash on delivery, orders found by number), 2: plain delivery"},
    setting_spec{"", "tariff_modes", setting_kind::text_list, false,
                 "delivery mode of tariffs that waybill does not know, as [\"2536=4\"] (1 door-door ... 4 "
                 "office-office ... 7 office-locker)"},
    setting_spec{"", "options", setting_kind::text_list, false,
                 "additional services of every order, as [\"SMS\", \"BUBBLE_WRAP=2\"]; a shipment's own come before"},
    setting_spec{"", "unlisted_vat", setting_kind::text, false,
                 "a VAT rate that CDEK does not list (20 since 2026), on goods paid at delivery: refuse the order, "
                 "omit the rate, or send it",
                 "refuse|omit|send"},
    setting_spec{"", "fee_vat_percent", setting_kind::integer, false,
                 "VAT inside the delivery fee taken from the recipient: 0, 5, 7, 10, 16 or 22; absent: none"},
    setting_spec{"", "comment", setting_kind::text, false, "comment of orders that have none of their own"},
    setting_spec{"", "country_code", setting_kind::text, false,
                 "country of looked-up cities, two letters; RU when absent"},
    setting_spec{"", "barcode_format", setting_kind::text, false, "paper of barcode labels", "A4|A5|A6|A7"},
    setting_spec{"", "waybill_copies", setting_kind::integer, false,
                 "copies on the printed waybill, 1 to 10; 2 when absent"},
    setting_spec{"", "barcode_copies", setting_kind::integer, false,
                 "copies of each barcode label, 1 to 10; 1 when absent"},
    setting_spec{"", "intake_box_cm", setting_kind::text, false,
                 "size told when a courier is called without an order, as \"30x20x15\""},
    setting_spec{"", "tracking_url", setting_kind::text, false,
                 "link shown to people; {number} is replaced by the tracking number"},
    setting_spec{
        "sender", "city_code", setting_kind::integer, false,
        "CDEK's code of the city that we send from (44 is Moscow); with sender.address for tariffs from the door"},
    setting_spec{"sender", "address", setting_kind::text, false,
                 "street and house that the courier comes to; needs sender.city_code"},
    setting_spec{"sender", "shipment_point", setting_kind::text, false,
                 "code of the office where we hand parcels over (\"MSK67\"); for tariffs from the office"},
};

constexpr std::string_view public_tracking = "https://www.cdek.ru/ru/tracking/?order_id={number}";

bool listed_vat(std::int64_t percent) {
  return percent == 0 || percent == 5 || percent == 7 || percent == 10 || percent == 16 || percent == 22;
}

std::pair<std::string, std::string> split(const std::string& text) {
  const auto at = text.find('=');
  return at == std::string::npos ? std::pair(text, std::string()) : std::pair(text.substr(0, at), text.substr(at + 1));
}

// "30x20x15", each 1 to 300.
std::optional<std::array<std::int64_t, 3>> box(std::string_view text) {
  std::array<std::int64_t, 3> sides{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto end = i < 2 ? text.find('x') : text.size();
    if (end == std::string_view::npos) return {};
    const auto n = tariff_number(text.substr(0, end));
    if (!n || *n > 300) return {};
    sides[i] = *n;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return sides;
}

void check_tariff(std::vector<std::string>& wrong, const settings& how, const std::string& delivery_type,
                  const std::string& text) {
  const std::string key = "services." + delivery_type + ": ";
  const auto code = tariff_number(text);
  if (!code) {
    wrong.push_back(key + "\"" + text + "\" is no CDEK tariff code; write a number such as 136");
    return;
  }
  const auto mode = mode_of_tariff(how, *code);
  if (!mode) {
    wrong.push_back(key + "the delivery mode of tariff " + text + " is not known; add tariff_modes = [\"" + text +
                    "=<mode>\"] with the mode from your CDEK contract");
    return;
  }
  const tariff* known = find_tariff(*code);
  if (known != nullptr && (known->order_types & how.order_type) == 0)
    wrong.push_back(key + "tariff " + text + " does not go with order_type = " + std::to_string(how.order_type));
  if (mode->from == place::door && (how.sender_address.empty() || how.sender_city_code == 0))
    wrong.push_back(key + "tariff " + text + " starts at the door; set sender.city_code and sender.address");
  // Without an office CDEK accepts the sender's address for these too, as its own shop plugins send it.
  if (mode->from != place::door && how.shipment_point.empty() &&
      (how.sender_address.empty() || how.sender_city_code == 0))
    wrong.push_back(key + "tariff " + text + " starts at an office; set sender.shipment_point");
}

} // namespace

std::span<const setting_spec> setting_specs() { return specs; }

std::optional<std::int64_t> tariff_number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  return ec == std::errc{} && end == text.data() + text.size() && n > 0 && n <= 1'000'000 ? std::optional(n)
                                                                                          : std::nullopt;
}

std::optional<delivery_mode> mode_of_tariff(const settings& how, std::int64_t tariff_code) {
  if (const auto it = how.tariff_modes.find(tariff_code); it != how.tariff_modes.end()) return mode_of(it->second);
  const tariff* t = find_tariff(tariff_code);
  return t == nullptr ? std::nullopt : mode_of(t->mode);
}

settings settings_of(const carrier_account& account) {
  settings s;
  s.base_url = account.base_url;
  s.account = account.text("account");
  s.password = secret(account.text("secure_password"));
  s.order_type = account.integer("order_type", 1) == 2 ? 2 : 1;
  s.sender_city_code = account.integer("sender.city_code");
  s.sender_address = account.text("sender.address").empty() ? account.sender_address : account.text("sender.address");
  s.shipment_point = account.text("sender.shipment_point");
  s.sender = account.sender;
  s.services = account.services;
  for (const std::string& text : account.texts("tariff_modes")) {
    const auto [tariff_text, mode_text] = split(text);
    const auto code = tariff_number(tariff_text), mode = tariff_number(mode_text);
    if (code && mode) s.tariff_modes[*code] = static_cast<int>(*mode);
  }
  for (const std::string& text : account.texts("options")) s.options.push_back(split(text));
  const std::string& vat = account.text("unlisted_vat");
  s.vat = vat == "omit" ? unlisted_vat::omit : vat == "send" ? unlisted_vat::send : unlisted_vat::refuse;
  if (const auto fee = account.integer("fee_vat_percent", -1); fee >= 0) s.fee_vat = static_cast<int>(fee);
  s.comment = account.text("comment");
  if (const std::string& country = account.text("country_code"); !country.empty()) s.country_code = country;
  if (const std::string& format = account.text("barcode_format"); !format.empty()) s.barcode_format = format;
  s.waybill_copies = static_cast<int>(account.integer("waybill_copies", 2));
  s.barcode_copies = static_cast<int>(account.integer("barcode_copies", 1));
  if (const auto sides = box(account.text("intake_box_cm"))) {
    s.intake_length_cm = (*sides)[0];
    s.intake_width_cm = (*sides)[1];
    s.intake_height_cm = (*sides)[2];
  }
  s.tracking_url = account.text("tracking_url").empty() ? std::string(public_tracking) : account.text("tracking_url");
  return s;
}

std::vector<std::string> check_account(const carrier_account& account) {
  std::vector<std::string> wrong;
  const settings how = settings_of(account);
  const auto type = account.integer("order_type", 1);
  if (type != 1 && type != 2)
    wrong.push_back("order_type: " + std::to_string(type) + " is neither 1 (online shop) nor 2 (delivery)");
  if (account.base_url.find(".cdek.ru") != std::string::npos && !account.base_url.ends_with("/v2"))
    wrong.push_back("base_url: CDEK's paths begin with /v2; write https://api.cdek.ru/v2");
  for (const std::string& text : account.texts("tariff_modes")) {
    const auto [tariff_text, mode_text] = split(text);
    const auto mode = tariff_number(mode_text);
    if (!tariff_number(tariff_text) || !mode || !mode_of(static_cast<int>(*mode)))
      wrong.push_back("tariff_modes: \"" + text + "\" is not TARIFF=MODE with a mode of 1, 2, 3, 4, 6, 7, 8, 9, 10");
  }
  if (const auto fee = account.integer("fee_vat_percent", -1); fee != -1 && !listed_vat(fee))
    wrong.push_back("fee_vat_percent: CDEK knows 0, 5, 7, 10, 16 and 22");
  for (const std::string_view key : {"waybill_copies", "barcode_copies"})
    if (const auto copies = account.integer(key, 1); copies < 1 || copies > 10)
      wrong.push_back(std::string(key) + ": choose 1 to 10");
  if (const std::string& text = account.text("intake_box_cm"); !text.empty() && !box(text))
    wrong.push_back("intake_box_cm: write three whole numbers as \"30x20x15\"");
  if (!how.sender_address.empty() && how.sender_city_code == 0 && how.shipment_point.empty())
    wrong.push_back(
        "sender.city_code: an address alone is not enough for CDEK; add the code of its city (44 is Moscow)");
  if (how.sender_address.empty() && how.shipment_point.empty())
    wrong.push_back("sender.shipment_point: say where parcels start: an office (sender.shipment_point), or "
                    "sender.city_code with sender.address");
  if (how.order_type == 2 && how.sender.name.empty() && how.sender.company.empty())
    wrong.push_back("sender.name: orders of type 2 need the sender's name");
  if (!how.sender.phone.empty() && !is_e164(how.sender.phone))
    wrong.push_back("sender.phone: write it in the international form, +74951234567");
  for (const auto& [delivery_type, text] : how.services) check_tariff(wrong, how, delivery_type, text);
  return wrong;
}

} // namespace waybill::cdek
