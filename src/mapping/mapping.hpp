// deal -> Shipment, by configuration. Pure: no I/O, no clock.
#pragma once
#include <bitrix24/crm.hpp>
#include <config/config.hpp>
#include <waybill/shipment.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::mapping {

// Something that a person must mend before the deal can ship. `key` names a text template ("missing_phone").
struct obstacle {
  std::string key;
  std::vector<std::pair<std::string, std::string>> values; // for the template
};

// Something that was assumed and must be said ("default_weight": product names).
struct remark {
  std::string key;
  std::vector<std::pair<std::string, std::string>> values;
};

struct mapped {
  shipment what; // without reference
  std::string delivery_type;
  std::string carrier; // the deal's own choice; empty: by route
  std::vector<remark> remarks;
  std::vector<obstacle> obstacles; // not empty: `what` is incomplete
};

// Where a delivery type hands the parcel over, by the words in it ("courier", "пвз"). unknown: none of them, or both
// kinds; then a filled pickup point tells.
enum class destination_kind { door, point, unknown };
destination_kind kind_of(std::string_view delivery_type);

mapped to_shipment(const bitrix24::deal_bundle& bundle, const config::portal& portal);

// Which account ships it: the deal's own carrier field (account id or carrier type), else the first route that matches.
std::optional<config::route> route_for(const config::file& file, const std::string& portal,
                                       const std::string& delivery_type, const std::string& carrier);

// Russian and CIS numbers as people type them -> E.164; foreign ones with + are kept. Nothing: not a phone.
struct phone {
  std::string e164;
  std::string extension;
};
std::optional<phone> normalize_phone(std::string_view typed, std::string_view default_country = "RU");
std::vector<phone> find_phones(std::string_view text, std::string_view default_country = "RU");

// The value of an address field: "text|lat;lon|location id", plain text, with doubled commas of empty parts.
address parse_address_field(std::string_view value);
// Parts out of one line of text, as far as they are certain (postal code, city, street, house, flat).
address parse_address_text(std::string_view text);

} // namespace waybill::mapping
