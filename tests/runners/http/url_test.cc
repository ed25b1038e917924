#include "runners/http/url.h"

#include <string>

#include "gtest/gtest.h"

namespace lull::http {
namespace {

TEST(UrlTest, HttpsAndHttpToLoopbackPass) {
  for (const std::string url :
       {"https://lull.example.com", "https://lull.example.com:8443/a/b?c=d", "https://10.0.0.1/x",
        "https://[2001:db8::1]/x", "http://127.0.0.1:80/x", "http://127.200.3.4",
        "http://localhost:1/x", "http://[::1]:9/x", "HTTP://LOCALHOST/x"}) {
    EXPECT_TRUE(CheckUrl(url).ok()) << url << ": " << CheckUrl(url);
  }
}

TEST(UrlTest, PlainHttpBeyondLoopbackIsRefused) {
  for (const std::string url :
       {"http://lull.example.com/x", "http://10.0.0.1", "http://128.0.0.1", "http://[::2]/",
        "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://0.0.0.0/",
        "http://[::ffff:10.0.0.1]/", "http://2130706433.example/"}) {
    EXPECT_EQ(CheckUrl(url).code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST(UrlTest, WhatIsNoUrlOrHidesSomethingIsRefused) {
  for (const std::string& url :
       {std::string(""), std::string("lull"), std::string("/path"),
        std::string("ftp://127.0.0.1/x"), std::string("file:///etc/passwd"),
        std::string("https://"), std::string("https:///x"), std::string("https://a.example:0"),
        std::string("http://0x7f.1"), std::string("https://user@a.example/"),
        std::string("https://user:password@a.example/"), std::string("http://127.0.0.1@a.example/"),
        std::string("https://a.example/#x"), std::string("https://a.example/ b"),
        std::string("https://a.example/\r\nX: y"), std::string("https://a.example/\0", 19),
        "https://a.example/" + std::string(kMaxUrlBytes, 'x')}) {
    EXPECT_EQ(CheckUrl(url).code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

}  // namespace
}  // namespace lull::http
