#include "cli/connection_options.h"

#include <CLI/CLI.hpp>

#include "cli/connection.h"

namespace lull::cli {
namespace {

/// The group of the first two.
CLI::Option_group* AddAll(CLI::App& command, ConnectionOptions& options) {
  auto* which = command.add_option_group("Daemon", "Which one, and as whom");
  which->add_option("--data-dir", options.data_dir, "Its folder: has its address and its first key")
      ->type_name("DIR");
  which
      ->add_option("--endpoint", options.endpoint,
                   "Its address; the key is in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in "
                   "AWS_SHARED_CREDENTIALS_FILE")
      ->type_name("http://HOST:PORT");
  options.region = "us-east-1";
  command.add_option("--region", options.region, "The daemon's region, with --endpoint")
      ->type_name("NAME")
      ->envname("AWS_REGION")
      ->capture_default_str();
  return which;
}

}  // namespace

void AddConnectionOptions(CLI::App& command, ConnectionOptions& options) {
  AddAll(command, options)->require_option(1);
}

void AddOptionalConnection(CLI::App& command, ConnectionOptions& options) {
  AddAll(command, options)->require_option(0, 1);
}

}  // namespace lull::cli
