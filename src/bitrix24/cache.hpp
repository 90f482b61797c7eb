// A small cache in memory: entries live for a while, and the least recently used go when there are too many.
#pragma once
#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <utility>

namespace waybill::bitrix24 {

template <class Key, class Value> class cache {
 public:
  using clock = std::chrono::steady_clock;
  cache(std::size_t most, std::chrono::milliseconds ttl) : most_(most), ttl_(ttl) {}

  std::optional<Value> get(const Key& key, clock::time_point now = clock::now()) {
    const auto it = entries_.find(key);
    if (it == entries_.end()) return {};
    if (it->second.until <= now) {
      order_.erase(it->second.place);
      entries_.erase(it);
      return {};
    }
    order_.splice(order_.begin(), order_, it->second.place);
    return it->second.value;
  }

  void put(const Key& key, Value value, clock::time_point now = clock::now()) {
    put_for(key, std::move(value), ttl_, now);
  }

  void put_for(const Key& key, Value value, std::chrono::milliseconds ttl, clock::time_point now = clock::now()) {
    if (const auto it = entries_.find(key); it != entries_.end()) {
      it->second.value = std::move(value);
      it->second.until = now + ttl;
      order_.splice(order_.begin(), order_, it->second.place);
      return;
    }
    order_.push_front(key);
    entries_.emplace(key, entry{std::move(value), now + ttl, order_.begin()});
    if (entries_.size() <= most_) return;
    entries_.erase(order_.back());
    order_.pop_back();
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    Value value;
    clock::time_point until;
    typename std::list<Key>::iterator place;
  };
  std::size_t most_;
  std::chrono::milliseconds ttl_;
  std::map<Key, entry> entries_;
  std::list<Key> order_; // most recently used first
};

} // namespace waybill::bitrix24
