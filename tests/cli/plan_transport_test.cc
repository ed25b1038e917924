// What a plan for another machine is made of. tests/e2e/carry_test.py carries such plans out.
#include "cli/plan_transport.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lull::cli {
namespace {

using runners::ProcessPlan;
using runners::ScriptBy;

Node WebNode() { return {.id = "web-1", .name = "web", .address = "10.0.0.7"}; }

std::string ErrorOf(const Node& node, const v1::Config& config = {}, ProcessPlan plan = {}) {
  const auto carried = CarryTo(node, config, "carry", std::move(plan));
  if (carried.ok()) return "OK";
  const bool is_of_node = std::string(carried.status().message()).rfind("The node ", 0) == 0;
  EXPECT_EQ(absl::IsUnavailable(carried.status()), is_of_node) << "that is: undelivered";
  EXPECT_EQ(absl::IsInvalidArgument(carried.status()), !is_of_node);
  return std::string(carried.status().message());
}

v1::Config WithTransport(const std::string& name, const std::vector<std::string>& argv) {
  v1::Config config;
  for (const std::string& word : argv) (*config.mutable_transports())[name].add_argv(word);
  return config;
}

TEST(PlanTransportTest, ANodeThatNamesNoTransportIsReachedBySshAsRoot) {
  ProcessPlan asked{.script = "echo hello"};
  asked.execution_timeout = absl::Seconds(7);
  const auto plan = CarryTo(WebNode(), {}, "/opt/lull-carry", asked);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->argv, (std::vector<std::string>{"/opt/lull-carry", "255", "ssh", "-o",
                                                  "BatchMode=yes", "-o", "ConnectTimeout=10", "--",
                                                  "root@10.0.0.7", "exec /bin/sh -s"}));
  EXPECT_EQ(plan->script_by, ScriptBy::kStdin);
  EXPECT_NE(plan->script.find("\necho hello\n"), std::string::npos);
  EXPECT_EQ(plan->execution_timeout, absl::Seconds(7));
  EXPECT_EQ(plan->undeliverable_status, 255);
}

TEST(PlanTransportTest, AConfiguredTransportIsFilledInWordByWord) {
  v1::Config config = WithTransport("jump", {"go", "{user}@{address}", "-n{node}", "{name}", "{x"});
  (*config.mutable_transports())["jump"].set_user("lull");
  (*config.mutable_transports())["jump"].set_undeliverable_status(3);
  Node node = WebNode();
  node.transport = "jump";
  auto plan = CarryTo(node, config, "carry", {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->argv, (std::vector<std::string>{"carry", "3", "go", "lull@10.0.0.7", "-nweb-1",
                                                  "web", "{x"}));
  EXPECT_EQ(plan->undeliverable_status, 255) << "the carrier's, whatever the transport's is";
  node.user = "admin";
  EXPECT_EQ(CarryTo(node, config, "carry", {})->argv[3], "admin@10.0.0.7");
}

TEST(PlanTransportTest, TheBuiltInOneMayBeWrittenOver) {
  const v1::Config config = WithTransport("ssh", {"mine", "{address}"});
  EXPECT_EQ(CarryTo(WebNode(), config, "carry", {})->argv,
            (std::vector<std::string>{"carry", "255", "mine", "10.0.0.7"}));
}

TEST(PlanTransportTest, AValueIsNeitherAnOptionNorReadByAShell) {
  for (const char* address :
       {"-oProxyCommand=id", "a b", "a\tb", "a\nb", "a;id", "$(id)", "`id`", "a@b", "a'b", "a\"b",
        "a|b", "a&b", "a>b", "a\\b", "a/b", "a*", "~", "ä"}) {
    Node node = WebNode();
    node.address = address;
    const std::string error = ErrorOf(node);
    EXPECT_EQ(error.rfind("The node \"web-1\" can't be reached: its address is ", 0), 0u) << error;
  }
  Node node = WebNode();
  node.name = "a;id";
  EXPECT_EQ(ErrorOf(node), "OK") << "nothing names it";
  EXPECT_EQ(ErrorOf(node, WithTransport("ssh", {"go", "{name}"})),
            "The node \"web-1\" can't be reached: its name is \"a;id\"; it must have 1 to 256 "
            "letters, digits or ._:%[]- and not begin with -.");
  for (const char* address : {"web-1.example.com", "fe80::1%eth0", "[::1]:2222", "alias_1"}) {
    node.address = address;
    EXPECT_EQ(ErrorOf(node), "OK") << address;
  }
}

TEST(PlanTransportTest, WhatCantBeCarriedIsToldToTheUser) {
  EXPECT_EQ(ErrorOf({.id = "n"}),
            "The node \"n\" has no address, and its transport needs one; give it one in the "
            "inventory.");
  Node node = WebNode();
  node.transport = "jump";
  EXPECT_EQ(ErrorOf(node),
            "The node \"web-1\" has the transport \"jump\", which the config file does not have; "
            "add it to transports.");
  EXPECT_EQ(ErrorOf(WebNode(), {}, {.script = std::string("a\0b", 3)}),
            "The script has a NUL byte; no shell reads that.");
  EXPECT_EQ(ErrorOf(WebNode(), {}, {.environment = {"A B=c"}}),
            "The variable \"A B\" can't be set on another machine.");
  EXPECT_EQ(ErrorOf(WebNode(), {}, {.argv = {"/usr/bin/python3"}}),
            "Only a script for /bin/sh can be carried to another machine.");
}

}  // namespace
}  // namespace lull::cli
