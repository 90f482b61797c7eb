// CDEK's own names: paths, fields and words of API v2. Nothing of ours stands here. The stand-in spells its names by
// itself on purpose, so that a slip in this file shows as a refused order.
#pragma once
#include <cstdint>
#include <string_view>

namespace waybill::cdek::wire {

using name = std::string_view;

// Paths, relative to the account's base_url (which ends with /v2).
inline constexpr name path_token = "/oauth/token";
inline constexpr name path_orders = "/orders";
inline constexpr name path_refusal = "/refusal";
inline constexpr name path_client_return = "/clientReturn";
inline constexpr name path_tariff = "/calculator/tariff";
inline constexpr name path_tariff_list = "/calculator/tarifflist";
inline constexpr name path_all_tariffs = "/calculator/alltariffs";
inline constexpr name path_print_orders = "/print/orders";
inline constexpr name path_print_barcodes = "/print/barcodes";
inline constexpr name path_points = "/deliverypoints";
inline constexpr name path_cities = "/location/cities";
inline constexpr name path_intakes = "/intakes";
inline constexpr name path_webhooks = "/webhooks";

// The envelope.
inline constexpr name entity = "entity";
inline constexpr name uuid = "uuid";
inline constexpr name requests = "requests";
inline constexpr name request_uuid = "request_uuid";
inline constexpr name related_entities = "related_entities";
inline constexpr name errors = "errors";
inline constexpr name warnings = "warnings";
inline constexpr name state = "state";
inline constexpr name date_time = "date_time";
inline constexpr name code = "code";
inline constexpr name message = "message";
inline constexpr name type = "type";
inline constexpr name alerts = "alerts";
inline constexpr name alert_text = "msg";
inline constexpr name alert_code = "errorCode";

// requests[].type and requests[].state
inline constexpr name request_create = "CREATE";
inline constexpr name request_update = "UPDATE";
inline constexpr name request_delete = "DELETE";
inline constexpr name request_client_return = "CREATE_CLIENT_RETURN";
inline constexpr name state_accepted = "ACCEPTED";
inline constexpr name state_waiting = "WAITING";
inline constexpr name state_successful = "SUCCESSFUL";
inline constexpr name state_invalid = "INVALID";

// An order.
inline constexpr name number = "number";
inline constexpr name cdek_number = "cdek_number";
inline constexpr name im_number = "im_number";
inline constexpr name order_uuid = "order_uuid";
inline constexpr name tariff_code = "tariff_code";
inline constexpr name additional_order_types = "additional_order_types";
inline constexpr name comment = "comment";
inline constexpr name shipment_point = "shipment_point";
inline constexpr name delivery_point = "delivery_point";
inline constexpr name from_location = "from_location";
inline constexpr name to_location = "to_location";
inline constexpr name delivery_recipient_cost = "delivery_recipient_cost";
inline constexpr name sender = "sender";
inline constexpr name recipient = "recipient";
inline constexpr name services = "services";
inline constexpr name parameter = "parameter";
inline constexpr name packages = "packages";
inline constexpr name has_reverse_order = "has_reverse_order";
inline constexpr name is_return = "is_return";
inline constexpr name is_client_return = "is_client_return";
inline constexpr name statuses = "statuses";
inline constexpr name reason_code = "reason_code";
inline constexpr name deleted = "deleted";
inline constexpr name status_name = "name";
inline constexpr name planned_delivery_date = "planned_delivery_date";
inline constexpr name keep_free_until = "keep_free_until";
inline constexpr name delivery_detail = "delivery_detail";
inline constexpr name total_sum = "total_sum";
inline constexpr name delivery_sum = "delivery_sum";
inline constexpr name payment_sum = "payment_sum";
inline constexpr name delivery_problem = "delivery_problem";
inline constexpr name create_date = "create_date";
inline constexpr name delay_reasons = "delay_reasons";
inline constexpr name description = "description";
inline constexpr name calls = "calls";
inline constexpr name failed_calls = "failed_calls";

// Contacts and places.
inline constexpr name person = "name";
inline constexpr name company = "company";
inline constexpr name email = "email";
inline constexpr name phones = "phones";
inline constexpr name additional = "additional";
inline constexpr name address = "address";
inline constexpr name city = "city";
inline constexpr name city_code = "city_code";
inline constexpr name country_code = "country_code";
inline constexpr name postal_code = "postal_code";
inline constexpr name region = "region";
inline constexpr name longitude = "longitude";
inline constexpr name latitude = "latitude";

// Packages and items.
inline constexpr name package_id = "package_id";
inline constexpr name weight = "weight"; // grams
inline constexpr name length = "length"; // centimetres
inline constexpr name width = "width";
inline constexpr name height = "height";
inline constexpr name items = "items";
inline constexpr name item_name = "name";
inline constexpr name ware_key = "ware_key";
inline constexpr name payment = "payment"; // roubles per unit
inline constexpr name value = "value";
inline constexpr name vat_sum = "vat_sum";
inline constexpr name vat_rate = "vat_rate";
inline constexpr name cost = "cost"; // roubles per unit
inline constexpr name amount = "amount";
inline constexpr name delivery_amount = "delivery_amount"; // units handed over
inline constexpr std::int64_t most_amount = 999;           // units of one position
inline constexpr name marking = "marking";

// related_entities[].type
inline constexpr name related_return = "return_order";
inline constexpr name related_direct = "direct_order";
inline constexpr name related_client_return = "client_return_order";
inline constexpr name related_client_direct = "client_direct_order";

} // namespace waybill::cdek::wire
