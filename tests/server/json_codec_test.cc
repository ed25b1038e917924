#include "server/json_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/message_differencer.h"
#include "proto/maintenance_windows.pb.h"
#include "proto/options.pb.h"
#include "tests/support/api_files.h"

namespace lull::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;

template <typename T>
std::string ErrorOf(const std::string& json) {
  T message;
  const absl::Status status = JsonToMessage(json, &message);
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

std::string CreateError(const std::string& json) {
  return ErrorOf<v1::CreateMaintenanceWindowRequest>(json);
}

v1::CreateMaintenanceWindowRequest Create(const std::string& json) {
  v1::CreateMaintenanceWindowRequest request;
  const absl::Status status = JsonToMessage(json, &request);
  EXPECT_TRUE(status.ok()) << status << " for " << json;
  return request;
}

TEST(JsonToMessage, ReadsTheMembersOfARequest) {
  const v1::CreateMaintenanceWindowRequest request =
      Create(R"({"Name":"n\u00e9\n","Duration":2,"AllowUnassociatedTargets":true,)"
             R"("Tags":[{"Key":"a","Value":""},{"Key":"b"}]})");
  EXPECT_EQ(request.name(), "n\u00e9\n");
  EXPECT_EQ(request.duration(), 2);
  EXPECT_TRUE(request.allow_unassociated_targets());
  EXPECT_FALSE(request.has_cutoff());
  ASSERT_EQ(request.tags_size(), 2);
  EXPECT_TRUE(request.tags(0).has_value());
  EXPECT_FALSE(request.tags(1).has_value());
}

TEST(JsonToMessage, ReadsMapsOfListsAndListsOfMapsWithoutAnObjectAround) {
  v1::RegisterTaskWithMaintenanceWindowRequest task;
  ASSERT_TRUE(
      JsonToMessage(
          R"({"TaskInvocationParameters":{"RunCommand":{"Parameters":)"
          R"({"commands":["df","ls"],"none":[],"nothing":null}},"Lambda":{"Payload":"AAH/"}},)"
          R"("TaskParameters":{"x":{"Values":["1"]}}})",
          &task)
          .ok());
  const auto& parameters = task.task_invocation_parameters().run_command().parameters();
  ASSERT_EQ(parameters.size(), 2);
  EXPECT_EQ(parameters.at("commands").values(1), "ls");
  EXPECT_EQ(parameters.at("none").values_size(), 0);
  EXPECT_EQ(task.task_invocation_parameters().lambda().payload(), std::string("\0\x01\xff", 3));
  EXPECT_EQ(task.task_parameters().parameters().at("x").values(0), "1");

  v1::GetMaintenanceWindowExecutionTaskResponse response;
  ASSERT_TRUE(JsonToMessage(R"({"TaskParameters":[{"a":{"Values":[]}},{}]})", &response).ok());
  ASSERT_EQ(response.task_parameters_size(), 2);
  EXPECT_EQ(response.task_parameters(0).parameters().size(), 1);
}

TEST(JsonToMessage, TakesAnEmptyBodyForAnEmptyObject) {
  for (const char* body : {"", " \r\n\t", "{}", " { } "}) EXPECT_EQ(CreateError(body), "") << body;
}

TEST(JsonToMessage, ClearsTheMessageFirst) {
  v1::CreateMaintenanceWindowRequest request = Create(R"({"Name":"old"})");
  ASSERT_TRUE(JsonToMessage("{}", &request).ok());
  EXPECT_FALSE(request.has_name());
}

TEST(JsonToMessage, TakesNullForAbsent) {
  const v1::CreateMaintenanceWindowRequest request =
      Create(R"({"Name":null,"Duration":null,"Tags":null,"Unknown":null})");
  EXPECT_FALSE(request.has_name());
  EXPECT_FALSE(request.has_duration());
  v1::RegisterTaskWithMaintenanceWindowRequest task;
  ASSERT_TRUE(JsonToMessage(R"({"TaskParameters":null,"LoggingInfo":null})", &task).ok());
  EXPECT_FALSE(task.has_task_parameters());
  EXPECT_FALSE(task.has_logging_info());
}

TEST(JsonToMessage, SkipsUnknownMembersWhateverIsInThem) {
  EXPECT_EQ(Create(R"({"X":{"Name":[1,{"Name":"no"}],"y":1.5e300},"Name":"yes","Z":[[],"",true]})")
                .name(),
            "yes");
}

TEST(JsonToMessage, ComparesMemberNamesExactly) {
  const v1::CreateMaintenanceWindowRequest request = Create(R"({"name":"a","NAME":"b"})");
  EXPECT_FALSE(request.has_name());
}

TEST(JsonToMessage, RefusesWhatIsNotOneJsonObject) {
  for (const char* body : {"[]",
                           "null",
                           "\"x\"",
                           "1",
                           "true",
                           "{",
                           "{\"Name\"",
                           "{\"Name\":\"x",
                           "{}{}",
                           "{} x",
                           "}",
                           "\xef\xbb\xbf{}",
                           "{\"Name\":\"x\",}",
                           "{Name:\"x\"}",
                           "{'Name':'x'}",
                           "{\"Duration\":01}",
                           "{\"Duration\":+1}",
                           "{\"Duration\":NaN}",
                           "{\"Duration\":0x1}",
                           "{\"Duration\":.5}",
                           "{/**/}",
                           "{\"Name\":\"\xff\"}",
                           "{\"Name\":\"\xc0\xaf\"}",
                           "{\"Name\":\"\\ud800\"}",
                           "{\"Name\":\"\\udc00\"}",
                           "{\"Name\":\"\\ud800\\u0041\"}",
                           "{\"Name\":\"a\nb\"}",
                           "{\"Name\":\"\\x\"}",
                           "{\"Tags\":[,]}"}) {
    EXPECT_NE(CreateError(body), "") << body;
  }
  EXPECT_NE(CreateError(std::string("{}\0", 3)), "");
}

TEST(JsonToMessage, ReadsSurrogatePairsAndEscapedNul) {
  EXPECT_EQ(Create(R"({"Name":"\ud83d\ude00"})").name(), "\xF0\x9F\x98\x80");
  EXPECT_EQ(Create(R"({"Name":"a\u0000b"})").name(), std::string("a\0b", 3));
}

TEST(JsonToMessage, RefusesDuplicatesAtEveryLevelEvenUnknownOnes) {
  EXPECT_EQ(CreateError(R"({"Name":"a","Name":"b"})"), "Member found twice (at Name)");
  EXPECT_NE(CreateError(R"({"X":1,"X":2})"), "");
  EXPECT_NE(CreateError(R"({"X":{"y":1,"\u0079":2}})"), "");
  EXPECT_NE(CreateError(R"({"Tags":[{"Key":"a","Key":null}]})"), "");
  EXPECT_NE(ErrorOf<v1::RegisterTaskWithMaintenanceWindowRequest>(
                R"({"TaskParameters":{"a":{},"a":{}}})"),
            "");
  EXPECT_EQ(CreateError(R"({"Tags":[{"Key":"a"},{"Key":"a"}]})"), "");
}

TEST(JsonToMessage, BoundsTheDepth) {
  const auto nested = [](int depth) {
    return "{\"X\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(CreateError(nested(kMaxJsonDepth - 1)), "");
  EXPECT_NE(CreateError(nested(kMaxJsonDepth)), "");
  EXPECT_NE(CreateError(nested(400000)), "");
}

TEST(JsonToMessage, NeverTakesOneTypeForAnother) {
  EXPECT_EQ(CreateError(R"({"Name":true})"),
            "class java.lang.Boolean can not be converted to an String (at Name)");
  EXPECT_EQ(
      CreateError(R"({"Name":1})"),
      "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
      "String (at Name)");
  EXPECT_EQ(CreateError(R"({"Duration":"2"})"),
            "STRING_VALUE can not be converted to an Integer (at Duration)");
  EXPECT_EQ(CreateError(R"({"Duration":false})"),
            "FALSE_VALUE can not be converted to an Integer (at Duration)");
  EXPECT_EQ(CreateError(R"({"AllowUnassociatedTargets":"true"})"),
            "STRING_VALUE can not be converted to a Boolean (at AllowUnassociatedTargets)");
  EXPECT_EQ(CreateError(R"({"AllowUnassociatedTargets":1})"),
            "NUMBER_VALUE can not be converted to a Boolean (at AllowUnassociatedTargets)");
  EXPECT_EQ(CreateError(R"({"Name":{}})"),
            "Start of structure or map found where not expected. (at Name)");
  EXPECT_EQ(CreateError(R"({"Name":[]})"), "Start of list found where not expected (at Name)");
  EXPECT_EQ(CreateError(R"({"Tags":"x"})"), "Expected list or null (at Tags)");
  EXPECT_EQ(CreateError(R"({"Tags":{}})"),
            "Start of structure or map found where not expected. (at Tags)");
  EXPECT_EQ(CreateError(R"({"Tags":["x"]})"), "Expected structure or null (at Tags)");
  EXPECT_EQ(CreateError(R"({"Tags":[null]})"), "null found in a list (at Tags)");
  EXPECT_EQ(CreateError(R"({"Tags":[[]]})"), "Start of list found where not expected (at Tags)");
  EXPECT_EQ(
      CreateError(R"({"Tags":[{"Key":2}]})"),
      "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
      "String (at Tags.Key)");
  using Task = v1::RegisterTaskWithMaintenanceWindowRequest;
  EXPECT_NE(ErrorOf<Task>(R"({"TaskParameters":[]})"), "");
  EXPECT_NE(ErrorOf<Task>(R"({"TaskParameters":1})"), "");
  EXPECT_NE(ErrorOf<Task>(R"({"TaskParameters":{"a":[]}})"), "");
  EXPECT_NE(
      ErrorOf<Task>(R"({"TaskInvocationParameters":{"RunCommand":{"Parameters":{"a":"b"}}}})"), "");
  EXPECT_NE(ErrorOf<Task>(R"({"TaskInvocationParameters":{"RunCommand":{"Parameters":{"a":{}}}}})"),
            "");
  EXPECT_NE(ErrorOf<Task>(R"({"TaskInvocationParameters":{"RunCommand":{"Parameters":[]}}})"), "");
}

TEST(JsonToMessage, TakesIntegersOnlyAndOnlyThoseThatFit) {
  EXPECT_EQ(Create(R"({"Duration":2.0})").duration(), 2);
  EXPECT_EQ(Create(R"({"Duration":20e-1})").duration(), 2);
  EXPECT_EQ(Create(R"({"Duration":-2147483648})").duration(), -2147483648);
  EXPECT_EQ(Create(R"({"Duration":2147483647})").duration(), 2147483647);
  for (const char* number :
       {"1.5", "2147483648", "-2147483649", "9223372036854775807", "18446744073709551615",
        "99999999999999999999999", "1e400", "-1e400"}) {
    EXPECT_NE(CreateError(std::string("{\"Duration\":") + number + "}"), "") << number;
  }
}

TEST(JsonToMessage, TakesOnlyCanonicalBase64) {
  const auto error = [](const std::string& payload) {
    return ErrorOf<v1::RegisterTaskWithMaintenanceWindowRequest>(
        R"({"TaskInvocationParameters":{"Lambda":{"Payload":")" + payload + R"("}}})");
  };
  EXPECT_EQ(error("e30="), "");
  EXPECT_EQ(error(""), "");
  for (const char* payload : {"e30", "e3 0=", "e30=\\n", "e3-_", "{}", "e31="}) {
    EXPECT_NE(error(payload), "") << payload;
  }
}

TEST(MessageToJson, PrintsWhatIsSetInOrderWithoutWhiteSpace) {
  v1::GetMaintenanceWindowResponse response;
  EXPECT_EQ(MessageToJson(response), "{}");
  response.set_duration(0);
  response.set_name("");
  response.set_enabled(false);
  EXPECT_EQ(MessageToJson(response), R"({"Name":"","Duration":0,"Enabled":false})");
}

TEST(MessageToJson, PrintsTimestampsAsPlainDecimals) {
  const auto printed = [](double value) {
    v1::GetMaintenanceWindowExecutionResponse response;
    response.set_start_time(value);
    const std::string json = MessageToJson(response);
    const size_t at = json.find("\"StartTime\":") + 12;
    return json.substr(at, json.find_first_of(",}", at) - at);
  };
  EXPECT_EQ(printed(1541761816.338), "1541761816.338");
  EXPECT_EQ(printed(1541761816.5), "1541761816.5");
  EXPECT_EQ(printed(1541761800), "1541761800");
  EXPECT_EQ(printed(0), "0");
  EXPECT_EQ(printed(-0.0001), "0");
  EXPECT_EQ(printed(253402300799.999), "253402300799.999");
  EXPECT_EQ(printed(std::numeric_limits<double>::infinity()), "null");
}

TEST(MessageToJson, PrintsAnEmptyListOfAResponseButNotOneThatIsNeverEmpty) {
  EXPECT_EQ(MessageToJson(v1::DescribeMaintenanceWindowsResponse()), R"({"WindowIdentities":[]})");
  EXPECT_EQ(MessageToJson(v1::DescribeMaintenanceWindowsRequest()), "{}");
  EXPECT_EQ(MessageToJson(v1::GetMaintenanceWindowExecutionTaskResponse()),
            R"({"TaskParameters":[]})");  // TriggeredAlarms has one or is not there.
  v1::DescribeMaintenanceWindowExecutionTasksResponse tasks;
  tasks.add_window_execution_task_identities()->set_status("PENDING");
  EXPECT_EQ(MessageToJson(tasks), R"({"WindowExecutionTaskIdentities":[{"Status":"PENDING"}]})");
}

TEST(MessageToJson, SortsMapsByKey) {
  v1::MaintenanceWindowRunCommandParameters parameters;
  for (const char* key : {"b", "a", "C", "aa", ""}) (*parameters.mutable_parameters())[key];
  EXPECT_EQ(MessageToJson(parameters), R"({"Parameters":{"":[],"C":[],"a":[],"aa":[],"b":[]}})");
}

TEST(MessageToJson, EscapesAndStaysJsonWhateverTheTextIs) {
  v1::Tag tag;
  tag.set_key("\"\\/\b\f\n\r\t\x01\x1f\x7f\u00e9");
  tag.set_value(
      "a\xff"
      "b\xed\xa0\x80"
      "c");
  EXPECT_EQ(MessageToJson(tag),
            "{\"Key\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u00e9\",\"Value\":\"a\uFFFD"
            "b\uFFFD\uFFFD\uFFFDc\"}");
}

/// Sets every member of `message`, and of what is in it, to something.
void Fill(Message* message) {
  const Reflection& reflection = *message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    const bool list = field->is_repeated();
    switch (field->type()) {
      case FieldDescriptor::TYPE_STRING:
      case FieldDescriptor::TYPE_BYTES: {
        const std::string text =
            field->name() +
            (field->type() == FieldDescriptor::TYPE_BYTES ? std::string("\0\xff", 2) : "\u20ac\"");
        if (list) {
          reflection.AddString(message, field, text);
          reflection.AddString(message, field, "");
        } else {
          reflection.SetString(message, field, text);
        }
        break;
      }
      case FieldDescriptor::TYPE_BOOL:
        reflection.SetBool(message, field, true);
        break;
      case FieldDescriptor::TYPE_INT32:
        reflection.SetInt32(message, field, -i);
        break;
      case FieldDescriptor::TYPE_DOUBLE:
        reflection.SetDouble(message, field, 1541761816.338 + i);
        break;
      case FieldDescriptor::TYPE_MESSAGE:
        Fill(list ? reflection.AddMessage(message, field)
                  : reflection.MutableMessage(message, field));
        break;
      default:
        FAIL() << field->full_name() << " has a type that the codec does not know";
    }
  }
}

TEST(JsonCodec, BringsEveryMessageOfTheApiBackAsItWas) {
  EXPECT_EQ(ApiOperations().size(), 35U);
  for (const google::protobuf::MethodDescriptor* operation : ApiOperations()) {
    for (const Descriptor* type : {operation->input_type(), operation->output_type()}) {
      const Message* prototype = MessageFactory::generated_factory()->GetPrototype(type);
      const std::unique_ptr<Message> message(prototype->New());
      Fill(message.get());
      const std::string json = MessageToJson(*message);
      const std::unique_ptr<Message> again(prototype->New());
      ASSERT_TRUE(JsonToMessage(json, again.get()).ok()) << json;
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*message, *again)) << json;
      EXPECT_EQ(MessageToJson(*again), json);
    }
  }
}

TEST(MessageToJson, ATaskShowsItsTargetsAndParametersThoughItHasNone) {
  v1::GetMaintenanceWindowTaskResponse task;
  task.mutable_task_parameters();
  EXPECT_EQ(MessageToJson(task), R"({"Targets":[],"TaskParameters":{}})");
  v1::DescribeMaintenanceWindowTasksResponse list;
  list.add_tasks()->mutable_task_parameters();
  EXPECT_EQ(MessageToJson(list), R"({"Tasks":[{"Targets":[],"TaskParameters":{}}]})");
}

TEST(JsonCodec, EveryPrefixOfARequestIsRefused) {
  v1::RegisterTaskWithMaintenanceWindowRequest task;
  Fill(&task);
  const std::string json = MessageToJson(task);
  for (size_t size = 1; size < json.size(); ++size) {
    ASSERT_FALSE(JsonToMessage(std::string_view(json).substr(0, size), &task).ok()) << size;
  }
}

TEST(JsonCodec, AnyOneByteChangeIsRefusedOrReadAsSomethingThatPrintsAndReadsTheSame) {
  v1::RegisterTaskWithMaintenanceWindowRequest task, again;
  Fill(&task);
  const std::string json = MessageToJson(task);
  constexpr std::string_view kBytes("\"{],0\\e\0\xff ", 10);
  for (size_t at = 0; at < json.size(); ++at) {
    // Two of them at each place, others at the next.
    for (const char c : {kBytes[at % 10], kBytes[(at + 3) % 10]}) {
      std::string changed = json;
      changed[at] = c;
      if (!JsonToMessage(changed, &task).ok()) continue;
      const std::string printed = MessageToJson(task);
      ASSERT_TRUE(JsonToMessage(printed, &again).ok()) << changed;
      ASSERT_EQ(MessageToJson(again), printed) << changed;
    }
  }
}

}  // namespace
}  // namespace lull::server
