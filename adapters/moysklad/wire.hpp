// MoySklad's own names: types, fields and words of JSON API 1.2. Nothing of ours stands here. The stand-in spells its
// names by itself on purpose, so that a slip in this file shows there as an order that lacks something.
#pragma once
#include <string_view>

namespace waybill::moysklad::wire {

using name = std::string_view;

// Every href that we send begins with it, wherever the requests themselves go.
inline constexpr name public_root = "https://api.moysklad.ru/api/remap/1.2";
inline constexpr name public_host = "api.moysklad.ru";

// Types of objects.
inline constexpr name order = "customerorder";
inline constexpr name demand = "demand";
inline constexpr name sales_return = "salesreturn";
inline constexpr name counterparty = "counterparty";
inline constexpr name organization = "organization";
inline constexpr name store = "store";
inline constexpr name project = "project";
inline constexpr name sales_channel_type = "saleschannel";
inline constexpr name product = "product";
inline constexpr name variant = "variant";
inline constexpr name bundle = "bundle";
inline constexpr name service = "service";
inline constexpr name webhook = "webhook";

// Envelope and links.
inline constexpr name meta = "meta";
inline constexpr name href = "href";
inline constexpr name type = "type";
inline constexpr name media_type = "mediaType";
inline constexpr name rows = "rows";
inline constexpr name size = "size";

// What objects have in common.
inline constexpr name id = "id";
inline constexpr name account_id = "accountId";
inline constexpr name sync_id = "syncId";
inline constexpr name title = "name";
inline constexpr name code = "code";
inline constexpr name article = "article";
inline constexpr name external_code = "externalCode";
inline constexpr name inn = "inn";
inline constexpr name archived = "archived";
inline constexpr name created = "created";
inline constexpr name updated = "updated";
inline constexpr name description = "description";

// Documents.
inline constexpr name agent = "agent";
inline constexpr name positions = "positions";
inline constexpr name state = "state";
inline constexpr name states = "states";
inline constexpr name state_type = "stateType";
inline constexpr name attributes = "attributes";
inline constexpr name value = "value";
inline constexpr name required = "required";
inline constexpr name applicable = "applicable";
inline constexpr name sum = "sum"; // kopecks
inline constexpr name vat_enabled = "vatEnabled";
inline constexpr name vat_included = "vatIncluded";
inline constexpr name sales_channel = "salesChannel";
inline constexpr name demands = "demands";
inline constexpr name returns = "returns";
inline constexpr name customer_order = "customerOrder";
inline constexpr name address_full = "shipmentAddressFull";
inline constexpr name address_text = "shipmentAddress";
inline constexpr name document_number = "shippingDocumentNumber";
inline constexpr name places = "goodPackQuantity";

// Positions.
inline constexpr name assortment = "assortment";
inline constexpr name quantity = "quantity";
inline constexpr name price = "price"; // kopecks per unit
inline constexpr name discount = "discount";
inline constexpr name vat = "vat";
inline constexpr name reserve = "reserve";
inline constexpr name shipped = "shipped";

// An address.
inline constexpr name postal_code = "postalCode";
inline constexpr name city = "city";
inline constexpr name street = "street";
inline constexpr name house = "house";
inline constexpr name apartment = "apartment";
inline constexpr name add_info = "addInfo";
inline constexpr name comment = "comment";

// People.
inline constexpr name phone = "phone";
inline constexpr name email = "email";
inline constexpr name company_type = "companyType";

// Goods.
inline constexpr name weight = "weight";
inline constexpr name volume = "volume";
inline constexpr name barcodes = "barcodes";

} // namespace waybill::moysklad::wire
