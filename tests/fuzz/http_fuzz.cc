// Any bytes as the body of a request: an error of the API's, or a request that is checked, printed
// and read again, never a crash.
//
// An input is a byte that chooses the operation, '0' for the first of proto/, and the body.
// tools/fuzz makes inputs up, corpus/http has those that every test run replays.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/validate.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/extensions.pb.h"
#include "proto/maintenance_windows.pb.h"
#include "proto/managed_nodes.pb.h"
#include "server/errors.h"
#include "server/json_codec.h"

namespace lull {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

constexpr std::size_t kMaxBytes = 4096;

/// What every operation takes.
std::vector<const Descriptor*> RequestTypes() {
  std::vector<const Descriptor*> types;
  for (const FileDescriptor* file : {v1::GetMaintenanceWindowRequest::descriptor()->file(),
                                     v1::GetCommandInvocationRequest::descriptor()->file(),
                                     v1::DescribeDrainRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int k = 0; k < file->service(i)->method_count(); ++k) {
        types.push_back(file->service(i)->method(k)->input_type());
      }
    }
  }
  return types;
}

/// What a caller would read of it is JSON, whatever of the request it quotes.
void CheckError(const absl::Status& status, const Message& request) {
  LULL_CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  LULL_CHECK(!status.message().empty());
  LULL_CHECK(CountCodePoints(FromAbsl(status.message())).has_value());
  const std::unique_ptr<Message> any(request.New());
  LULL_CHECK(server::JsonToMessage(server::ErrorBody(status, "id"), any.get()).ok());
}

void Try(const Descriptor* type, std::string_view body) {
  const std::unique_ptr<Message> request(
      MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (const absl::Status read = server::JsonToMessage(body, request.get()); !read.ok()) {
    return CheckError(read, *request);
  }
  const absl::Status valid = ValidateConstraints(*request);
  if (!valid.ok()) CheckError(valid, *request);
  const std::string printed = server::MessageToJson(*request);
  const std::unique_ptr<Message> again(request->New());
  LULL_CHECK(server::JsonToMessage(printed, again.get()).ok());
  LULL_CHECK(server::MessageToJson(*again) == printed);
  LULL_CHECK(ValidateConstraints(*again) == valid);
}

}  // namespace
}  // namespace lull

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<const google::protobuf::Descriptor*> types = lull::RequestTypes();
  if (size == 0 || size > lull::kMaxBytes) return 0;
  const std::size_t chosen = static_cast<std::uint8_t>(data[0] - '0') % types.size();
  lull::Try(types[chosen], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
