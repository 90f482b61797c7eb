// Names and numbers as MoySklad writes them: links, our own stable uuids, Moscow time, decimals.
#pragma once
#include <waybill/json.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::moysklad {

// UUIDv5 in this adapter's own namespace: the same name gives the same id in every process, for ever.
std::string stable_uuid(std::string_view name);
// The syncId of what we make for a shipment; `kind` is the type of the object.
std::string sync_id(std::string_view kind, std::string_view reference);

// {"meta": {...}} of an object of ours to refer to. `path` is below "entity/": "customerorder/metadata/states".
json::object link_to(std::string_view path, std::string_view type, std::string_view id);
json::object link_to(std::string_view type, std::string_view id);
json::object state_link(std::string_view document, std::string_view id);

// The uuid at the end of a link's path, lower case; empty when there is none.
std::string id_in_href(std::string_view href);
// The same of o[key].meta.href, and what kind of object it is.
std::string linked_id(const json::object& o, std::string_view key);
std::string linked_type(const json::object& o, std::string_view key);
// Ids of an array of links.
std::vector<std::string> linked_ids(const json::object& o, std::string_view key);

// "2026-12-01 10:15:31.120" is Moscow time without a zone.
std::optional<instant> moscow_time(std::string_view text);
std::string to_moscow(instant when);

// The decimal `literal` times 10^power as a whole number, rounded half away from zero: scaled("1.5", 3) is 1500.
// Nothing for text that is no number, and past 15 digits.
std::optional<std::int64_t> scaled(std::string_view literal, int power);
// o[key], absent or not; whole kopecks and thousandths of a unit.
std::optional<std::int64_t> kopecks(const json::object& o, std::string_view key);
std::optional<std::int64_t> thousandths(const json::object& o, std::string_view key);
// A number of `digits` decimals for the wire: decimal_of(1500, 3) is 1.5.
json::value decimal_of(std::int64_t units, int digits);

} // namespace waybill::moysklad
