#include <cli/cli.hpp>
namespace waybill::cli {
int run(int, char**) { return 2; }
} // namespace waybill::cli
