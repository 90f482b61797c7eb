// The Lua of the queue. Each script is atomic; what it takes and returns stands above its text in scripts_*.cpp.
#pragma once
#include <redis/connection.hpp>

namespace waybill::queue::scripts {

// Producers and operators (scripts_operator.cpp).
const redis::script& enqueue();
const redis::script& enqueue_later();
const redis::script& stats();
const redis::script& dead();
const redis::script& retry_dead();
const redis::script& drop_dead();

// Consumers: taking (scripts_taking.cpp).
const redis::script& prepare();
const redis::script& take();
const redis::script& adopt();
const redis::script& take_over();

// Consumers: holding and housekeeping (scripts_worker.cpp).
const redis::script& complete();
const redis::script& heartbeat();
const redis::script& promote();
const redis::script& look_after();
const redis::script& leave();

} // namespace waybill::queue::scripts
