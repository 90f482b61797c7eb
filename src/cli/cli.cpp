#include <CLI/CLI.hpp>
#include <app/daemon.hpp>
#include <cli/cli.hpp>
#include <cli/commands.hpp>

#include <cstdlib>
#include <iostream>

namespace waybill::cli {
namespace {

constexpr int bad_usage = 2;

// Reads the file or tells everything that is wrong with it.
settings_ptr read(const std::string& file) {
  auto loaded = config::load(file);
  if (loaded) return std::make_shared<const config::file>(std::move(*loaded));
  for (const auto& p : loaded.error()) std::cerr << config::to_text(p) << "\n";
  std::cerr << file << ": " << loaded.error().size() << (loaded.error().size() == 1 ? " error\n" : " errors\n");
  return nullptr;
}

std::string default_file() {
  const char* named = std::getenv("WAYBILL_CONFIG"); // NOLINT(concurrency-mt-unsafe): no threads yet
  return named != nullptr && *named != '\0' ? named : "/etc/waybill/waybill.toml";
}

void add_shipment(CLI::App& app, shipment_options& o) {
  auto* shipment = app.add_subcommand("shipment", "read and steer shipments");
  shipment->require_subcommand(1);
  const auto verb = [&](const char* name, const char* help) {
    auto* sub = shipment->add_subcommand(name, help);
    sub->callback([&o, name] { o.verb = name; });
    return sub;
  };
  auto* list = verb("list", "the newest shipments");
  list->add_option("--state", o.state,
                   "only these: planned, submitting, submitted, confirmed, needs_attention, closed");
  list->add_option("--offset", o.offset, "skip so many")->check(CLI::NonNegativeNumber);
  list->add_option("--limit", o.most, "at most so many")->check(CLI::Range(1, 1000));
  list->add_flag("--json", o.json, "for programs");
  const auto with_reference = [&](CLI::App* sub) {
    sub->add_option("reference", o.reference, "the shipment's reference, for instance B24-main-759")->required();
    return sub;
  };
  with_reference(verb("show", "one shipment and its history"))->add_flag("--json", o.json, "for programs");
  with_reference(verb("retry", "look at the deal again and try once more"));
  with_reference(verb("cancel", "withdraw the order from the carrier"));
  with_reference(verb("return", "order the parcel's way back after delivery"));
  auto* label = with_reference(verb("label", "print the label into a file"));
  label->add_option("--kind", o.kind, "barcode or waybill")->check(CLI::IsMember({"barcode", "waybill"}));
  label->add_option("--output,-o", o.output, "the file; default: the carrier's file name, in this folder");
  auto* courier = with_reference(verb("courier", "let the carrier's courier fetch the parcel"));
  courier->add_option("--date", o.date, "YYYY-MM-DD")->required();
  courier->add_option("--from", o.from, "hh:mm")->required();
  courier->add_option("--to", o.to, "hh:mm")->required();
  courier->add_option("--comment", o.comment, "for the courier");
}

void add_portal(CLI::App& app, portal_options& o) {
  auto* portal = app.add_subcommand("portal", "what waybill keeps inside a Bitrix24 portal");
  portal->require_subcommand(1);
  const auto verb = [&](const char* name, const char* help) {
    auto* sub = portal->add_subcommand(name, help);
    sub->callback([&o, name] { o.verb = name; });
    sub->add_option("id", o.id, "the portal's id in the configuration")->required();
    sub->add_flag("--dry-run", o.dry_run, "only show what would be done");
    sub->add_flag("--yes", o.yes, "do it without asking");
    return sub;
  };
  verb("setup", "make or repair fields, delivery service, statuses, events, automation rule and tab");
  verb("remove", "take them out again");
  const auto with_order = [&](CLI::App* sub) {
    sub->add_option("--order", o.order, "the store's order")->required()->check(CLI::PositiveNumber);
    sub->add_option("--deal", o.deal, "the deal")->required()->check(CLI::PositiveNumber);
  };
  with_order(verb("bind", "tie an order of the store to the deal that it belongs to"));
  with_order(verb("unbind", "untie it again"));
}

void add_queue(CLI::App& app, queue_options& o) {
  auto* queue = app.add_subcommand("queue", "lanes, delayed and dead jobs");
  queue->require_subcommand(1);
  const auto verb = [&](const char* name, const char* help) {
    auto* sub = queue->add_subcommand(name, help);
    sub->callback([&o, name] { o.verb = name; });
    return sub;
  };
  verb("stats", "every lane: ready, running, delayed, dead")->add_flag("--json", o.json, "for programs");
  const auto with_lane = [&](CLI::App* sub) {
    sub->add_option("lane", o.lane, "for instance carrier:cdek-main")->required();
    return sub;
  };
  with_lane(verb("dead", "jobs that were given up, with cause and history"))
      ->add_flag("--json", o.json, "for programs");
  with_lane(verb("retry", "run dead jobs again"))->add_option("id", o.id, "one job; default: all of the lane");
  with_lane(verb("drop", "forget dead jobs"))->add_option("id", o.id, "one job; default: all of the lane");
  with_lane(verb("pause", "let the lane's jobs wait"));
  with_lane(verb("resume", "let them run again"));
}

} // namespace

int run(int argc, char** argv) {
  CLI::App app{"waybill: orders, tracking and statuses between Bitrix24 and carriers", "waybill"};
  app.require_subcommand(1);
  std::string file = default_file();
  app.add_option("--config", file, "the configuration file; default: $WAYBILL_CONFIG, then /etc/waybill/waybill.toml");

  app.add_subcommand("serve", "run the daemon in the foreground");
  bool offline = false;
  app.add_subcommand("check", "check the file, then Redis, each portal and each carrier account")
      ->add_flag("--offline", offline, "only the file");
  std::string listen = "127.0.0.1:8090";
  double speed = 1;
  auto* play = app.add_subcommand("sandbox", "stand-ins of Bitrix24 and every carrier on one address");
  play->add_option("--listen", listen, "host:port");
  play->add_option("--speed", speed, "simulated delays are divided by it")->check(CLI::Range(0.01, 1000.0));
  app.add_subcommand("version", "version, build, linked libraries");
  bool carriers_json = false;
  app.add_subcommand("carriers", "the built-in systems and what each can do")
      ->add_flag("--json", carriers_json, "for programs");
  shipment_options shipments;
  add_shipment(app, shipments);
  portal_options portals;
  add_portal(app, portals);
  queue_options queues;
  add_queue(app, queues);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return code == 0 ? 0 : bad_usage;
  }
  if (app.got_subcommand("version")) return version();
  if (app.got_subcommand("carriers")) return carriers(carriers_json);
  if (app.got_subcommand("sandbox")) return sandbox(listen, speed);
  const settings_ptr settings = read(file);
  if (!settings) return bad_usage;
  if (app.got_subcommand("serve")) return app::serve(settings, file);
  if (app.got_subcommand("check")) return check(settings, offline);
  if (app.got_subcommand("shipment")) return shipment(settings, shipments);
  if (app.got_subcommand("portal")) return portal(settings, portals);
  return queue(settings, queues);
}

} // namespace waybill::cli
