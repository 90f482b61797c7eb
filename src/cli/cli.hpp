// The command line; see `waybill --help`.
#pragma once

namespace waybill::cli {

// Exit codes: 0 good, 1 something is wrong, 2 bad usage or unreadable file.
int run(int argc, char** argv);

} // namespace waybill::cli
