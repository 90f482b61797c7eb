// The stand-in's small country: a few cities, offices and lockers.
#pragma once
#include <span>
#include <string_view>

namespace waybill::cdek::sandbox {

struct city {
  int code;
  std::string_view name, region;
  int region_code;
  std::string_view postal_prefix; // its postal codes begin so
  std::string_view postal_code, fias, longitude, latitude;
  int zone; // for prices
};

struct point {
  std::string_view code, type; // PVZ | POSTAMAT
  int city_code;
  std::string_view address, longitude, latitude;
  std::string_view weight_max; // kilograms
  bool reception, cash, cashless, allowed_cod, dressing_room;
  bool closed; // in the directory of others, but replaced when an order names it
};

std::span<const city> cities();
std::span<const point> points();
const city* find_city(int code);
const city* find_city(std::string_view name);
const city* city_by_postal(std::string_view postal_code);
const point* find_point(std::string_view code);

} // namespace waybill::cdek::sandbox
