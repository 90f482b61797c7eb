// What setup says, in the portal's language: the operator's command line is English, the installation's page is read by
// the portal's administrator.
#pragma once
#include <string>
#include <string_view>

namespace waybill::setup {

// A step's `what` or `reason`, a note or a remark. What has no translation (a portal's own words) stays as it is.
std::string spoken(std::string_view english, std::string_view language);

} // namespace waybill::setup
