#include <mapping/address_words.hpp>

#include <algorithm>
#include <array>

namespace waybill::mapping {
namespace {

struct mark {
  std::string_view word;
  address_word what;
};

constexpr std::array marks{mark{"область", address_word::region},
                           mark{"обл", address_word::region},
                           mark{"край", address_word::region},
                           mark{"республика", address_word::region},
                           mark{"респ", address_word::region},
                           mark{"ао", address_word::region},
                           mark{"округ", address_word::region},
                           mark{"район", address_word::district},
                           mark{"р-н", address_word::district},
                           mark{"рн", address_word::district},
                           mark{"г", address_word::city},
                           mark{"гор", address_word::city},
                           mark{"город", address_word::city},
                           mark{"пгт", address_word::city},
                           mark{"рп", address_word::city},
                           mark{"пос", address_word::city},
                           mark{"поселок", address_word::city},
                           mark{"п", address_word::city},
                           mark{"село", address_word::city},
                           mark{"деревня", address_word::city},
                           mark{"дер", address_word::city},
                           mark{"станица", address_word::city},
                           mark{"ст-ца", address_word::city},
                           mark{"хутор", address_word::city},
                           mark{"аул", address_word::city},
                           mark{"ул", address_word::street},
                           mark{"улица", address_word::street},
                           mark{"пр", address_word::street},
                           mark{"пр-т", address_word::street},
                           mark{"пр-кт", address_word::street},
                           mark{"просп", address_word::street},
                           mark{"проспект", address_word::street},
                           mark{"пер", address_word::street},
                           mark{"переулок", address_word::street},
                           mark{"пл", address_word::street},
                           mark{"площадь", address_word::street},
                           mark{"наб", address_word::street},
                           mark{"набережная", address_word::street},
                           mark{"б-р", address_word::street},
                           mark{"бул", address_word::street},
                           mark{"бульвар", address_word::street},
                           mark{"ш", address_word::street},
                           mark{"шоссе", address_word::street},
                           mark{"пр-д", address_word::street},
                           mark{"проезд", address_word::street},
                           mark{"туп", address_word::street},
                           mark{"тупик", address_word::street},
                           mark{"аллея", address_word::street},
                           mark{"тракт", address_word::street},
                           mark{"спуск", address_word::street},
                           mark{"линия", address_word::quarter},
                           mark{"мкр", address_word::quarter},
                           mark{"мкрн", address_word::quarter},
                           mark{"мкр-н", address_word::quarter},
                           mark{"микрорайон", address_word::quarter},
                           mark{"кв-л", address_word::quarter},
                           mark{"квартал", address_word::quarter},
                           mark{"дом", address_word::house},
                           mark{"вл", address_word::house},
                           mark{"влад", address_word::house},
                           mark{"владение", address_word::house},
                           mark{"двлд", address_word::house},
                           mark{"корп", address_word::block},
                           mark{"корпус", address_word::block},
                           mark{"стр", address_word::building},
                           mark{"строение", address_word::building},
                           mark{"кв", address_word::flat},
                           mark{"квартира", address_word::flat},
                           mark{"оф", address_word::flat},
                           mark{"офис", address_word::flat},
                           mark{"пом", address_word::flat},
                           mark{"помещение", address_word::flat},
                           mark{"комн", address_word::flat},
                           mark{"комната", address_word::flat},
                           mark{"апарт", address_word::flat},
                           mark{"апартаменты", address_word::flat},
                           mark{"подъезд", address_word::entrance},
                           mark{"под", address_word::entrance},
                           mark{"эт", address_word::entrance},
                           mark{"этаж", address_word::entrance},
                           mark{"домофон", address_word::entrance}};

struct name {
  std::string_view text, value;
};
constexpr std::array countries{name{"россия", "RU"},      name{"рф", "RU"},          name{"российская федерация", "RU"},
                               name{"russia", "RU"},      name{"беларусь", "BY"},    name{"республика беларусь", "BY"},
                               name{"белоруссия", "BY"},  name{"казахстан", "KZ"},   name{"республика казахстан", "KZ"},
                               name{"армения", "AM"},     name{"кыргызстан", "KG"},  name{"киргизия", "KG"},
                               name{"узбекистан", "UZ"},  name{"таджикистан", "TJ"}, name{"туркменистан", "TM"},
                               name{"азербайджан", "AZ"}, name{"грузия", "GE"},      name{"молдова", "MD"},
                               name{"молдавия", "MD"}};

constexpr std::array cities{name{"москва", "Москва"},
                            name{"мск", "Москва"},
                            name{"санкт-петербург", "Санкт-Петербург"},
                            name{"спб", "Санкт-Петербург"},
                            name{"с-петербург", "Санкт-Петербург"},
                            name{"севастополь", "Севастополь"}};

template <class Table> std::string look_up(const Table& table, std::string_view text) {
  const auto it = std::ranges::find(table, text, &name::text);
  return it == table.end() ? std::string{} : std::string(it->value);
}

} // namespace

address_word address_word_of(std::string_view word, bool number_follows) {
  if (word == "д") return number_follows ? address_word::house : address_word::city;
  if (word == "с") return number_follows ? address_word::building : address_word::city;
  if (word == "к") return number_follows ? address_word::block : address_word::none;
  if (word == "х") return number_follows ? address_word::none : address_word::city;
  const auto it = std::ranges::find(marks, word, &mark::word);
  return it == marks.end() ? address_word::none : it->what;
}

std::string country_of(std::string_view text) { return look_up(countries, text); }
std::string federal_city(std::string_view text) { return look_up(cities, text); }

} // namespace waybill::mapping
