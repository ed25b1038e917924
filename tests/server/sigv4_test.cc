#include "server/sigv4.h"

#include <gtest/gtest.h>

#include <memory>

#include "server/errors.h"
#include "server/key.h"

namespace lull::server {
namespace {

constexpr char kKeyId[] = "AKIA2345ABCDEFGHIJKL";
constexpr char kSecret[] = "abcDEF123/+abcDEF123/+abcDEF123/+abcDEF1";

// What botocore's SigV4Auth made of these requests with that key at 2023-11-03T17:17:24Z.
constexpr char kBoto[] =
    "AWS4-HMAC-SHA256 Credential=AKIA2345ABCDEFGHIJKL/20231103/eu-central-1/ssm/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
    "Signature=381fb9de04e2ef60bf45183bbebd61b93bb6177853f85573a1e581aea6246911";
constexpr char kBotoManyHeaders[] =
    "AWS4-HMAC-SHA256 Credential=AKIA2345ABCDEFGHIJKL/20231103/us-east-1/ssm/aws4_request, "
    "SignedHeaders=amz-sdk-invocation-id;content-type;host;x-amz-content-sha256;x-amz-date;"
    "x-amz-target;x-custom, "
    "Signature=480649ee14d126263f1ac020263f622d626710e93c75ecde049e527dd2718bfd";
constexpr char kBotoUnsignedPayload[] =
    "AWS4-HMAC-SHA256 Credential=AKIA2345ABCDEFGHIJKL/20231103/us-east-1/ssm/aws4_request, "
    "SignedHeaders=amz-sdk-invocation-id;content-type;host;x-amz-content-sha256;x-amz-date;"
    "x-amz-target;x-custom, "
    "Signature=d790e62986165d1c65345e54408bde62f230ef8dfc1d4bc2ca27a7427b4e7b77";
constexpr char kJavaScriptHeaders[] =
    "AWS4-HMAC-SHA256 Credential=AKIA2345ABCDEFGHIJKL/20231103/eu-central-1/ssm/aws4_request, "
    "SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;"
    "x-amz-content-sha256;x-amz-date;x-amz-target;x-amz-user-agent, "
    "Signature=a812908c6e435e155bd452b7140a095360a031355d52b8375152b7f22fc6dcb3";
constexpr char kMismatch[] =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2023, 11, 3, 17, 17, 24), absl::UTCTimeZone());

struct Call {
  HeaderFields headers = {{"Host", "127.0.0.1:8080"},
                          {"Content-Type", "application/x-amz-json-1.1"},
                          {"X-Amz-Target", "AmazonSSM.DescribeMaintenanceWindows"},
                          {"X-Amz-Date", "20231103T171724Z"},
                          {"User-Agent", "Boto3"},
                          {"Authorization", kBoto}};
  std::string method = "POST";
  std::string body = R"({"MaxResults":10})";
  std::string region;
  absl::Time now = kNow;

  void Set(const std::string& name, const std::string& value) {
    Remove(name);
    headers.emplace_back(name, value);
  }
  void Remove(const std::string& name) {
    std::erase_if(headers, [&](const auto& field) { return field.first == name; });
  }
  /// Signs all headers anew with `secret`, as a client would.
  void Sign(std::string_view secret = kSecret, std::string_view sign_region = "eu-central-1") {
    Remove("Authorization");
    Set("Authorization", AuthorizationHeader({method, headers, body}, kKeyId, secret, sign_region));
  }
  absl::StatusOr<std::shared_ptr<const Key>> Verify() const {
    const KeyLookup keys = [](std::string_view id) -> std::shared_ptr<const Key> {
      if (id != kKeyId) return nullptr;
      return std::make_shared<const Key>(
          Key{.access_key_id = kKeyId, .secret_access_key = kSecret, .name = "tester"});
    };
    return VerifySignature({method, headers, body}, keys, region, now);
  }
  void ExpectError(ErrorKind kind, const std::string& message) const {
    const auto result = Verify();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(KindOf(result.status()), kind);
    EXPECT_EQ(std::string(result.status().message()), message);
  }
  void ExpectIncomplete(const std::string& authorization) {
    Set("Authorization", authorization);
    const auto result = Verify();
    ASSERT_FALSE(result.ok()) << authorization;
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kIncompleteSignature) << authorization;
  }
};

TEST(VerifySignature, AcceptsWhatBotocoreSigned) {
  const auto key = Call().Verify();
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ((*key)->access_key_id, kKeyId);
}

Call ManyHeaders() {
  Call call;
  call.body = "{}";
  call.Set("X-Custom", "  a   b  c ");
  call.Set("amz-sdk-invocation-id", "7f3e");
  call.Set("x-amz-content-sha256",
           "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  call.Set("Authorization", kBotoManyHeaders);
  return call;
}

TEST(VerifySignature, FoldsBlanksAndSignsWhateverHeadersAreListed) {
  EXPECT_TRUE(ManyHeaders().Verify().ok());
}

TEST(VerifySignature, AcceptsTheHeadersThatTheJavaScriptClientSigns) {
  Call call;
  call.Set("amz-sdk-invocation-id", "0b6b1d1e-6c4e-4a4b-9c3e-0d6f3a1f2b3c");
  call.Set("amz-sdk-request", "attempt=1; max=3");
  call.Set("content-length", "17");
  call.Set("x-amz-content-sha256",
           "c85361bc66a773f8ac883fc34e452cb647b1af5df5421c966b988ed3466e806b");
  call.Set("x-amz-user-agent", "aws-sdk-js/3.400.0");
  call.Set("Authorization", kJavaScriptHeaders);
  EXPECT_TRUE(call.Verify().ok()) << call.Verify().status();
  call.Set("amz-sdk-request", "attempt=2; max=3");
  call.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
}

TEST(VerifySignature, RefusesASignatureThatDiffersInAnyDigit) {
  const std::string good = kBoto;
  for (std::size_t digit = good.size() - 64; digit < good.size(); ++digit) {
    std::string other = good;
    other[digit] = other[digit] == '0' ? '1' : '0';
    Call call;
    call.Set("Authorization", other);
    call.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
  }
}

TEST(VerifySignature, RefusesAnUnsignedPayload) {
  Call call = ManyHeaders();
  call.Set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  call.Set("Authorization", kBotoUnsignedPayload);
  call.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
}

TEST(VerifySignature, AcceptsWhatTheClientHalfSigns) {
  Call call;
  call.Set("x-twice", "one");
  call.headers.emplace_back("X-Twice", "two");
  call.Sign();
  EXPECT_TRUE(call.Verify().ok());
}

TEST(VerifySignature, RefusesAnyChangeOfWhatIsSigned) {
  Call body;
  body.body += " ";
  body.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
  Call method;
  method.method = "PUT";
  method.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
  Call target;
  target.Set("X-Amz-Target", "AmazonSSM.DeleteMaintenanceWindow");
  target.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
  Call added;
  added.headers.emplace_back("x-amz-target", "AmazonSSM.DeleteMaintenanceWindow");
  added.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
  Call removed;
  removed.Remove("Content-Type");
  removed.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
}

TEST(VerifySignature, IgnoresHeadersThatAreNotSigned) {
  Call call;
  call.Set("User-Agent", "changed");
  call.Set("Accept-Encoding", "identity");
  EXPECT_TRUE(call.Verify().ok());
}

TEST(VerifySignature, RefusesATargetThatIsNotSigned) {
  Call call;
  call.Remove("X-Amz-Target");
  call.Sign();
  EXPECT_TRUE(call.Verify().ok()) << "the signature itself is right";
  for (const char* const name : {"X-Amz-Target", "x-amz-target"}) {
    Call captured = call;
    captured.Set(name, "AmazonSSM.DeleteMaintenanceWindow");
    captured.ExpectError(ErrorKind::kInvalidSignature,
                         "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

TEST(VerifySignature, RefusesABadSecret) {
  Call call;
  call.Sign("wrong");
  call.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
}

TEST(VerifySignature, OneWhoseSecretWasJustReplacedIsRefusedAtOnce) {
  Call call;
  call.Sign();
  std::string current = kSecret;
  const KeyLookup keys = [&current](std::string_view id) {
    return std::make_shared<const Key>(
        Key{.access_key_id = std::string(id), .secret_access_key = current});
  };
  const auto verify = [&] {
    return VerifySignature({call.method, call.headers, call.body}, keys, call.region, call.now);
  };
  EXPECT_TRUE(verify().ok());
  current.back() = '2';
  EXPECT_FALSE(verify().ok());
  current = kSecret;
  EXPECT_TRUE(verify().ok());
}

TEST(VerifySignature, TellsManySecretsAndRegionsApart) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) {
      Call call;
      const std::string region = "region-" + std::to_string(i);
      call.Sign(kSecret, region);
      EXPECT_TRUE(call.Verify().ok()) << region;
      call.Sign("secret-" + std::to_string(i), region);
      EXPECT_FALSE(call.Verify().ok()) << region;
    }
  }
}

TEST(VerifySignature, NamesAMissingAuthorization) {
  Call call;
  call.Remove("Authorization");
  call.ExpectError(ErrorKind::kMissingAuthenticationToken, "Missing Authentication Token");
}

TEST(VerifySignature, RefusesAnUnknownKeyAndAnySessionToken) {
  Call unknown;
  std::string authorization = kBoto;
  authorization.replace(authorization.find("AKIA"), 5, "AKIAX");
  unknown.Set("Authorization", authorization);
  unknown.ExpectError(ErrorKind::kUnrecognizedClient,
                      "The security token included in the request is invalid.");
  Call session;
  session.Set("X-Amz-Security-Token", "token");
  session.Sign();
  session.ExpectError(ErrorKind::kUnrecognizedClient,
                      "The security token included in the request is invalid.");
}

TEST(VerifySignature, AllowsFiveMinutesOfSkewAndNotASecondMore) {
  Call call;
  for (const absl::Duration skew : {absl::Minutes(5), absl::Minutes(-5)}) {
    call.now = kNow + skew;
    EXPECT_TRUE(call.Verify().ok());
  }
  call.now = kNow + absl::Seconds(301);
  call.ExpectError(ErrorKind::kInvalidSignature,
                   "Signature expired: 20231103T171724Z is now earlier than 20231103T171725Z "
                   "(20231103T172225Z - 5 min.)");
  call.now = kNow - absl::Seconds(301);
  call.ExpectError(ErrorKind::kInvalidSignature,
                   "Signature not yet current: 20231103T171724Z is still later than "
                   "20231103T171723Z (20231103T171223Z + 5 min.)");
}

TEST(VerifySignature, RefusesAClockThatIsSixMinutesOffInEitherDirection) {
  for (const int minutes : {6, -6}) {
    Call call;
    call.now = kNow + absl::Minutes(minutes);
    const absl::Status status = call.Verify().status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidSignature);
    EXPECT_NE(status.message().find("5 min."), std::string::npos) << status;
  }
}

TEST(VerifySignature, PassesOnThatKeysCanNotBeTold) {
  const Call call;
  const auto verified = VerifySignature(
      {call.method, call.headers, call.body},
      [](std::string_view) { return absl::UnavailableError("/data/keys is damaged"); }, "", kNow);
  EXPECT_EQ(KindOf(verified.status()), ErrorKind::kUnavailable);
}

TEST(VerifySignature, ChecksTheScope) {
  Call region;
  region.region = "us-east-1";
  region.ExpectError(ErrorKind::kInvalidSignature,
                     "Credential should be scoped to a valid region, not 'eu-central-1'. ");
  region.region = "eu-central-1";
  EXPECT_TRUE(region.Verify().ok());
  Call none;
  none.Sign(kSecret, "");
  none.ExpectError(ErrorKind::kInvalidSignature,
                   "Credential should be scoped to a valid region, not ''. ");

  const auto with = [](std::string_view from, std::string_view to) {
    Call call;
    std::string text = kBoto;
    text.replace(text.find(from), from.size(), to);
    call.Set("Authorization", text);
    return call;
  };
  with("/ssm/", "/s3/")
      .ExpectError(ErrorKind::kInvalidSignature,
                   "Credential should be scoped to correct service: 'ssm'. ");
  with("aws4_request", "aws5_request")
      .ExpectError(ErrorKind::kInvalidSignature,
                   "Credential should be scoped with a valid terminator: 'aws4_request'. ");
  with("20231103", "20231104")
      .ExpectError(ErrorKind::kInvalidSignature,
                   "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                   "from HTTP: '20231104' != '20231103', from '20231103T171724Z'.");
}

TEST(VerifySignature, RequiresHostAndDateToBeSigned) {
  Call host;
  std::string text = kBoto;
  text.replace(text.find("host;"), 5, "");
  host.Set("Authorization", text);
  host.ExpectError(ErrorKind::kInvalidSignature,
                   "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  Call date;
  text = kBoto;
  text.replace(text.find("x-amz-date;"), 11, "");
  date.Set("Authorization", text);
  date.ExpectError(ErrorKind::kInvalidSignature,
                   "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization.");
  Call missing;
  missing.Remove("X-Amz-Date");
  missing.ExpectError(
      ErrorKind::kIncompleteSignature,
      std::string("Authorization header requires existence of either a 'X-Amz-Date' "
                  "or a 'Date' header. Authorization=") +
          kBoto);
}

TEST(VerifySignature, RefusesADateThatIsNotOne) {
  for (const char* date : {"20231103T171724", "2023-11-03T17:17:24Z", "20231303T171724Z",
                           "20231103T171724Z ignored", "20231103T171760Z", ""}) {
    Call call;
    call.Set("X-Amz-Date", date);
    EXPECT_EQ(KindOf(call.Verify().status()), ErrorKind::kIncompleteSignature) << date;
  }
}

TEST(VerifySignature, NamesEveryMissingParameter) {
  Call call;
  call.Set("Authorization", "AWS4-HMAC-SHA256 Signature=x");
  call.ExpectError(
      ErrorKind::kIncompleteSignature,
      "Authorization header requires 'Credential' parameter. Authorization header "
      "requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Signature=x");
}

TEST(VerifySignature, RefusesAMalformedAuthorization) {
  const std::string good = kBoto;
  Call call;
  call.ExpectIncomplete("");
  call.ExpectIncomplete("Basic dXNlcjpwYXNz");
  call.ExpectIncomplete("AWS4-HMAC-SHA256");
  call.ExpectIncomplete("AWS4-HMAC-SHA256-ECDSA" + good.substr(16));
  call.ExpectIncomplete(good + ", Extra=1");
  call.ExpectIncomplete(good + ", Signature=1");
  call.ExpectIncomplete(good + std::string(5000, 'a'));
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  call.ExpectIncomplete(replaced("/ssm/", "/"));
  call.ExpectIncomplete(replaced("/ssm/", "/ssm/ssm/"));
  call.ExpectIncomplete(replaced("AKIA2345ABCDEFGHIJKL", ""));
  call.ExpectIncomplete(replaced("content-type;host", "host;content-type"));
  call.ExpectIncomplete(replaced("content-type;host", "host;host"));
  call.ExpectIncomplete(replaced("content-type;host", "Content-Type;host"));
  call.ExpectIncomplete(replaced("content-type;host", ";host"));
}

TEST(VerifySignature, RefusesASignatureOfTheWrongLengthOrCase) {
  Call call;
  call.Set("Authorization", std::string(kBoto) + "0");
  call.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
  std::string upper = kBoto;
  for (size_t i = upper.size() - 64; i < upper.size(); ++i) {
    upper[i] = static_cast<char>(toupper(upper[i]));
  }
  call.Set("Authorization", upper);
  call.ExpectError(ErrorKind::kInvalidSignature, kMismatch);
}

TEST(VerifySignature, RefusesTwoAuthorizations) {
  Call call;
  call.headers.emplace_back("authorization", kBoto);
  EXPECT_EQ(KindOf(call.Verify().status()), ErrorKind::kIncompleteSignature);
}

TEST(VerifySignature, RefusesEveryChangeAndEveryPrefixOfTheAuthorization) {
  const std::string good = kBoto;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'~', '/', ';', ',', '=', '0', '\0'}) {
      if (good[at] == c) continue;
      Call call;
      std::string changed = good;
      changed[at] = c;
      call.Set("Authorization", changed);
      EXPECT_FALSE(call.Verify().ok()) << changed;
    }
    Call prefix;
    prefix.Set("Authorization", good.substr(0, at));
    EXPECT_FALSE(prefix.Verify().ok()) << at;
  }
}

}  // namespace
}  // namespace lull::server
