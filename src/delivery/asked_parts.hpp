// The parts of a SHIPMENT object, each read into `out`. For asked.cpp.
#pragma once
#include <delivery/asked.hpp>
#include <waybill/json.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace waybill::delivery::parts {

// Far above what a shop ships; they keep every sum inside 64 bits.
inline constexpr std::int64_t most_weight_g = 100'000'000;
inline constexpr std::int64_t most_size_mm = 100'000;

// 0 when absent; nothing for what is none, or beyond all reason. Units rounded up; money in kopecks.
std::optional<std::int64_t> whole(const json::object& o, std::string_view key, std::int64_t most);
std::optional<std::int64_t> amount(const json::object& o, std::string_view key);
std::optional<std::int64_t> id_of(const json::object& o, std::string_view key);
// Codes travel to the carrier, so they hold what carriers' codes hold.
bool is_code(std::string_view text);

result<void> read_service(const json::object& o, asked& out);
result<void> read_properties(const json::object& o, asked& out);
result<void> read_items(const json::object& o, asked& out); // after the shipment's currency
result<void> read_options(const json::object& o, asked& out);
asked_contact contact_of(const json::object& o, std::string_view key);

} // namespace waybill::delivery::parts
