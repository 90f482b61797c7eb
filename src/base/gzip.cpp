#include <waybill/gzip.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include <zlib.h>

namespace waybill {
namespace {

constexpr int gzip_only = MAX_WBITS + 16; // zlib's way of saying: with gzip's header, and no other

struct inflater {
  z_stream s{};
  bool open{false};
  inflater() { open = inflateInit2(&s, gzip_only) == Z_OK; }
  ~inflater() {
    if (open) inflateEnd(&s);
  }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;
};

struct deflater {
  z_stream s{};
  bool open{false};
  deflater() { open = deflateInit2(&s, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_only, 8, Z_DEFAULT_STRATEGY) == Z_OK; }
  ~deflater() {
    if (open) deflateEnd(&s);
  }
  deflater(const deflater&) = delete;
  deflater& operator=(const deflater&) = delete;
};

// zlib only reads through it, but its interface predates const.
Bytef* bytes_of(std::string_view text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data())); // NOLINT
}

std::string trimmed_lower(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return lower_ascii(text);
}

} // namespace

result<std::string> gunzip(std::string_view packed, std::size_t most) {
  if (packed.size() > std::numeric_limits<uInt>::max()) return fail(errc::protocol, "the packed answer is too large");
  inflater z;
  if (!z.open) return fail(errc::internal, "zlib cannot be started");
  z.s.next_in = bytes_of(packed);
  z.s.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::array<char, 16 * 1024> part; // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  for (;;) {
    z.s.next_out = reinterpret_cast<Bytef*>(part.data());
    z.s.avail_out = static_cast<uInt>(part.size());
    const int code = inflate(&z.s, Z_NO_FLUSH);
    const std::size_t got = part.size() - z.s.avail_out;
    if (got > most - out.size()) return fail(errc::protocol, "the unpacked answer is too large");
    out.append(part.data(), got);
    if (code == Z_STREAM_END) {
      if (z.s.avail_in == 0) return out;
      if (inflateReset(&z.s) != Z_OK) return fail(errc::internal, "zlib cannot go on"); // the next one of several
      continue;
    }
    if (code != Z_OK || (z.s.avail_in == 0 && got == 0))
      return fail(errc::protocol, "the answer is not valid gzip"); // also one that is cut short
  }
}

std::string gzip(std::string_view plain) {
  deflater z;
  if (!z.open || plain.size() > std::numeric_limits<uInt>::max()) throw std::runtime_error("zlib cannot pack this");
  std::string out(deflateBound(&z.s, static_cast<uLong>(plain.size())) + 32, '\0');
  z.s.next_in = bytes_of(plain);
  z.s.avail_in = static_cast<uInt>(plain.size());
  z.s.next_out = reinterpret_cast<Bytef*>(out.data());
  z.s.avail_out = static_cast<uInt>(out.size());
  if (deflate(&z.s, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib did not come to an end");
  out.resize(out.size() - z.s.avail_out);
  return out;
}

bool accepts_gzip(const http_headers& headers) {
  const std::string* given = find_header(headers, "Accept-Encoding");
  if (given == nullptr) return false;
  for (std::string_view rest = *given; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto semicolon = std::min(one.find(';'), one.size());
    const std::string weight = trimmed_lower(one.substr(std::min(semicolon + 1, one.size())));
    const bool refused = weight == "q=0" || weight.starts_with("q=0.0") || weight == "q=0.";
    if (trimmed_lower(one.substr(0, semicolon)) == "gzip") return !refused;
  }
  return false;
}

result<void> unpack_answer(http_response& answer, std::size_t most) {
  const std::string* coding = find_header(answer.headers, "Content-Encoding");
  if (coding == nullptr) return {};
  const std::string how = trimmed_lower(*coding);
  if (how != "gzip" && how != "x-gzip") return {};
  if (!answer.body.empty()) { // an answer without a body may still carry the header
    auto plain = gunzip(answer.body, most);
    if (!plain) return fail(plain.error());
    answer.body = std::move(*plain);
  }
  std::erase_if(answer.headers, [](const auto& header) {
    const std::string name = lower_ascii(header.first);
    return name == "content-encoding" || name == "content-length";
  });
  return {};
}

} // namespace waybill
