#include "sandbox_places.hpp"

#include <array>

namespace waybill::cdek::sandbox {
namespace {

constexpr std::array<city, 8> city_table{{
    {44, "Москва", "Москва", 81, "1", "101000", "0c5b2444-70a0-4932-980c-b4dc0d3f02b5", "37.6175", "55.7506", 1},
    {137, "Санкт-Петербург", "Санкт-Петербург", 82, "19", "190000", "c2deb16a-0330-4f05-821f-1d09c93331e6", "30.3158",
     "59.9390", 1},
    {270, "Новосибирск", "Новосибирская область", 23, "630", "630000", "8dea00e3-9aab-4d8e-887c-ef2aaa546456",
     "82.9204", "55.0302", 3},
    {438, "Ростов-на-Дону", "Ростовская область", 61, "344", "344000", "c1cfe4b9-f7c2-423c-abfa-6ed1c05a15c5",
     "39.7015", "47.2357", 2},
    {152, "Калининград", "Калининградская область", 39, "236", "236000", "df679694-d505-4dd3-b514-4ba48c8a97d8",
     "20.5109", "54.7104", 2},
    {250, "Екатеринбург", "Свердловская область", 66, "620", "620000", "2763c110-cb8b-416a-9dac-ad28a55b4402",
     "60.6054", "56.8386", 2},
    {424, "Казань", "Республика Татарстан", 16, "420", "420000", "93b3df57-4c89-44df-ac42-96f05e9cd3b9", "49.1064",
     "55.7964", 2},
    {435, "Краснодар", "Краснодарский край", 7, "350", "350000", "7dfa745e-aa19-4688-b121-b655c11e482f", "38.9760",
     "45.0355", 2},
}};

constexpr std::array<point, 16> point_table{{
    {"MSK67", "PVZ", 44, "ул. Большая Полянка, 30", "37.6189", "55.7349", "50", true, true, true, true, true, false},
    {"MSK5", "PVZ", 44, "Ленинский проспект, 41", "37.5839", "55.7071", "30", true, true, true, true, true, false},
    {"MSK302", "PVZ", 44, "ул. Сущёвский Вал, 5", "37.6011", "55.7938", "20", false, false, true, false, false, false},
    {"MSK901", "POSTAMAT", 44, "ул. Арбат, 12", "37.5959", "55.7504", "15", false, false, true, true, false, false},
    {"SPB12", "PVZ", 137, "Невский проспект, 20", "30.3239", "59.9361", "30", true, true, true, true, true, false},
    {"SPB44", "PVZ", 137, "Московский проспект, 73", "30.3177", "59.9069", "25", true, true, true, true, true, false},
    {"SPB77", "POSTAMAT", 137, "Лиговский проспект, 50", "30.3602", "59.9262", "15", false, false, true, true, false,
     false},
    {"SPB99", "PVZ", 137, "Садовая улица, 3", "30.3348", "59.9350", "30", true, true, true, true, true, true},
    {"NSK3", "PVZ", 270, "Красный проспект, 77", "82.9165", "55.0446", "30", true, true, true, true, true, false},
    {"NSK81", "POSTAMAT", 270, "ул. Ленина, 9", "82.9101", "55.0296", "15", false, false, true, true, false, false},
    {"RND7", "PVZ", 438, "ул. Большая Садовая, 64", "39.7083", "47.2221", "30", true, true, true, true, true, false},
    {"KGD2", "PVZ", 152, "Ленинский проспект, 30", "20.5102", "54.7102", "30", true, true, true, true, false, false},
    {"EKB14", "PVZ", 250, "ул. Малышева, 71", "60.6178", "56.8372", "30", true, true, true, true, true, false},
    {"EKB90", "POSTAMAT", 250, "ул. Вайнера, 9", "60.5971", "56.8365", "15", false, false, true, true, false, false},
    {"KZN6", "PVZ", 424, "ул. Баумана, 44", "49.1180", "55.7903", "30", true, true, true, true, true, false},
    {"KRD9", "PVZ", 435, "ул. Красная, 120", "38.9755", "45.0380", "30", true, true, true, true, true, false},
}};

} // namespace

std::span<const city> cities() { return city_table; }
std::span<const point> points() { return point_table; }

const city* find_city(int code) {
  for (const city& c : city_table)
    if (c.code == code) return &c;
  return nullptr;
}

const city* find_city(std::string_view name) {
  for (const city& c : city_table)
    if (c.name == name) return &c;
  return nullptr;
}

const city* city_by_postal(std::string_view postal_code) {
  if (postal_code.size() != 6) return nullptr;
  const city* best = nullptr;
  for (const city& c : city_table)
    if (postal_code.starts_with(c.postal_prefix) &&
        (best == nullptr || c.postal_prefix.size() > best->postal_prefix.size()))
      best = &c;
  return best;
}

const point* find_point(std::string_view code) {
  for (const point& p : point_table)
    if (p.code == code) return &p;
  return nullptr;
}

} // namespace waybill::cdek::sandbox
