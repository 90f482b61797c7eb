#include <http/tls.hpp>

#include <openssl/ssl.h>

namespace waybill::http {
namespace {

namespace ssl = boost::asio::ssl;

constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// A caller that offers only h2 goes on without ALPN: its own library decides whether HTTP/1.1 will do.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in,
                    unsigned int in_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, length, http_1_1, sizeof http_1_1, in, in_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<ssl::context> make(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // Idle connections give their 32 KiB of buffers back.
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

} // namespace

result<std::shared_ptr<ssl::context>> make_server_tls(const std::string& certificate, const std::string& key) {
  auto context = make(ssl::context::tls_server);
  boost::system::error_code ec;
  context->use_certificate_chain_file(certificate, ec);
  if (ec) return fail(errc::bad_input, "cannot read the certificate " + certificate + ": " + ec.message());
  context->use_private_key_file(key, ssl::context::pem, ec);
  if (ec) return fail(errc::bad_input, "cannot use the private key " + key + " with the certificate: " + ec.message());
  if (SSL_CTX_check_private_key(context->native_handle()) != 1)
    return fail(errc::bad_input, "the private key " + key + " does not belong to the certificate " + certificate);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_protocol, nullptr);
  return context;
}

result<std::shared_ptr<ssl::context>> make_client_tls(const std::string& ca_file) {
  auto context = make(ssl::context::tls_client);
  boost::system::error_code ec;
  context->set_verify_mode(ssl::verify_peer, ec);
  if (!ec) context->set_default_verify_paths(ec);
  if (ec) return fail(errc::internal, "cannot set up certificate verification: " + ec.message());
  if (!ca_file.empty()) {
    context->load_verify_file(ca_file, ec);
    if (ec) return fail(errc::bad_input, "cannot read the certificate authorities in " + ca_file + ": " + ec.message());
  }
  SSL_CTX_set_alpn_protos(context->native_handle(), http_1_1, sizeof http_1_1);
  return context;
}

} // namespace waybill::http
