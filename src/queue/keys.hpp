// The names of the queue's keys, and what may stand in them.
#pragma once
#include <string>
#include <string_view>

namespace waybill::queue {

// All below "{prefix}:q:". Scripts get this root, because the lock and the list of waiters of a job are known only
// once its entry has been read, inside the script; everything that is known before the call is named in KEYS.
class keys {
 public:
  explicit keys(std::string_view prefix) : root_(std::string(prefix) + ":q:") {}

  const std::string& root() const { return root_; }
  std::string stream(std::string_view lane) const { return with("s:", lane); }
  std::string later(std::string_view lane) const { return with("later:", lane); }
  std::string dead(std::string_view lane) const { return with("dead:", lane); }
  std::string dead_job(std::string_view lane) const { return with("deadjob:", lane); }
  std::string lock(std::string_view lock_text) const { return with("lock:", lock_text); }
  std::string paused() const { return root_ + "paused"; }   // SET of lanes
  std::string lanes() const { return root_ + "lanes"; }     // SET of lanes
  std::string waiting() const { return root_ + "waiting"; } // SET of job keys that have waiters
  std::string waits() const { return root_ + "waits"; }     // HASH lane -> waiters
  std::string epoch() const { return root_ + "epoch"; }     // HASH lane -> takeovers so far

 private:
  std::string with(std::string_view kind, std::string_view name) const {
    std::string key;
    key.reserve(root_.size() + kind.size() + name.size());
    return key.append(root_).append(kind).append(name);
  }
  std::string root_;
};

// The part of an encoded job that names its lock, exactly as the scripts cut it out: the text between the quotes of a
// leading {"k":"...". Empty: the job has no key.
std::string_view lock_text(std::string_view encoded);

} // namespace waybill::queue
