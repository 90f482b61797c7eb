// The application's pages as text: plain HTML in Russian or English, everything escaped. Pure.
#pragma once
#include <config/config.hpp>
#include <ingress/application.hpp>
#include <store/record.hpp>
#include <waybill/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace waybill::ingress {

std::string escape_html(std::string_view text);

enum class language { ru, en };

// Keys of the texts: "open_in_portal", "no_access", ... An unknown key gives the key itself.
std::string page_word(language l, std::string_view key);

// `frame`: the origin that may show the page, "https://shop.bitrix24.ru"; empty: nobody may.
http_response note_page(int status, language l, std::string_view frame, std::string_view key,
                        std::string_view more = {});
// With the one call that ends the installation: at once when all went well, else by a button, so that it can be read.
http_response setup_page(language l, std::string_view frame, const setup_report& report);
// `title_of` names a carrier account.
http_response deal_page(language l, std::string_view frame, const config::portal& portal,
                        const std::vector<store::record>& shipments,
                        const std::function<std::string(const std::string&)>& title_of);

} // namespace waybill::ingress
