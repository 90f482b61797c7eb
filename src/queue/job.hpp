// A job: ids and intent, never data. What it means is the workflow's business.
#pragma once
#include <waybill/error.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace waybill::queue {

struct attempt_note {
  instant when{};
  errc code{errc::internal};
  std::string what;
};

struct job {
  std::string id;          // unique, sortable by time; given by the queue when empty
  std::string lane;        // "bitrix24:main", "carrier:cdek-main"
  std::string kind;        // "deal", "submit", "follow", ...
  std::string key;         // jobs of one key never run at once, in any process ("deal:main:759"); empty: no ordering
  std::string payload;     // small JSON with ids
  std::string trace;       // from the webhook to the write-back
  std::int64_t attempt{0}; // failed attempts so far
  instant created{};
  std::vector<attempt_note> history; // of failed attempts, the newest 20
};

std::string encode(const job& j);
result<job> decode(std::string_view text);

} // namespace waybill::queue
