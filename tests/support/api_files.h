#pragma once

#include <vector>

#include "google/protobuf/descriptor.h"
#include "proto/extensions.pb.h"
#include "proto/maintenance_windows.pb.h"
#include "proto/managed_nodes.pb.h"

namespace lull {

/// The files of proto/ that describe operations.
inline std::vector<const google::protobuf::FileDescriptor*> ApiFiles() {
  return {v1::GetMaintenanceWindowRequest::descriptor()->file(),
          v1::GetCommandInvocationRequest::descriptor()->file(),
          v1::DescribeDrainRequest::descriptor()->file()};
}

/// The operations of all of them.
inline std::vector<const google::protobuf::MethodDescriptor*> ApiOperations() {
  std::vector<const google::protobuf::MethodDescriptor*> operations;
  for (const google::protobuf::FileDescriptor* file : ApiFiles()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int i = 0; i < file->service(s)->method_count(); ++i) {
        operations.push_back(file->service(s)->method(i));
      }
    }
  }
  return operations;
}

}  // namespace lull
