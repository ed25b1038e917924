// What a config file may say, and that each mistake is told with its line.
#include "cli/config.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() : path_(folder_.File("lull.yaml")) {
    ::mkdir(folder_.File("documents").c_str(), 0700);
    Write("secret", "sixteen bytes of it\n", 0600);
    Write("open", "sixteen bytes of it\n", 0644);
    Write("blank", " \n", 0600);
    Write("ca.pem", "certificates", 0644);
  }

  void Write(const std::string& name, const std::string& text, mode_t mode) {
    const std::string path = folder_.File(name);
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
  }

  absl::StatusOr<v1::Config> Read(const std::string& text) {
    std::ofstream(path_) << text;
    return ReadConfig(path_);
  }

  /// Without the path of the file in front; folders are spelled DIR.
  std::string ErrorOf(const std::string& text) {
    const auto config = Read(text);
    if (config.ok()) return "OK";
    EXPECT_TRUE(absl::IsInvalidArgument(config.status()));
    const std::string error(config.status().message());
    EXPECT_EQ(error.rfind(path_ + ": ", 0), 0u) << error;
    return absl::StrReplaceAll(error.substr(path_.size() + 2), {{folder_.File(""), "DIR/"}});
  }

  const TempFolder folder_;
  const std::string path_;
};

constexpr char kFull[] = R"(documents: documents
callback_url: https://lull.example.com
functions:
  patch-report:
    url: https://reports.example.com:8443/lull?x=1
    bearer_token_file: secret
    ca_file: ca.pem
    answer_timeout_seconds: 5
    result_timeout_seconds: 7200
  arn:aws:lambda:us-east-1:000000000000:function:tidy:
    command: [/usr/local/bin/tidy, --depth, 2, ""]
    timeout_seconds: 60
transports:
  jump:
    argv:
      - ssh
      - -J
      - jump.example.com
      - "{user}@{address}"
      - exec /bin/sh -s
    user: lull
    undeliverable_status: 250
webhooks:
  chat:
    url: http://127.0.0.1:9/hook
    secret_file: ./secret
    invocations: true
    timeout_seconds: 3
    give_up_after_hours: 24
)";

TEST_F(ConfigTest, EverythingThatItMaySayIsRead) {
  const auto config = Read(kFull);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->documents(), folder_.File("documents"));
  EXPECT_EQ(config->callback_url(), "https://lull.example.com");
  const auto& report = config->functions().at("patch-report");
  EXPECT_EQ(report.url(), "https://reports.example.com:8443/lull?x=1");
  EXPECT_EQ(report.bearer_token_file(), folder_.File("secret"));
  EXPECT_EQ(report.ca_file(), folder_.File("ca.pem"));
  EXPECT_EQ(report.answer_timeout_seconds(), 5);
  EXPECT_EQ(report.result_timeout_seconds(), 7200);
  const auto& tidy = config->functions().at("arn:aws:lambda:us-east-1:000000000000:function:tidy");
  EXPECT_EQ(std::vector<std::string>(tidy.command().begin(), tidy.command().end()),
            (std::vector<std::string>{"/usr/local/bin/tidy", "--depth", "2", ""}));
  EXPECT_EQ(tidy.timeout_seconds(), 60);
  const auto& jump = config->transports().at("jump");
  EXPECT_EQ(jump.argv_size(), 5);
  EXPECT_EQ(jump.argv(4), "exec /bin/sh -s");
  EXPECT_EQ(jump.user(), "lull");
  EXPECT_EQ(jump.undeliverable_status(), 250);
  const auto& chat = config->webhooks().at("chat");
  EXPECT_EQ(chat.url(), "http://127.0.0.1:9/hook");
  EXPECT_EQ(chat.secret_file(), folder_.File("./secret"));
  EXPECT_TRUE(chat.invocations());
  EXPECT_EQ(chat.timeout_seconds(), 3);
  EXPECT_EQ(chat.give_up_after_hours(), 24);
}

TEST_F(ConfigTest, AnEmptyFileSaysNothing) {
  for (const char* text : {"", "# nothing yet\n", "functions: {}\n"}) {
    EXPECT_EQ(ErrorOf(text), "OK") << text;
  }
}

TEST_F(ConfigTest, EachMistakeOfShapeIsToldWithItsLineAndWhatIsRight) {
  const std::pair<const char*, const char*> rows[] = {
      {"- a\n", "line 1: this must be a mapping of keys to values"},
      {"a\n", "line 1: this must be a mapping of keys to values"},
      {"webhoks: {}\n", "line 1: unknown key \"webhoks\"; did you mean webhooks?"},
      {"\nnonsense: {}\n",
       "line 2: unknown key \"nonsense\"; there are documents, functions, callback_url, transports "
       "and webhooks"},
      {"functions:\n  f:\n    command: [a]\n    comand: [b]\n",
       "line 4: unknown key \"comand\" in functions.f; did you mean command?"},
      {"functions: {}\nfunctions: {}\n", "line 2: the key \"functions\" is there twice"},
      {"functions:\n  f: {command: [a]}\n  f: {command: [b]}\n",
       "line 3: the key \"f\" is there twice"},
      {"functions: [a]\n", "line 1: functions must be a mapping of keys to values"},
      {"functions:\n  f:\n", "line 2: functions.f must be a mapping of keys to values"},
      {"functions:\n  f: {command: a}\n", "line 2: functions.f.command must be a list"},
      {"functions:\n  f: {command: [[a]]}\n",
       "line 2: functions.f.command must be one word or text"},
      {"functions:\n  f: {url: [a]}\n", "line 2: functions.f.url must be one word or text"},
      {"functions:\n  f:\n    command: [a]\n    timeout_seconds: 1.5\n",
       "line 4: functions.f.timeout_seconds is \"1.5\"; it must be a whole number"},
      {"functions:\n  f: {command: [a], timeout_seconds: 99999999999999999999}\n",
       "line 2: functions.f.timeout_seconds is \"99999999999999999999\"; it must be a whole "
       "number"},
      {"transports:\n  t: {argv: [a], undeliverable_status: 4294967297}\n",
       "line 2: transports.t.undeliverable_status is \"4294967297\"; it must be a whole number"},
      {"webhooks:\n  w: {invocations: maybe}\n",
       "line 2: webhooks.w.invocations is \"maybe\"; it must be true or false"},
      {"documents:\n", "line 1: documents has no value"},
      {"documents: &a x\ncallback_url: *a\n",
       "line 2: aliases (*name) are not taken; write the value out"},
      {"documents: x\n---\n{}\n", "line 2: there is a second document; a config file is one"},
      {"functions: {f: {command: [[[[[[[a]]]]]]]}}\n", "line 1: this lies too deep"},
      {"documents: [a}\n", "line 1: this is no YAML: illegal flow end"},
      {"documents: \xff\n", "line 1: this is not UTF-8"},
  };
  for (const auto& [text, error] : rows) EXPECT_EQ(ErrorOf(text), error) << text;
}

TEST_F(ConfigTest, AFunctionIsReachedInOneWay) {
  const std::pair<const char*, const char*> rows[] = {
      {"{}", "line 2: functions.f has neither url nor command; give one of them"},
      {"{url: 'https://a', command: [b]}",
       "line 2: functions.f has url and command; give one of them"},
      {"{command: ['']}", "line 2: functions.f.command is empty; its first item is the program"},
      {"{command: [\"a\\0b\"]}", "line 2: there is a NUL byte; leave it out"},
      {"{command: [a], bearer_token_file: secret}",
       "line 2: functions.f.bearer_token_file is for url only, and functions.f has command"},
      {"{url: 'https://a', timeout_seconds: 1}",
       "line 2: functions.f.timeout_seconds is for command only, and functions.f has url"},
      {"{url: 'https://a', answer_timeout_seconds: -1}",
       "line 2: functions.f.answer_timeout_seconds is -1; it must be from 1 to 3600, or 0 for the "
       "default"},
      {"{url: 'https://a', result_timeout_seconds: 172801}",
       "line 2: functions.f.result_timeout_seconds is 172801; it must be from 1 to 172800, or 0 "
       "for the default"},
      {"{url: 'https://a', result_timeout_seconds: 172800}", "OK"},
  };
  for (const auto& [members, error] : rows) {
    EXPECT_EQ(ErrorOf(absl::StrCat("functions:\n  f: ", members, "\n")), error) << members;
  }
}

TEST_F(ConfigTest, SecretsAreTheirOwnersAloneAndPathsCountFromTheFile) {
  const std::pair<const char*, const char*> rows[] = {
      {"bearer_token_file: none",
       "line 4: functions.f.bearer_token_file can't open DIR/none: No such file or directory"},
      {"bearer_token_file: documents",
       "line 4: functions.f.bearer_token_file DIR/documents is not a regular file"},
      {"bearer_token_file: blank",
       "line 4: functions.f.bearer_token_file DIR/blank is empty; put the token into it"},
      {"ca_file: none",
       "line 4: functions.f.ca_file DIR/none is no file; name one of PEM certificates"},
      {"bearer_token_file: documents/../secret", "OK"},
  };
  for (const auto& [member, error] : rows) {
    EXPECT_EQ(ErrorOf(absl::StrCat("functions:\n  f:\n    url: https://a\n    ", member, "\n")),
              error);
  }
  const std::string open = ErrorOf("webhooks:\n  w:\n    url: https://a\n    secret_file: open\n");
  EXPECT_EQ(open.rfind("line 4: webhooks.w.secret_file ", 0), 0u) << open;
  EXPECT_NE(open.find("others than its owner have access"), std::string::npos) << open;
  EXPECT_EQ(ErrorOf("documents: none\n"), "line 1: documents DIR/none is no folder; make it");
}

TEST_F(ConfigTest, AWebhookIsSignedAndNamed) {
  const std::pair<const char*, const char*> rows[] = {
      {"w: {secret_file: secret}", "line 2: webhooks.w has no url; give it one"},
      {"w: {url: 'https://a'}",
       "line 2: webhooks.w has no secret_file; name a file with the key that signs what is sent"},
      {"w: {url: 'https://a', secret_file: secret, timeout_seconds: 301}",
       "line 2: webhooks.w.timeout_seconds is 301; it must be from 1 to 300, or 0 for the "
       "default"},
      {"w: {url: 'https://a', secret_file: secret, give_up_after_hours: 721}",
       "line 2: webhooks.w.give_up_after_hours is 721; it must be from 1 to 720, or 0 for the "
       "default"},
      {"w: {url: 'https://a', secret_file: blank}",
       "line 2: webhooks.w.secret_file the secret in DIR/blank has 1 bytes; it must have 16 at "
       "least "
       "(openssl rand -hex 32 makes one)"},
      {"'a b': {url: 'https://a', secret_file: secret}",
       "line 2: webhooks.a b: the name \"a b\" must have 1 to 64 letters, digits or ._- and begin "
       "with none of .-"},
  };
  for (const auto& [webhook, error] : rows) {
    EXPECT_EQ(ErrorOf(absl::StrCat("webhooks:\n  ", webhook, "\n")), error);
  }
}

TEST_F(ConfigTest, APipeThatWasReadBeforeIsRefusedAndNotWaitedFor) {
  const std::string pipe = folder_.File("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ReadConfig(pipe).status().message(),
            absl::StrCat("can't read the config file ", pipe,
                         ": it is a pipe with nothing in it, as one is that was read before; give "
                         "a file"));
}

TEST_F(ConfigTest, AUrlTellsNoSecretToOthers) {
  for (const char* url :
       {"https://a", "https://a.b-c:8443/p", "http://127.0.0.1:80/", "http://127.9.9.9",
        "http://[::1]:8080/x", "http://localhost", "https://[2001:db8::1]:443/"}) {
    EXPECT_EQ(ErrorOf(absl::StrCat("callback_url: '", url, "'\n")), "OK") << url;
  }
  for (const char* url : {"",
                          "ftp://a",
                          "HTTP://a",
                          "http://a.example.com",
                          "http://10.0.0.1",
                          "http://127.0.0.1.evil.com",
                          "http://127.0.0.1@evil.com",
                          "https://u:p@a",
                          "http://localhost.evil.com",
                          "https://",
                          "https:///x",
                          "https://a:0",
                          "https://a:x",
                          "https://a:65536",
                          "https://a b",
                          "https://a/#f",
                          "https://a/?q=1",
                          "http://127.0.0.1\\@evil.com",
                          "https://[::1",
                          "https://[x]",
                          "http://0x7f.1",
                          "http://[::ffff:127.0.0.1]",
                          "https://ä"}) {
    if (*url == '\0') continue;  // as if it was not there
    const std::string error = ErrorOf(absl::StrCat("callback_url: '", url, "'\n"));
    EXPECT_EQ(error.rfind("line 1: callback_url \"", 0), 0u) << url << ": " << error;
  }
}

TEST_F(ConfigTest, ATransportStartsOneProgramAndKnowsItsPlaceholders) {
  const std::pair<const char*, const char*> rows[] = {
      {"t: {}", "line 2: transports.t.argv is empty; its first item is the program"},
      {"t: {argv: []}", "line 2: transports.t.argv is empty; its first item is the program"},
      {"t: {argv: [ssh, '{host}']}",
       "line 2: transports.t.argv has {host}; there are {user}, {address}, {node} and {name}"},
      {"t: {argv: ['{name}']}",
       "line 2: transports.t.argv begins with \"{name}\"; the program must be the same for all "
       "nodes"},
      {"t: {argv: [a, '{user}{address}-{node}{name}', '{', '{}', '{A}', '${x'] }", "OK"},
      {"t: {argv: [a], user: '-o'}",
       "line 2: transports.t.user is \"-o\"; it must have 1 to 256 letters, digits or ._@+- and "
       "not begin with -"},
      {"t: {argv: [a], undeliverable_status: 256}",
       "line 2: transports.t.undeliverable_status is 256; it must be from 1 to 255, or 0 for 255"},
      {"'t/u': {argv: [a]}",
       "line 2: transports.t/u is \"t/u\"; it must have 1 to 64 letters, digits or ._- and not "
       "begin with -"},
  };
  for (const auto& [transport, error] : rows) {
    EXPECT_EQ(ErrorOf(absl::StrCat("transports:\n  ", transport, "\n")), error);
  }
}

TEST_F(ConfigTest, HostileTextIsRefusedBeforeItTakesMemory) {
  std::ofstream(path_) << std::string(kMaxConfigBytes + 1, ' ');
  EXPECT_EQ(std::string(ReadConfig(path_).status().message()),
            absl::StrCat("the config file ", path_, " has more than 1 MiB"));
  std::string many = "functions:\n";
  for (int i = 0; i < 1001; ++i) absl::StrAppend(&many, "  f", i, ": {command: [a]}\n");
  EXPECT_EQ(ErrorOf(many), "line 1: functions has 1001 entries; it may have 1000");
  std::string crowd = "webhooks:\n";
  for (int i = 0; i < 17; ++i) absl::StrAppend(&crowd, "  w", i, ": {url: 'https://a'}\n");
  EXPECT_EQ(ErrorOf(crowd), "line 1: webhooks has 17 entries; it may have 16");
  std::string wide = "functions: {f: {command: [";
  for (int i = 0; i < 50'000; ++i) wide += "x,";
  EXPECT_EQ(ErrorOf(wide + "]}}\n"), "line 1: a config file has 20000 values at most");
  EXPECT_EQ(std::string(ReadConfig(folder_.File("none")).status().message()),
            absl::StrCat("can't read the config file ", folder_.File("none"),
                         ": No such file or directory"));
}

TEST_F(ConfigTest, WhatOnlyAStartTakesIsNamed) {
  const auto before = Read(kFull);
  ASSERT_TRUE(before.ok());
  v1::Config after = *before;
  after.clear_documents();
  after.clear_transports();
  EXPECT_EQ(MembersForRestart(*before, after), "");
  after.set_callback_url("https://b");
  (*after.mutable_webhooks())["chat"].set_timeout_seconds(4);
  EXPECT_EQ(MembersForRestart(*before, after), "callback_url,webhooks");
  after.clear_functions();
  EXPECT_EQ(MembersForRestart(*before, after), "functions,callback_url,webhooks");
}

}  // namespace
}  // namespace lull::cli
