// Reading: bounds, namespaces, faults, typed values.
#include <waybill/http.hpp>
#include <waybill/money.hpp>
#include <waybill/soap.hpp>
#include <waybill/time.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include <pugixml.hpp>

namespace waybill::soap {
namespace {

std::string_view local_part(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view prefix_of(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
}

bool declares(std::string_view attribute, std::string_view prefix) {
  if (prefix.empty()) return attribute == "xmlns";
  return attribute.starts_with("xmlns:") && attribute.substr(6) == prefix;
}

// What a prefix means at this element.
std::string_view namespace_of(pugi::xml_node at, std::string_view prefix) {
  for (pugi::xml_node n = at; n.type() == pugi::node_element; n = n.parent())
    for (const pugi::xml_attribute a : n.attributes())
      if (declares(a.name(), prefix)) return a.value();
  return {};
}

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = s.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(blanks) - first + 1);
}

std::unexpected<fault> broken(std::string what) { return fail(errc::protocol, std::move(what), "soap.broken"); }

// Walks without recursion: depth, and texts that character references made invalid.
std::optional<std::string> trouble_in(const pugi::xml_document& d, const bounds& most, bool references) {
  std::size_t depth = 0;
  pugi::xml_node n = d.first_child();
  while (n) {
    if (n.type() == pugi::node_doctype) return "the XML has a DOCTYPE, which is not read";
    if (references && !is_valid_utf8(n.value())) return "the XML has characters that do not exist";
    if (n.first_child()) {
      n = n.first_child();
      if (++depth > most.depth) return "the XML is nested too deeply";
      continue;
    }
    while (n && !n.next_sibling()) {
      n = n.parent();
      if (depth > 0) --depth;
      if (n.type() == pugi::node_document) return {};
    }
    n = n.next_sibling();
  }
  return {};
}

} // namespace

struct document::impl {
  std::string text; // the tree points into it
  pugi::xml_document tree;
};

std::string_view node::name() const {
  return at_ == nullptr ? std::string_view{} : local_part(pugi::xml_node(at_).name());
}

std::string_view node::space() const {
  if (at_ == nullptr) return {};
  const pugi::xml_node n(at_);
  return namespace_of(n, prefix_of(n.name()));
}

std::string node::value() const {
  std::string out;
  if (at_ == nullptr) return out;
  for (const pugi::xml_node n : pugi::xml_node(at_).children())
    if (n.type() == pugi::node_pcdata || n.type() == pugi::node_cdata) out += n.value();
  return std::string(trimmed(out));
}

std::string node::attribute(std::string_view name) const {
  if (at_ == nullptr) return {};
  for (const pugi::xml_attribute a : pugi::xml_node(at_).attributes())
    if (local_part(a.name()) == name && !std::string_view(a.name()).starts_with("xmlns")) return a.value();
  return {};
}

node node::parent() const {
  if (at_ == nullptr) return {};
  const pugi::xml_node up = pugi::xml_node(at_).parent();
  return up.type() == pugi::node_element ? node(up.internal_object()) : node();
}

node node::child(std::string_view name, std::string_view space) const {
  if (at_ == nullptr) return {};
  for (const pugi::xml_node n : pugi::xml_node(at_).children())
    if (n.type() == pugi::node_element && local_part(n.name()) == name)
      if (const node found(n.internal_object()); found.space() == space) return found;
  return {};
}

std::vector<node> node::children(std::string_view name, std::string_view space) const {
  std::vector<node> out;
  if (at_ == nullptr) return out;
  for (const pugi::xml_node n : pugi::xml_node(at_).children())
    if (n.type() == pugi::node_element && local_part(n.name()) == name)
      if (const node found(n.internal_object()); found.space() == space) out.push_back(found);
  return out;
}

std::vector<node> node::elements() const {
  std::vector<node> out;
  if (at_ == nullptr) return out;
  for (const pugi::xml_node n : pugi::xml_node(at_).children())
    if (n.type() == pugi::node_element) out.emplace_back(n.internal_object());
  return out;
}

node document::root() const {
  return impl_ == nullptr ? node() : node(impl_->tree.document_element().internal_object());
}

result<document> parse(std::string text, bounds most) {
  if (text.size() > most.bytes) return broken("the XML is too large");
  if (!is_valid_utf8(text) || text.contains('\0')) return broken("the XML is not UTF-8");
  if (static_cast<std::size_t>(std::ranges::count(text, '<')) > most.nodes) return broken("the XML has too many parts");
  const bool references = text.contains("&#");
  auto made = std::make_shared<document::impl>();
  made->text = std::move(text);
  const unsigned how = pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
  const auto done = made->tree.load_buffer_inplace(made->text.data(), made->text.size(), how, pugi::encoding_utf8);
  if (!done) return broken("this is no well-formed XML");
  if (const auto trouble = trouble_in(made->tree, most, references)) return broken(*trouble);
  if (!made->tree.document_element()) return broken("the XML has no element");
  document out;
  out.impl_ = std::move(made);
  return out;
}

result<message> read_message(std::string text, bounds most) {
  auto whole = parse(std::move(text), most);
  if (!whole) return fail(whole.error());
  message m;
  m.whole = std::move(*whole);
  const node root = m.whole.root();
  if (root.name() != "Envelope" || root.space() != envelope_namespace) return broken("this is no envelope of SOAP 1.1");
  const auto parts = root.child("Body", envelope_namespace).elements();
  if (parts.empty()) return broken("the SOAP body is empty");
  m.payload = parts.front();
  if (m.payload.name() != "Fault" || m.payload.space() != envelope_namespace) return m;
  fault_said f;
  f.code = std::string(local_part(text_or(m.payload, "faultcode")));
  f.text = text_or(m.payload, "faultstring");
  const auto details = m.payload.child("detail").elements();
  if (!details.empty()) {
    f.detail = details.front();
    f.kind = std::string(f.detail.name());
    f.space = std::string(f.detail.space());
  }
  m.fault = std::move(f);
  return m;
}

node payload_as(const message& m, std::string_view space, std::string_view name) {
  return !m.fault && m.payload.name() == name && m.payload.space() == space ? m.payload : node();
}

std::optional<std::string> text(const node& in, std::string_view name) {
  const node n = in.child(name);
  if (!n) return {};
  const std::string nil = n.attribute("nil");
  std::string value = n.value();
  if (value.empty() || nil == "true" || nil == "1") return {};
  return value;
}

std::string text_or(const node& in, std::string_view name, std::string fallback) {
  auto value = text(in, name);
  return value ? std::move(*value) : std::move(fallback);
}

std::optional<std::int64_t> integer(const node& in, std::string_view name) {
  const auto value = text(in, name);
  if (!value) return {};
  std::int64_t n = 0;
  const char* begin = value->data() + (value->starts_with('+') ? 1 : 0);
  const auto [end, ec] = std::from_chars(begin, value->data() + value->size(), n);
  if (ec != std::errc{} || end != value->data() + value->size()) return {};
  return n;
}

std::optional<bool> boolean(const node& in, std::string_view name) {
  const auto value = text(in, name);
  if (!value) return {};
  if (*value == "true" || *value == "1") return true;
  if (*value == "false" || *value == "0") return false;
  return {};
}

std::optional<std::int64_t> scaled(std::string_view literal, int places) {
  const auto mark = literal.find_first_of("eE");
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    auto tail = literal.substr(mark + 1);
    if (tail.starts_with('+')) tail.remove_prefix(1);
    const auto [end, ec] = std::from_chars(tail.data(), tail.data() + tail.size(), exponent);
    if (ec != std::errc{} || end != tail.data() + tail.size() || exponent > 30 || exponent < -30) return {};
  }
  // parse_minor counts in hundredths; the exponent moves the point to where it is wanted.
  const auto moved = std::string(trimmed(literal.substr(0, mark))) + "e" + std::to_string(exponent + places - 2);
  const auto value = parse_minor(moved);
  if (!value) return {};
  return *value;
}

std::optional<std::int64_t> scaled(const node& in, std::string_view name, int places) {
  const auto value = text(in, name);
  return value ? scaled(*value, places) : std::nullopt;
}
std::optional<std::int64_t> minor(const node& in, std::string_view name) { return scaled(in, name, 2); }
std::optional<std::int64_t> grams(const node& in, std::string_view name) { return scaled(in, name, 3); }
std::optional<std::int64_t> millimetres(const node& in, std::string_view name) { return scaled(in, name, 1); }

std::optional<double> real(const node& in, std::string_view name) {
  const auto value = text(in, name);
  if (!value) return {};
  double n = 0;
  const auto [end, ec] = std::from_chars(value->data(), value->data() + value->size(), n);
  if (ec != std::errc{} || end != value->data() + value->size()) return {};
  return n;
}

std::optional<std::string> date(const node& in, std::string_view name) {
  const auto value = text(in, name);
  if (!value || value->size() < 10) return {};
  std::string day = value->substr(0, 10);
  if (value->size() > 10 && std::string_view("T+-Z").find((*value)[10]) == std::string_view::npos) return {};
  if (!parse_instant(day)) return {};
  return day;
}

} // namespace waybill::soap
