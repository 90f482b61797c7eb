#include "tariffs.hpp"

#include <array>

namespace waybill::cdek {
namespace {

constexpr std::array<delivery_mode, 9> modes{{
    {1, place::door, place::door},
    {2, place::door, place::office},
    {3, place::office, place::door},
    {4, place::office, place::office},
    {6, place::door, place::locker},
    {7, place::office, place::locker},
    {8, place::locker, place::door},
    {9, place::locker, place::office},
    {10, place::locker, place::locker},
}};

constexpr int shop = 1, any = 3;

// Modes of 605-607, 2483 and 2485 follow from their names only: `tariff_modes` can correct them.
constexpr std::array<tariff, 44> table{{
    {136, 4, shop, 50, 0}, {137, 3, shop, 50, 0},   {138, 2, shop, 50, 0}, {139, 1, shop, 50, 0}, {366, 6, shop, 50, 0},
    {368, 7, shop, 50, 0}, {231, 1, shop, 50, 0},   {232, 2, shop, 50, 0}, {233, 3, shop, 50, 0}, {234, 4, shop, 50, 0},
    {376, 6, shop, 50, 0}, {378, 7, shop, 50, 0},   {480, 1, any, 0, 0},   {481, 2, any, 0, 0},   {482, 3, any, 0, 0},
    {483, 4, any, 0, 0},   {485, 6, any, 0, 0},     {486, 7, any, 0, 0},   {605, 8, any, 0, 0},   {606, 9, any, 0, 0},
    {607, 10, any, 0, 0},  {62, 4, any, 0, 0},      {121, 1, any, 0, 0},   {122, 3, any, 0, 0},   {123, 2, any, 0, 0},
    {184, 1, shop, 0, 0},  {185, 4, shop, 0, 0},    {186, 3, shop, 0, 0},  {187, 2, shop, 0, 0},  {497, 6, shop, 0, 0},
    {498, 7, shop, 0, 0},  {291, 4, shop, 0, 0},    {293, 1, shop, 0, 0},  {294, 3, shop, 0, 0},  {295, 2, shop, 0, 0},
    {2483, 6, shop, 0, 0}, {2485, 7, shop, 0, 0},   {748, 1, any, 0, 2},   {749, 2, any, 0, 2},   {750, 3, any, 0, 2},
    {751, 4, any, 0, 2},   {2536, 0, shop, 30, 11}, {2360, 0, any, 25, 0}, {358, 0, any, 0, 0},
}};

} // namespace

std::optional<delivery_mode> mode_of(int number) {
  for (const delivery_mode& m : modes)
    if (m.number == number) return m;
  return {};
}

std::span<const tariff> known_tariffs() { return table; }

const tariff* find_tariff(std::int64_t code) {
  for (const tariff& t : table)
    if (t.code == code) return &t;
  return nullptr;
}

} // namespace waybill::cdek
