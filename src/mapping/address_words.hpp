// The words that mark the parts of a postal address, folded (small letters, "е" for "ё").
#pragma once
#include <string>
#include <string_view>

namespace waybill::mapping {

enum class address_word {
  none,
  region,   // область, край
  district, // район
  city,     // г, пос
  street,   // ул, проспект
  quarter,  // мкр: a number behind it is its name
  house,    // д, влад
  block,    // к, корп
  building, // стр
  flat,     // кв, оф
  entrance, // подъезд, этаж, домофон: not kept
};

// `number_follows`: "д 5" is a house, "д Ивановка" a village; "к 2" a block, "с 1" a building.
address_word address_word_of(std::string_view folded_word, bool number_follows);

// ISO code of a country's name, empty for other text.
std::string country_of(std::string_view folded_text);
// Cities that are regions themselves, also by their usual short names; empty for other text.
std::string federal_city(std::string_view folded_text);

} // namespace waybill::mapping
