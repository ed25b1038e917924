#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "google/protobuf/repeated_field.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"

namespace lull {

using Selectors = std::vector<std::pair<std::string, std::vector<std::string>>>;

inline std::vector<std::string> Many(int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) values.push_back("i-" + std::to_string(i));
  return values;
}

template <class Request>
void SetTargets(const Selectors& selectors, Request& request) {
  request.clear_targets();
  for (const auto& [key, values] : selectors) {
    v1::Target& target = *request.add_targets();
    target.set_key(key);
    for (const std::string& value : values) target.add_values(value);
  }
}

/// `InstanceIds=i-1,i-2, tag:role=web, `.
inline std::string Text(const google::protobuf::RepeatedPtrField<v1::Target>& targets) {
  std::string text;
  for (const v1::Target& target : targets) {
    text += target.key() + "=";
    for (const std::string& value : target.values()) text += value + ",";
    text += " ";
  }
  return text;
}

/// `*text`: refused, with that in the sentence, the rest in words of our own.
inline void ExpectError(const std::string& error, const std::string& expected) {
  if (expected[0] != '*') {
    EXPECT_EQ(error, expected);
    return;
  }
  EXPECT_EQ(error.rfind("INVALID_ARGUMENT: ", 0), 0u) << error;
  EXPECT_NE(error.find(expected.substr(1)), std::string::npos) << error;
}

/// A window, and what is registered with it.
class RegisteringTest : public testing::Test {
 protected:
  /// A message from its text. The test fails when that is none.
  template <class Message>
  static Message Parse(const std::string& text) {
    Message message;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
    return message;
  }
  v1::RegisterTargetWithMaintenanceWindowRequest TargetRequest() const {
    v1::RegisterTargetWithMaintenanceWindowRequest request;
    request.set_window_id(window_);
    request.set_resource_type("INSTANCE");
    SetTargets({{"InstanceIds", {"i-1"}}}, request);
    return request;
  }
  std::string Register(const v1::RegisterTargetWithMaintenanceWindowRequest& request,
                       std::string* id = nullptr) {
    const auto response =
        world_.engine->RegisterTargetWithMaintenanceWindow(world_.context, request);
    if (response.ok() && id != nullptr) *id = response->window_target_id();
    return Error(response.status());
  }
  v1::RegisterTaskWithMaintenanceWindowRequest TaskRequest() const {
    return world_.TaskRequest(window_);
  }
  std::string Register(const v1::RegisterTaskWithMaintenanceWindowRequest& request,
                       std::string* id = nullptr) {
    const auto response = world_.engine->RegisterTaskWithMaintenanceWindow(world_.context, request);
    if (response.ok() && id != nullptr) *id = response->window_task_id();
    return Error(response.status());
  }
  /// Registers it and returns its id.
  template <class Request>
  std::string Made(const Request& request) {
    std::string id;
    EXPECT_EQ(Register(request, &id), "OK");
    return id;
  }
  std::string MadeTaskOn(const Selectors& selectors) {
    auto request = TaskRequest();
    SetTargets(selectors, request);
    return Made(request);
  }
  /// `window_id: '...' name: '...'`: what names one thing of the window.
  std::string In(const std::string& member, const std::string& id) const {
    return "window_id: '" + window_ + "' " + member + ": '" + id + "' ";
  }
  void UseLimits(const Limits& limits) {
    world_.limits = limits;
    world_.Restart();
  }

  EngineWorld world_;
  const std::string window_ = world_.CreateWindow();
};

inline constexpr char kNoSuchWindow[] =
    "NOT_FOUND: Maintenance window mw-00000000000000000 does not exist";

}  // namespace lull
