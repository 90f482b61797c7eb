// Extra services as a manager sees them, and their parameters on the wire. Cash on delivery is none of them inside
// Russia: there the goods' lines carry it.
#include "options.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::dpd {
namespace {

using enum carrier_option::shape;

constexpr std::array<carrier_option::item, 3> waits{{{"ПРИМ", "Примерка", "Trying on"},
                                                     {"ПРОС", "Простой", "Simple"},
                                                     {"РАБТ", "Проверка работоспособности", "Check that it works"}}};

constexpr std::array offered{
    carrier_option{"SMS", "СМС-уведомление получателя", "SMS to the recipient", checkbox},
    carrier_option{"EML", "E-mail-уведомление о доставке", "E-mail to the recipient", checkbox},
    carrier_option{"ЭСД", "E-mail о доставке отправителю", "E-mail about the delivery", checkbox},
    carrier_option{"ЭСЗ", "E-mail о приёме заказа отправителю", "E-mail about the order", checkbox},
    carrier_option{"ПОД", "Подтверждение доставки", "Proof of delivery", checkbox},
    carrier_option{"ВДО", "Возврат документов отправителю", "Return of signed documents", checkbox},
    carrier_option{"ДВД", "Доставка в выходные дни", "Weekend delivery", checkbox},
    carrier_option{"ПРД", "Погрузочно-разгрузочные работы", "Loading and unloading", checkbox},
    carrier_option{"ТРМ", "Температурный режим", "Kept at temperature", checkbox},
    carrier_option{"ОЖД", "Ожидание на адресе", "Waiting at the address", choice, waits},
    carrier_option{"ЧСТ", "Частичная доставка", "Partial delivery", checkbox},
    carrier_option{"ОБР", "Обрешётка", "Crating", checkbox},
    carrier_option{"КГТ", "Крупногабаритный груз", "Oversized cargo", checkbox},
};

enum class asks { nothing, recipient_phone, recipient_email, sender_email, reason, partial };

asks parameter_of(std::string_view code) {
  if (code == "SMS") return asks::recipient_phone;
  if (code == "EML") return asks::recipient_email;
  if (code == "ЭСД" || code == "ЭСЗ" || code == "ПОД") return asks::sender_email;
  if (code == "ОЖД") return asks::reason;
  if (code == "ЧСТ") return asks::partial;
  return asks::nothing;
}

void param(soap::writer& out, std::string_view name, std::string_view value) {
  out.open("param").put("name", name).put("value", value).close();
}

fault lacking(std::string_view code, std::string_view what) {
  return {errc::bad_input, "the extra service " + std::string(code) + " needs " + std::string(what), {}, "dpd.option"};
}

} // namespace

std::span<const carrier_option> offered_options() { return offered; }

std::vector<std::pair<std::string, std::string>> extras_of(const settings& how, const shipment& s) {
  auto all = how.options;
  for (const auto& option : s.options) {
    std::erase_if(all, [&](const auto& each) { return each.first == option.first; });
    all.push_back(option);
  }
  return all;
}

bool wants_partial(const settings& how, const shipment& s) {
  return std::ranges::any_of(extras_of(how, s), [](const auto& o) { return o.first == "ЧСТ"; });
}

result<void> write_extras(soap::writer& out, const settings& how, const shipment& s) {
  for (const auto& [code, given] : extras_of(how, s)) {
    const auto known = std::ranges::find(offered, code, &carrier_option::code);
    if (known == offered.end())
      return fail(errc::bad_input,
                  "'" + shortened(code, 12) + "' is no extra service of DPD: check the alphabet of its letters",
                  "dpd.option");
    const asks wanted = parameter_of(code);
    std::string value = given;
    if (value.empty() && wanted == asks::recipient_phone) value = s.recipient.phone;
    if (value.empty() && wanted == asks::recipient_email) value = s.recipient.email;
    if (value.empty() && wanted == asks::sender_email) value = how.sender.email;
    if (value.empty() && (wanted == asks::reason || wanted == asks::partial)) value = "ПРОС";
    if ((wanted == asks::recipient_phone || wanted == asks::recipient_email) && value.empty())
      return fail(lacking(code, wanted == asks::recipient_phone ? "the recipient's phone" : "the recipient's e-mail"));
    if (wanted == asks::sender_email && value.empty()) return fail(lacking(code, "the sender's e-mail"));
    if ((wanted == asks::reason || wanted == asks::partial) &&
        std::ranges::find(waits, value, &carrier_option::item::code) == waits.end())
      return fail(lacking(code, "ПРИМ, ПРОС or РАБТ as its parameter"));
    out.open("extraService").put("esCode", code);
    switch (wanted) {
    case asks::nothing: break;
    case asks::recipient_phone: param(out, "phone", value); break;
    case asks::recipient_email:
    case asks::sender_email: param(out, "email", value); break;
    case asks::reason: param(out, "reason_delay", value); break;
    case asks::partial:
      param(out, "reason_delay_rps", value);
      param(out, "delivery_amount", to_decimal(s.delivery_fee)); // taken also when everything is sent back
      param(out, "goods_return_amount", "0.00");
      break;
    }
    out.close();
  }
  return {};
}

} // namespace waybill::dpd
