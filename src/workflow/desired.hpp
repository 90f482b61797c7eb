// Pure: what the deal should say of its shipment, and which of it does not stand there yet.
#pragma once
#include <bitrix24/crm.hpp>
#include <config/config.hpp>
#include <store/record.hpp>

#include <optional>
#include <string>
#include <vector>

namespace waybill::workflow {

// The user fields whose present value differs from what they should say.
boost::json::object desired_fields(const config::portal& portal, const store::record& r, const bitrix24::deal& deal);

// The stage that the status table asks for, when the deal may be moved there: it is in the deal's own pipeline, the
// deal stands where the table or a trigger put it (no person moved it elsewhere), is not closed, and the move goes
// forward.
std::optional<std::string> desired_stage(const config::portal& portal, const store::record& r,
                                         const bitrix24::deal& deal, const std::vector<bitrix24::stage>& stages);

// What the deal's trigger asks for now.
std::optional<config::trigger_action> asked(const config::portal& portal, const bitrix24::deal& deal);

// Digest of everything in the deal that mapping reads and we never write: unchanged means that a person changed nothing
// of interest in the deal itself.
std::string deal_digest(const config::portal& portal, const bitrix24::deal& deal);

// STATUS_ID in the pipeline: "WON" in category 2 is "C2:WON".
std::string stage_in(std::int64_t category, const std::string& stage);

} // namespace waybill::workflow
