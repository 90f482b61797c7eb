// The bytes of a connection that are read and not yet parsed. Starts small, because most connections are idle and
// most requests are short; never grows past `most`.
#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include <boost/asio/buffer.hpp>

namespace waybill::http {

class read_buffer {
 public:
  explicit read_buffer(std::size_t most) : most_(std::max(most, first_size)) {}

  std::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  bool full() const { return size() == most_; }

  // Room for the next read; of size zero only when full().
  boost::asio::mutable_buffer prepare() {
    if (empty()) begin_ = end_ = 0;
    if (capacity_ == 0 || capacity_ - end_ < capacity_ / 2) make_room();
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t n) { end_ += n; }
  void consume(std::size_t n) { begin_ += n; }

 private:
  static constexpr std::size_t first_size = 4096;

  void make_room() {
    const std::size_t wanted = capacity_ == 0           ? first_size
                               : size() > capacity_ / 2 ? std::min(capacity_ * 2, most_)
                                                        : capacity_;
    if (wanted != capacity_) {
      std::unique_ptr<char[]> larger(new char[wanted]);
      if (!empty()) std::memcpy(larger.get(), bytes_.get() + begin_, size());
      bytes_ = std::move(larger);
      capacity_ = wanted;
    } else if (begin_ != 0) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    } else {
      return;
    }
    end_ -= begin_;
    begin_ = 0;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t most_, capacity_{0}, begin_{0}, end_{0};
};

} // namespace waybill::http
