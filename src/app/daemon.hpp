// `waybill serve`: start, run, drain, stop.
#pragma once
#include <config/config.hpp>

#include <filesystem>
#include <memory>

namespace waybill::app {

// Runs until SIGTERM or SIGINT and returns the exit code: 0 after a drain, 1 when it could not start.
int serve(std::shared_ptr<const config::file> settings, std::filesystem::path file);

} // namespace waybill::app
