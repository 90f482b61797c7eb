#include <cli/cli.hpp>

int main(int argc, char** argv) { return waybill::cli::run(argc, argv); }
