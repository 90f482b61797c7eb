// SOAP 1.1, document/literal: requests and answers as text, answers and requests read as bounded trees. The operation's
// element is qualified, everything below it is in no namespace. Used by adapters and by their stand-ins.
#pragma once
#include <waybill/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pugi {
struct xml_node_struct;
}

namespace waybill::soap {

inline constexpr std::string_view envelope_namespace = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view content_type = "text/xml; charset=utf-8";

// ---- reading ---------------------------------------------------------------------------------------------------

// What a peer's document may be at most; anything larger is refused before it is built.
struct bounds {
  std::size_t bytes{32 * 1024 * 1024};
  std::size_t depth{32};        // elements in each other
  std::size_t nodes{2'000'000}; // elements and texts, counted by their '<'
};

// A handle of one element; good as long as its document. A default one is "absent": it has no children and no text.
class node {
 public:
  node() = default;
  explicit node(pugi::xml_node_struct* at) : at_(at) {}
  explicit operator bool() const { return at_ != nullptr; }

  std::string_view name() const;  // without its prefix
  std::string_view space() const; // its namespace, "" for none
  // The characters right below it, CDATA included, without blanks at the ends.
  std::string value() const;
  std::string attribute(std::string_view name) const; // without regard to its prefix; empty: absent
  node parent() const;
  // The first child with this name and namespace.
  node child(std::string_view name, std::string_view space = {}) const;
  // A repeated element is always a list: none, one or many.
  std::vector<node> children(std::string_view name, std::string_view space = {}) const;
  std::vector<node> elements() const; // all, in order
  bool same(const node& other) const { return at_ == other.at_; }

 private:
  pugi::xml_node_struct* at_{nullptr};
};

// A parsed document; copies share it.
class document {
 public:
  node root() const;

 private:
  friend result<document> parse(std::string text, bounds most);
  struct impl;
  std::shared_ptr<const impl> impl_;
};

// UTF-8 only. A DOCTYPE, and with it every entity that is not XML's own, is refused. Fault: protocol, without any of
// the text.
result<document> parse(std::string text, bounds most = {});

// What a SOAP body says instead of an answer.
struct fault_said {
  std::string code;  // local part: "Server", "Client"
  std::string text;  // the peer's own words: make them `harmless` before they are shown
  std::string kind;  // name of the element in <detail>; empty: none
  std::string space; // and its namespace
  node detail;       // that element
};

// One envelope: either a payload or a fault.
struct message {
  document whole;
  node payload; // the only element of the body
  std::optional<fault_said> fault;
};
// Fault protocol: no XML, no envelope of version 1.1, an empty body.
result<message> read_message(std::string text, bounds most = {});
// The payload when it is this element of this namespace; absent otherwise.
node payload_as(const message& m, std::string_view space, std::string_view name);

// Children read as values. Absent, xsi:nil and an empty text are all "nothing"; so is what cannot be read.
std::optional<std::string> text(const node& in, std::string_view name);
std::string text_or(const node& in, std::string_view name, std::string fallback = {});
std::optional<std::int64_t> integer(const node& in, std::string_view name);
std::optional<bool> boolean(const node& in, std::string_view name); // true, false, 1, 0
// A decimal as a whole number of 10^-places, rounded half away from zero: roubles with 2 are kopecks, kilograms with 3
// grams, centimetres with 1 millimetres. It never passes through a double.
std::optional<std::int64_t> scaled(const node& in, std::string_view name, int places);
std::optional<std::int64_t> minor(const node& in, std::string_view name);       // roubles -> kopecks
std::optional<std::int64_t> grams(const node& in, std::string_view name);       // kilograms -> grams
std::optional<std::int64_t> millimetres(const node& in, std::string_view name); // centimetres -> millimetres
std::optional<double> real(const node& in, std::string_view name);              // coordinates only
// YYYY-MM-DD of a date or a dateTime, checked.
std::optional<std::string> date(const node& in, std::string_view name);

// The same of a literal.
std::optional<std::int64_t> scaled(std::string_view literal, int places);

// ---- writing ---------------------------------------------------------------------------------------------------

// Elements in the order in which they are put. What is optional and empty is left out: an empty element is no number
// and no date.
class writer {
 public:
  writer& open(std::string_view name);
  writer& close();
  // Left out when empty. Control characters become blanks.
  writer& put(std::string_view name, std::string_view value);
  writer& put_integer(std::string_view name, std::int64_t value);
  writer& put_boolean(std::string_view name, bool value);
  // value * 10^-places without needless zeros: grams with 3 are kilograms.
  writer& put_scaled(std::string_view name, std::int64_t value, int places);
  // Two decimals, always.
  writer& put_money(std::string_view name, std::int64_t minor);
  // Everything is closed. The writer is empty afterwards.
  std::string take();

 private:
  std::string text_;
  std::vector<std::string> open_;
};

// "1.5" for 1500 and 3.
std::string decimal(std::int64_t value, int places);
// The five characters that XML keeps for itself, and what it forbids.
std::string escaped(std::string_view text);

// <Envelope><Body><ns:operation xmlns:ns="space">children</...>
std::string envelope(std::string_view space, std::string_view operation, std::string_view children);
// The same for a fault; `detail` without a name: none.
struct fault_to_say {
  std::string code{"Server"};
  std::string text;
  std::string space, kind;     // of the detail's element
  std::string detail_children; // written by a writer
};
std::string fault_envelope(const fault_to_say& f);

} // namespace waybill::soap
