#include <redis/hooks.hpp>

#include <utility>

namespace waybill::redis {

std::shared_ptr<hooks> hooks::attach(executor ex, redisAsyncContext* context, context_owner* owner) {
  auto h = std::make_shared<hooks>(std::move(ex));
  boost::system::error_code ec;
  h->fd_.assign(context->c.fd, ec);
  if (ec) return nullptr;
  h->context_ = context;
  h->owner_ = owner;
  h->self_ = h;
  context->ev.data = h.get();
  context->ev.addRead = [](void* p) { static_cast<hooks*>(p)->read_wanted(); };
  context->ev.delRead = [](void* p) { static_cast<hooks*>(p)->want_read_ = false; };
  context->ev.addWrite = [](void* p) { static_cast<hooks*>(p)->write_wanted(); };
  context->ev.delWrite = [](void* p) { static_cast<hooks*>(p)->want_write_ = false; };
  context->ev.cleanup = [](void* p) { static_cast<hooks*>(p)->gone(); };
  return h;
}

void hooks::read_wanted() {
  want_read_ = true;
  if (std::exchange(reading_, true)) return;
  fd_.async_wait(asio::posix::stream_descriptor::wait_read,
                 [self = shared_from_this()](boost::system::error_code) { self->read_ready(); });
}

void hooks::write_wanted() {
  want_write_ = true;
  if (std::exchange(writing_, true)) return;
  fd_.async_wait(asio::posix::stream_descriptor::wait_write,
                 [self = shared_from_this()](boost::system::error_code) { self->write_ready(); });
}

void hooks::read_ready() {
  reading_ = false;
  if (context_ == nullptr || !want_read_) return;
  // Before the read: it may end the context, and the owner's clock of silence must already have been set.
  if (owner_ != nullptr) owner_->bytes_came();
  redisAsyncHandleRead(context_);
  if (context_ != nullptr && want_read_) read_wanted();
}

void hooks::write_ready() {
  writing_ = false;
  if (context_ == nullptr || !want_write_) return;
  redisAsyncHandleWrite(context_);
  if (context_ != nullptr && want_write_) write_wanted();
}

void hooks::gone() {
  const auto keep = std::move(self_);
  auto* context = std::exchange(context_, nullptr);
  want_read_ = want_write_ = false;
  std::string why = context->err != 0 && context->errstr != nullptr ? context->errstr : "";
  if (fd_.is_open()) {
    boost::system::error_code ignored;
    fd_.cancel(ignored);
    fd_.release(); // hiredis closes it
  }
  if (auto* owner = std::exchange(owner_, nullptr)) owner->context_gone(std::move(why));
}

} // namespace waybill::redis
