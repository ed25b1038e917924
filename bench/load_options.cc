#include "bench/load_options.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/credentials.h"

namespace lull::bench {

const char kLoadUsage[] =
    "usage: lull-load [--endpoint URL] [--connections N] [--seconds S] [--rate R] [OPTIONS]\n"
    "Asks an API of AWS Systems Manager's shapes, signed, from many connections at once.\n"
    "  --endpoint URL     http://127.0.0.1:8080, https://ssm.REGION.amazonaws.com\n"
    "                     (AWS_ENDPOINT_URL)\n"
    "  --region REGION    (AWS_REGION, AWS_DEFAULT_REGION, us-east-1)\n"
    "  --credentials FILE a shared-credentials file; its default profile (AWS_ACCESS_KEY_ID and\n"
    "                     AWS_SECRET_ACCESS_KEY, with AWS_SESSION_TOKEN)\n"
    "  --operation NAME   what is asked: GetMaintenanceWindow, Lull.DescribeDrain\n"
    "  --body JSON        of each such request ({}); @FILE: what the file has. {n} in it becomes "
    "a\n"
    "                     number that no other request has\n"
    "  --requests FILE    a line each: an operation, a space, a body; asked by turns. Neither "
    "this\n"
    "                     nor --operation: windows are made, worked with and taken away\n"
    "  --connections N    that ask at the same time, each again once it is answered (200)\n"
    "  --seconds S        how long; a window's life goes on to its end (10)\n"
    "  --rate R           open loop: requests a second of all. Times are from when a request was\n"
    "                     due, so that waiting is not left out. Absent: as many as are answered\n"
    "  --distribution F   all times into a file, in milliseconds, as HdrHistogram's plotters read\n"
    "                     them\n"
    "  --json             for programs\n"
    "Exit status 1 when a request had no answer.\n";

namespace {

constexpr std::string_view kNames[] = {
    "--endpoint", "--region",      "--credentials", "--operation", "--body",
    "--requests", "--connections", "--seconds",     "--rate",      "--distribution"};

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::Status Wrong(const std::string& name, const std::string& value, const char* must) {
  return absl::InvalidArgumentError(absl::StrCat(name, " '", value, "' must be ", must));
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(absl::StrCat(path, " can't be read"));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::StatusOr<std::vector<LoadRequest>> ReadRequests(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(absl::StrCat(path, " can't be read"));
  std::vector<LoadRequest> requests;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    const std::size_t space = line.find(' ');
    requests.push_back({line.substr(0, space), space == line.npos ? "{}" : line.substr(space + 1)});
  }
  if (requests.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " has no request"));
  return requests;
}

/// What arguments say, before it is put together.
struct Said {
  std::map<std::string, std::string> values;
  bool json = false;

  std::string Get(const std::string& name, const std::string& otherwise = "") const {
    const auto at = values.find(name);
    return at == values.end() ? otherwise : at->second;
  }
};

absl::StatusOr<Said> Read(const std::vector<std::string>& arguments) {
  Said said;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--json") {
      said.json = true;
    } else if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) {
      return absl::InvalidArgumentError(absl::StrCat("there is no argument '", name, "'"));
    } else if (++i == arguments.size()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " needs a value"));
    } else {
      said.values[name] = arguments[i];
    }
  }
  return said;
}

absl::StatusOr<Caller> WhoAsks(const Said& said) {
  Caller caller;
  for (const std::string& region : {said.Get("--region"), Environment("AWS_REGION"),
                                    Environment("AWS_DEFAULT_REGION"), caller.region}) {
    if (region.empty()) continue;
    caller.region = region;
    break;
  }
  if (const std::string file = said.Get("--credentials"); !file.empty()) {
    LULL_ASSIGN_OR_RETURN(caller.credentials, server::ReadCredentials(file));
    return caller;
  }
  caller.credentials = {Environment("AWS_ACCESS_KEY_ID"), Environment("AWS_SECRET_ACCESS_KEY")};
  caller.session_token = Environment("AWS_SESSION_TOKEN");
  if (caller.credentials.access_key_id.empty() || caller.credentials.secret_access_key.empty()) {
    return absl::InvalidArgumentError(
        "there are no keys: give --credentials FILE, or set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY");
  }
  return caller;
}

absl::StatusOr<std::vector<LoadRequest>> WhatIsAsked(const Said& said) {
  const std::string file = said.Get("--requests");
  LoadRequest request{said.Get("--operation"), said.Get("--body", "{}")};
  if (!file.empty() && !request.operation.empty()) {
    return absl::InvalidArgumentError("give --operation or --requests, not both");
  }
  if (!file.empty()) return ReadRequests(file);
  if (request.operation.empty()) return std::vector<LoadRequest>();
  if (request.body.starts_with('@')) {
    LULL_ASSIGN_OR_RETURN(request.body, ReadWhole(request.body.substr(1)));
  }
  return std::vector<LoadRequest>{std::move(request)};
}

}  // namespace

absl::StatusOr<LoadOptions> ParseLoadOptions(const std::vector<std::string>& arguments) {
  LULL_ASSIGN_OR_RETURN(const Said said, Read(arguments));
  LoadOptions options;
  options.json = said.json;
  options.distribution = said.Get("--distribution");
  LULL_ASSIGN_OR_RETURN(options.endpoint,
                        ParseEndpoint(said.Get("--endpoint", Environment("AWS_ENDPOINT_URL"))));
  LULL_ASSIGN_OR_RETURN(options.caller, WhoAsks(said));
  LULL_ASSIGN_OR_RETURN(options.requests, WhatIsAsked(said));
  const std::string connections = said.Get("--connections", "200");
  const std::string seconds = said.Get("--seconds", "10");
  const std::string rate = said.Get("--rate", "0");
  if (!absl::SimpleAtoi(connections, &options.connections) || options.connections < 1) {
    return Wrong("--connections", connections, "a number above 0");
  }
  if (!absl::SimpleAtod(seconds, &options.seconds) || !(options.seconds > 0)) {
    return Wrong("--seconds", seconds, "a number above 0");
  }
  if (!absl::SimpleAtod(rate, &options.rate) || !(options.rate >= 0)) {
    return Wrong("--rate", rate, "a number above 0");
  }
  return options;
}

}  // namespace lull::bench
