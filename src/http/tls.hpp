// TLS contexts for both directions, made in one place so that both have the same floor: TLS 1.2, no compression.
#pragma once
#include <waybill/error.hpp>

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

namespace waybill::http {

// Certificate chain and key from PEM files. bad_input when they cannot be read or do not belong together.
result<std::shared_ptr<boost::asio::ssl::context>> make_server_tls(const std::string& certificate,
                                                                   const std::string& key);

// Verifies peers against the system's authorities and those of `ca_file` (may be empty). bad_input: unreadable file.
result<std::shared_ptr<boost::asio::ssl::context>> make_client_tls(const std::string& ca_file);

} // namespace waybill::http
