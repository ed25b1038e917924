#include "engine/validate.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/patterns.h"
#include "google/protobuf/descriptor.h"
#include "proto/maintenance_windows.pb.h"
#include "proto/options.pb.h"
#include "proto/shapes.pb.h"
#include "tests/support/api_files.h"

namespace lull {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr char kWindowId[] = "mw-0123456789abcdef0";

v1::CreateMaintenanceWindowRequest Minimal() {
  v1::CreateMaintenanceWindowRequest request;
  request.set_name("nightly");
  request.set_schedule("rate(1 day)");
  request.set_duration(2);
  request.set_cutoff(0);
  request.set_allow_unassociated_targets(false);
  return request;
}

v1::RegisterTaskWithMaintenanceWindowRequest MinimalTask() {
  v1::RegisterTaskWithMaintenanceWindowRequest request;
  request.set_window_id(kWindowId);
  request.set_task_arn("AWS-RunShellScript");
  request.set_task_type("RUN_COMMAND");
  return request;
}

std::string Errors(const google::protobuf::Message& request) {
  return std::string(ValidateConstraints(request).message());
}

TEST(ValidateConstraints, AcceptsTheMinimalRequest) {
  EXPECT_TRUE(ValidateConstraints(Minimal()).ok());
  EXPECT_TRUE(ValidateConstraints(MinimalTask()).ok());
  EXPECT_TRUE(ValidateConstraints(v1::DescribeMaintenanceWindowsRequest()).ok());
}

TEST(ValidateConstraints, NamesAMissingRequiredMember) {
  v1::CreateMaintenanceWindowRequest request = Minimal();
  request.clear_cutoff();
  const absl::Status status = ValidateConstraints(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "1 validation error detected: Value null at 'cutoff' failed to satisfy constraint: "
            "Member must not be null");
}

TEST(ValidateConstraints, ReportsPatternAndLengthOfOneMember) {
  v1::GetMaintenanceWindowRequest request;
  request.set_window_id("mw-1");
  EXPECT_EQ(
      Errors(request),
      "2 validation errors detected: Value 'mw-1' at 'windowId' failed to satisfy constraint: "
      "Member must satisfy regular expression pattern: ^mw-[0-9a-f]{17}$; Value 'mw-1' at "
      "'windowId' failed to satisfy constraint: Member must have length greater than or equal "
      "to 20");
}

TEST(ValidateConstraints, ReportsAllMembersTogetherInTheirOrder) {
  v1::CreateMaintenanceWindowRequest request = Minimal();
  request.set_duration(25);
  request.set_cutoff(-1);
  request.clear_schedule();
  EXPECT_EQ(
      Errors(request),
      "3 validation errors detected: Value null at 'schedule' failed to satisfy constraint: "
      "Member must not be null; Value '25' at 'duration' failed to satisfy constraint: Member "
      "must have value less than or equal to 24; Value '-1' at 'cutoff' failed to satisfy "
      "constraint: Member must have value greater than or equal to 0");
}

TEST(ValidateConstraints, LeavesSensitiveValuesOut) {
  v1::CreateMaintenanceWindowRequest request = Minimal();
  request.set_description(std::string(129, 'S'));
  EXPECT_EQ(Errors(request),
            "1 validation error detected: Value at 'description' failed to satisfy constraint: "
            "Member must have length less than or equal to 128");
  v1::RegisterTaskWithMaintenanceWindowRequest task = MinimalTask();
  (*task.mutable_task_parameters()->mutable_parameters())["hunter2"].add_values("");
  (*task.mutable_task_parameters()->mutable_parameters())[""].add_values("fine");
  task.mutable_task_invocation_parameters()->mutable_lambda()->set_payload(std::string(4097, 'S'));
  const std::string errors = Errors(task);
  EXPECT_EQ(errors.find("hunter2"), std::string::npos);
  EXPECT_EQ(
      errors,
      "3 validation errors detected: Value at 'taskParameters.member.values' failed to satisfy "
      "constraint: Member must satisfy constraint: [Member must have length less than or equal "
      "to 255, Member must have length greater than or equal to 1]; Value at 'taskParameters' "
      "failed to satisfy constraint: Member must satisfy constraint: [Member must have length "
      "less than or equal to 255, Member must have length greater than or equal to 1]; Value "
      "at 'taskInvocationParameters.lambda.payload' failed to satisfy constraint: Member must "
      "have length less than or equal to 4096");
}

TEST(ValidateConstraints, ReportsTheElementsOfAListAtTheList) {
  v1::DescribeMaintenanceWindowsRequest request;
  v1::MaintenanceWindowFilter& filter = *request.add_filters();
  filter.set_key("Name");
  filter.add_values("ok");
  filter.add_values("");
  filter.add_values("");
  EXPECT_EQ(
      Errors(request),
      "1 validation error detected: Value '[ok, , ]' at 'filters.1.member.values' failed to "
      "satisfy constraint: Member must satisfy constraint: [Member must have length less than "
      "or equal to 256, Member must have length greater than or equal to 1]");
}

TEST(ValidateConstraints, TellsThePatternOfTheElementsOfAList) {
  v1::RemoveTagsFromResourceRequest request;
  request.set_resource_type("MaintenanceWindow");
  request.set_resource_id(kWindowId);
  request.add_tag_keys("a!");
  const std::string pattern = R"(^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$)";
  EXPECT_NE(Errors(request).find("Member must satisfy regular expression pattern: " + pattern),
            std::string::npos)
      << Errors(request);
}

TEST(ValidateConstraints, CountsThePathOfAListFromOne) {
  v1::RegisterTargetWithMaintenanceWindowRequest request;
  request.set_window_id(kWindowId);
  request.set_resource_type("HOST");
  request.add_targets()->set_key("InstanceIds");
  request.add_targets()->set_key("tag:a!");
  EXPECT_EQ(Errors(request),
            "2 validation errors detected: Value 'HOST' at 'resourceType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [INSTANCE, RESOURCE_GROUP]; Value "
            "'tag:a!' at 'targets.2.member.key' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: "
            "^[\\p{L}\\p{Z}\\p{N}_.:/=\\-@]*$|resource-groups:ResourceTypeFilters|"
            "resource-groups:Name");
}

TEST(ValidateConstraints, ReportsTooLongListsAndMaps) {
  v1::DescribeMaintenanceWindowsRequest request;
  for (int i = 0; i < 6; ++i) request.add_filters()->set_key("Name");
  EXPECT_NE(
      Errors(request).find("at 'filters' failed to satisfy constraint: Member must have length "
                           "less than or equal to 5"),
      std::string::npos);
  v1::RegisterTaskWithMaintenanceWindowRequest task = MinimalTask();
  auto& parameters =
      *task.mutable_task_invocation_parameters()->mutable_automation()->mutable_parameters();
  for (int i = 0; i < 201; ++i) parameters[std::to_string(i)].add_values("v");
  EXPECT_NE(
      Errors(task).find("at 'taskInvocationParameters.automation.parameters' failed to satisfy "
                        "constraint: Member must have length less than or equal to 200"),
      std::string::npos);
}

TEST(ValidateConstraints, LooksAtNoMoreElementsThanThereMayBe) {
  v1::DescribeMaintenanceWindowsRequest request;
  for (int i = 0; i < 1000; ++i) request.add_filters()->set_key("");
  EXPECT_TRUE(Errors(request).starts_with("6 validation errors detected: ")) << Errors(request);
}

TEST(ValidateConstraints, NamesTheKeyOfAMapThatIsNotSensitive) {
  v1::RegisterTaskWithMaintenanceWindowRequest task = MinimalTask();
  (*task.mutable_task_invocation_parameters()->mutable_automation()->mutable_parameters())["k"]
      .add_values("");
  EXPECT_EQ(
      Errors(task),
      "1 validation error detected: Value '[]' at "
      "'taskInvocationParameters.automation.parameters.k.member' failed to satisfy constraint: "
      "Member must satisfy constraint: [Member must have length less than or equal to 512, "
      "Member must have length greater than or equal to 1]");
}

TEST(ValidateConstraints, CountsCodePointsNotBytes) {
  v1::CreateMaintenanceWindowRequest request = Minimal();
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "\u00fc";
  request.set_description(umlauts);
  EXPECT_EQ(Errors(request), "");
  request.set_description(umlauts + "x");
  EXPECT_NE(Errors(request), "");
}

TEST(ValidateConstraints, RefusesWhatIsNotUtf8) {
  v1::CreateMaintenanceWindowRequest request = Minimal();
  request.set_schedule("\xff");
  EXPECT_EQ(Errors(request),
            "1 validation error detected: Value '(not UTF-8)' at 'schedule' failed to satisfy "
            "constraint: Member must be valid UTF-8");
}

TEST(ValidateConstraints, CutsALongValueAndDoesNotMatchItsPattern) {
  v1::CreateMaintenanceWindowRequest request = Minimal();
  request.set_name(std::string(1 << 20, '!'));
  EXPECT_EQ(Errors(request), "1 validation error detected: Value '" +
                                 std::string(kMaxPrintedValueBytes, '!') +
                                 "...' at 'name' failed to satisfy constraint: Member must have "
                                 "length less than or equal to 128");
}

TEST(ValidateConstraints, CountsAllViolationsButPrintsAHundred) {
  v1::CreateMaintenanceWindowRequest request = Minimal();
  for (int i = 0; i < 500; ++i) request.add_tags()->set_key("k");  // no Value
  const std::string errors = Errors(request);
  EXPECT_TRUE(errors.starts_with("500 validation errors detected: "));
  size_t printed = 0;
  for (size_t at = 0; (at = errors.find("must not be null", at)) != std::string::npos; ++at) {
    ++printed;
  }
  EXPECT_EQ(printed, size_t{kMaxPrintedViolations});
}

TEST(ValidateConstraints, ChecksWhatIsSetInAnOptionalStructure) {
  v1::RegisterTaskWithMaintenanceWindowRequest task = MinimalTask();
  task.mutable_logging_info()->set_s3_bucket_name("bucket");
  task.mutable_alarm_configuration()->add_alarms()->set_name("   ");
  EXPECT_EQ(Errors(task),
            "2 validation errors detected: Value null at 'loggingInfo.s3Region' failed to satisfy "
            "constraint: Member must not be null; Value '   ' at "
            "'alarmConfiguration.alarms.1.member.name' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: ^(?!\\s*$).+");
}

struct PatternCase {
  const char* pattern;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

TEST(Patterns, MatchTheWholeValue) {
  const std::string uuid = "0123abcd-4567-89AB-cdef-0123456789ab";
  const PatternCase kCases[] = {
      {"^mw-[0-9a-f]{17}$",
       {kWindowId},
       {"", "mw-0123456789ABCDEF0", "mw-0123456789abcdef", "mw-0123456789abcdef01",
        "mw_0123456789abcdef0", std::string(kWindowId) + "\n"}},
      {R"(^[0-9a-fA-F]{8}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{12}$)",
       {uuid},
       {"", "x" + uuid, "0123abcd-4567-89AB-cdef-0123456789ag",
        "0123abcd04567-89AB-cdef-0123456789ab"}},
      {R"(^[a-zA-Z0-9_\-.]{3,128}$)",
       {"a-b", "A.b_9", std::string(128, 'n')},
       {"ab", "a b", "a/b", std::string(129, 'n'), "n\u00e4me"}},
      {"^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$",
       {"1", "50", "9999999", "1%", "99%", "100%"},
       {"", "0", "0%", "01", "101%", "10 %", "%", "-1", "010%", "1%%"}},
      {"^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$",
       {"0", "0%", "7", "9%", "10%", "100%"},
       {"", "00", "-1", "101%", "00%", "1.5"}},
      {R"(^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$)",
       {"", "Patch Group", "a+b@c=d/e:f", "\u00c4rger \u6771\u4eac \u0664", "\u3000"},
       {"a,b", "tab\t", "\u0085", "\x7f", "\xff", "(x)", "\ue000", "\uf8ff", "\ufdd0", "\ufdef",
        "\ufffe", "\U0001fffe", "\U000f0000"}},
      {R"(^[\p{L}\p{Z}\p{N}_.:/=\-@]*$|resource-groups:ResourceTypeFilters|resource-groups:Name)",
       {"tag:Patch Group", "InstanceIds", "resource-groups:Name"},
       {"a+b", "tag:*", "a\n"}},
      {"([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)",
       {"$LATEST", "$DEFAULT", "1", "10"},
       {"", "0", "LATEST", "$LATEST1", "01"}},
      {R"(^(?!\s*$).+)", {"a", " a "}, {"", " ", "\t ", "a\nb"}},
  };
  for (const PatternCase& test : kCases) {
    const PatternMatcher matches = FindPattern(test.pattern);
    ASSERT_NE(matches, nullptr) << test.pattern;
    for (const std::string& value : test.good) EXPECT_TRUE(matches(value)) << value;
    for (const std::string& value : test.bad) EXPECT_FALSE(matches(value)) << value;
  }
}

/// What validation relies on with LULL_CHECK must hold for all of proto/.
TEST(Shapes, EveryPatternHasAMatcherAndEveryEnumExists) {
  const google::protobuf::DescriptorPool& pool = *ApiFiles().front()->pool();
  for (int i = 0; i < v1::Shape_descriptor()->value_count(); ++i) {
    const v1::Constraint& constraint =
        v1::Shape_descriptor()->value(i)->options().GetExtension(v1::constraint);
    if (constraint.has_pattern()) {
      EXPECT_NE(FindPattern(constraint.pattern()), nullptr) << constraint.pattern();
    }
    if (constraint.has_enum_type()) {
      EXPECT_NE(pool.FindEnumTypeByName("lull.v1." + constraint.enum_type()), nullptr)
          << constraint.enum_type();
    }
  }
}

TEST(Shapes, BareMessagesHaveOneListOrMapAndEveryOtherMemberAWireName) {
  for (const google::protobuf::FileDescriptor* file : ApiFiles()) {
    for (int m = 0; m < file->message_type_count(); ++m) {
      const Descriptor& type = *file->message_type(m);
      const bool bare = type.options().GetExtension(v1::bare);
      if (bare) {
        ASSERT_EQ(type.field_count(), 1) << type.name();
        EXPECT_TRUE(type.field(0)->is_repeated()) << type.name();
      }
      for (int i = 0; i < type.field_count(); ++i) {
        const FieldDescriptor& field = *type.field(i);
        EXPECT_TRUE(bare || field.has_json_name()) << field.full_name();
        EXPECT_TRUE(field.is_repeated() || field.has_presence()) << field.full_name();
      }
    }
  }
}

}  // namespace
}  // namespace lull
