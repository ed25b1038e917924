#include "server/errors.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace lull::server {
namespace {

TEST(Errors, EachKindHasOneRowWithATypeOfItsOwnButTheTwoThatAreOursToMend) {
  std::set<std::string_view> types;
  for (const ErrorRow& row : ErrorTable()) {
    EXPECT_EQ(&RowOf(row.kind), &row);
    if (row.kind == ErrorKind::kUnavailable) {
      EXPECT_EQ(FindWireType(row.wire_type), &RowOf(ErrorKind::kInternal));
    } else {
      EXPECT_TRUE(types.insert(row.wire_type).second) << row.wire_type;
      EXPECT_EQ(FindWireType(row.wire_type), &row);
    }
    EXPECT_TRUE(row.http_status >= 400 && row.http_status < 600) << row.wire_type;
    EXPECT_TRUE(row.exit_code >= 2 && row.exit_code <= 9) << row.wire_type;
    EXPECT_EQ(KindOf(MakeError(row.kind, "text")), row.kind) << row.wire_type;
  }
}

TEST(Errors, CodesOfTheEngineBecomeTheErrorsOfTheApi) {
  const std::pair<absl::Status, std::string_view> kCases[] = {
      {absl::InvalidArgumentError("x"), "ValidationException"},
      {absl::NotFoundError("x"), "DoesNotExistException"},
      {absl::AlreadyExistsError("x"), "IdempotentParameterMismatch"},
      {absl::ResourceExhaustedError("x"), "ResourceLimitExceededException"},
      {absl::UnavailableError("x"), "InternalServerError"},
      {absl::InternalError("x"), "InternalServerError"},
      {absl::UnknownError("x"), "InternalServerError"},
      {absl::FailedPreconditionError("x"), "InternalServerError"},
      {absl::UnimplementedError("x"), "InternalServerError"},
      {absl::CancelledError("x"), "InternalServerError"},
  };
  for (const auto& [status, type] : kCases) {
    EXPECT_EQ(RowOf(KindOf(status)).wire_type, type) << status;
  }
}

TEST(Errors, ClientErrorsAre400AndOursAre500) {
  for (const ErrorRow& row : ErrorTable()) {
    if (row.kind < ErrorKind::kMalformedHttp && row.kind != ErrorKind::kInternal &&
        row.kind != ErrorKind::kUnavailable) {
      EXPECT_EQ(row.http_status, 400) << row.wire_type;
    }
  }
  EXPECT_EQ(RowOf(ErrorKind::kInternal).http_status, 500);
  EXPECT_EQ(RowOf(ErrorKind::kUnavailable).http_status, 500);
  EXPECT_EQ(RowOf(ErrorKind::kNotReady).http_status, 503);
}

TEST(Errors, NamespacedTypesAreFoundAndUnknownOnesAreNot) {
  EXPECT_EQ(FindWireType("com.amazonaws.ssm#DoesNotExistException"),
            &RowOf(ErrorKind::kDoesNotExist));
  EXPECT_EQ(FindWireType("TeapotException"), nullptr);
  EXPECT_EQ(FindWireType(""), nullptr);
}

TEST(ErrorBody, SpellsTheMemberAsTheApiDoes) {
  EXPECT_EQ(
      ErrorBody(absl::NotFoundError("Maintenance window mw-1 does not exist"), "id"),
      R"({"__type":"DoesNotExistException","Message":"Maintenance window mw-1 does not exist"})");
  EXPECT_EQ(ErrorBody(absl::InvalidArgumentError("a \"b\""), "id"),
            R"({"__type":"ValidationException","message":"a \"b\""})");
  EXPECT_EQ(ErrorBody(MakeError(ErrorKind::kUnknownOperation, ""), "id"),
            R"({"__type":"UnknownOperationException"})");
}

TEST(ErrorBody, KeepsTheTextOfAnInternalErrorToItself) {
  EXPECT_EQ(
      ErrorBody(absl::InternalError("/var/lib/lull/db: disk I/O error"), "7f3e"),
      R"({"__type":"InternalServerError","Message":"The server failed to process the request; )"
      R"(its log has the cause under request id 7f3e."})");
}

TEST(ErrorBody, SaysThatNothingWasChangedWhenTheStoreRefuses) {
  EXPECT_EQ(
      ErrorBody(absl::UnavailableError("/var/lib/lull/db: disk full"), "7f3e"),
      R"({"__type":"InternalServerError","Message":"The server can't do this now and changed )"
      R"(nothing. Try again; its log has the cause under request id 7f3e."})");
}

}  // namespace
}  // namespace lull::server
