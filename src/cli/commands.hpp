// The commands behind the command line, a file each.
#pragma once
#include <config/config.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace waybill::cli {

using settings_ptr = std::shared_ptr<const config::file>;

int check(settings_ptr settings, bool offline);
int version();
int carriers(bool as_json);
int sandbox(const std::string& listen, double speed);

struct shipment_options {
  std::string verb; // list | show | retry | cancel | label | courier | return
  std::string reference;
  std::string state; // list: one phase
  std::int64_t offset{0};
  std::int64_t most{50};
  bool json{false};
  std::string kind{"barcode"};         // label: barcode | waybill
  std::string output;                  // label: file
  std::string date, from, to, comment; // courier
};
int shipment(settings_ptr settings, const shipment_options& o);

struct portal_options {
  std::string verb; // setup | remove | bind | unbind
  std::string id;
  bool dry_run{false};            // only the plan
  bool yes{false};                // without asking
  std::int64_t order{0}, deal{0}; // bind, unbind
};
int portal(settings_ptr settings, const portal_options& o);

struct queue_options {
  std::string verb; // stats | dead | retry | drop | pause | resume
  std::string lane;
  std::string id;
  bool json{false};
};
int queue(settings_ptr settings, const queue_options& o);

} // namespace waybill::cli
