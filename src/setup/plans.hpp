// The parts of a plan: each compares one kind of thing and adds its steps. Pure, but for what the steps will do.
// Private to the room.
#pragma once
#include <setup/site.hpp>

namespace waybill::setup {

void plan_fields(const site& s, steps& out);
// True: the profiles' services will be new ones, whatever belongs to the old ones must be made again.
bool plan_delivery(const site& s, steps& out);
void plan_properties(const site& s, bool fresh_profiles, steps& out);
void plan_extras(const site& s, bool fresh_profiles, steps& out);
void plan_statuses(const site& s, steps& out);
void plan_application(const site& s, plan& out);
void plan_checks(const site& s, steps& out);
awaitable<void> read_checks(site_ptr s);

// The way back, in its own order.
void remove_application(const site& s, steps& out);
void remove_delivery(const site& s, steps& out);
void remove_properties(const site& s, steps& out);
// Statuses that no shipment has; asks the portal for each.
awaitable<void> remove_statuses(site_ptr s, std::shared_ptr<plan> out);

// A handler as it must be, compared as far as the portal shows it.
bool same_handler(const sale::delivery_handler& there, const sale::delivery_handler& wanted);

} // namespace waybill::setup
