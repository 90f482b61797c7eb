// The yardstick: what Beast and hiredis reach with nothing of ours between them. Parses the request, looks for the
// token and the deal's number, adds one entry to a stream, answers 200 when Redis has it.
//   waybill_bare PORT REDIS_SOCKET TOKEN
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using descriptor = asio::posix::stream_descriptor;

// hiredis' events on Asio: it says when it wants to read or to write.
struct loop {
  loop(asio::io_context& io, redisAsyncContext* context) : socket(io, context->c.fd), redis(context) {
    context->ev.data = this;
    context->ev.addRead = [](void* self) { static_cast<loop*>(self)->read(); };
    context->ev.addWrite = [](void* self) { static_cast<loop*>(self)->write(); };
    context->ev.delRead = [](void*) {};
    context->ev.delWrite = [](void* self) { static_cast<loop*>(self)->wants_write = false; };
    context->ev.cleanup = [](void*) {};
  }
  void read() {
    if (reading) return;
    reading = true;
    socket.async_wait(descriptor::wait_read, [this](beast::error_code ec) {
      reading = false;
      if (ec) return;
      redisAsyncHandleRead(redis);
      read();
    });
  }
  void write() {
    wants_write = true;
    if (writing) return;
    writing = true;
    asio::post(socket.get_executor(), [this] { // everything of this turn in one write
      writing = false;
      if (wants_write) redisAsyncHandleWrite(redis);
    });
  }
  descriptor socket;
  redisAsyncContext* redis;
  bool reading{false}, writing{false}, wants_write{false};
};

struct session : std::enable_shared_from_this<session> {
  session(tcp::socket s, redisAsyncContext* r, std::string_view t) : stream(std::move(s)), redis(r), token(t) {}

  void read() {
    request = {};
    http::async_read(stream, buffer, request, [self = shared_from_this()](beast::error_code ec, std::size_t) {
      if (!ec) self->keep();
    });
  }
  void keep() {
    static constexpr std::string_view id_key = "data%5BFIELDS%5D%5BID%5D=";
    const std::string_view body = request.body();
    const auto at = body.find(id_key);
    if (at == std::string_view::npos || !body.contains(token)) return answer(http::status::forbidden);
    const auto id = body.substr(at + id_key.size(), body.find('&', at) - at - id_key.size());
    // As much text as a job of ours has: what Redis writes to disk is part of the price.
    job = "{\"k\":\"deal:main:";
    job.append(id).append("\",\"l\":\"bitrix24:main\",\"t\":\"deal\",\"i\":\"0199c5f7a8100000a1b2c3d4e5f6\",\"r\":\"");
    job.append("0123456789abcdef\",\"p\":\"{\\\"deal\\\":").append(id);
    job.append(",\\\"portal\\\":\\\"main\\\"}\",\"a\":0,\"c\":1795256207000}");
    auto* self = new std::shared_ptr<session>(shared_from_this());
    redisAsyncCommand(
        redis,
        [](redisAsyncContext*, void* reply, void* given) {
          const std::unique_ptr<std::shared_ptr<session>> owner(static_cast<std::shared_ptr<session>*>(given));
          const auto* r = static_cast<redisReply*>(reply);
          (*owner)->answer(r != nullptr && r->type != REDIS_REPLY_ERROR ? http::status::ok
                                                                        : http::status::service_unavailable);
        },
        self, "XADD events * j %b", job.data(), job.size());
  }
  void answer(http::status status) {
    response = {status, request.version()};
    response.set(http::field::content_type, "application/json");
    response.body() = "{\"accepted\":true}";
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    http::async_write(stream, response, [self = shared_from_this()](beast::error_code ec, std::size_t) {
      if (!ec) self->read();
    });
  }

  tcp::socket stream;
  redisAsyncContext* redis;
  std::string_view token;
  std::string job;
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  http::response<http::string_body> response;
};

void accept(tcp::acceptor& door, redisAsyncContext* redis, std::string_view token) {
  door.async_accept([&door, redis, token](beast::error_code ec, tcp::socket s) {
    if (!ec) std::make_shared<session>(std::move(s), redis, token)->read();
    accept(door, redis, token);
  });
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "waybill_bare PORT REDIS_SOCKET TOKEN\n";
    return 2;
  }
  asio::io_context io{1};
  redisAsyncContext* redis = redisAsyncConnectUnix(argv[2]);
  if (redis == nullptr || redis->err != 0) return 1;
  loop events(io, redis);
  tcp::acceptor door(io, {asio::ip::make_address("127.0.0.1"), static_cast<asio::ip::port_type>(std::atoi(argv[1]))});
  accept(door, redis, argv[3]);
  io.run();
}
