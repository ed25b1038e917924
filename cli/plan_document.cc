#include "cli/plan_document.h"

#include <string>
#include <utility>

#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "proto/payload.pb.h"
#include "runners/documents/compile.h"
#include "runners/documents/document.h"

namespace lull::cli {
namespace {

using runners::Document;
using RunCommand = v1::MaintenanceWindowRunCommandParameters;

/// Of a value in an error, which has room for kMaxDetailBytes in all.
constexpr std::size_t kMaxQuotedBytes = 64;

std::string Quoted(std::string_view value) {
  return JsonString(Utf8Prefix(value, kMaxQuotedBytes));
}

absl::StatusOr<v1::TaskPayload> PayloadOf(const Invocation& invocation, const ArnScope& scope) {
  v1::TaskPayload payload;
  if (!payload.ParseFromString(invocation.task.payload)) {
    return Invalid("The stored parameters of this task can't be read; register it again.");
  }
  if (MayHavePseudoParameters(invocation.task.payload)) {
    PutPseudoParameters(PseudoParametersOf(invocation, scope), payload);
  }
  return payload;
}

absl::Status CheckVersion(const Document& document, const RunCommand& command) {
  const std::string& version = command.document_version();
  if (version.empty() || version == "$DEFAULT" || version == "$LATEST" || version == "1") {
    return absl::OkStatus();
  }
  return Invalid("Document ", document.name, " has no version ", Quoted(version),
                 "; a document has one: give 1, $DEFAULT or $LATEST, or none.");
}

absl::Status CheckHash(const Document& document, const RunCommand& command) {
  if (command.document_hash().empty()) return absl::OkStatus();
  if (command.document_hash_type() == "Sha1") {
    return Invalid("DocumentHashType Sha1 is not supported; give the document's Sha256.");
  }
  if (runners::HasSha256(document, command.document_hash())) return absl::OkStatus();
  return Invalid("Document ", document.name, " does not have the DocumentHash ",
                 Quoted(command.document_hash()), "; look at what has changed in it.");
}

absl::StatusOr<const Document*> Find(const runners::DocumentLibrary& library,
                                     const std::string& task_arn) {
  if (const Document* document = library.Find(task_arn)) return document;
  const std::string_view name = runners::DocumentName(task_arn);
  return Invalid("Unknown document ", Quoted(name),
                 "; put it into the folder of documents as NAME.yaml or NAME.json, or use "
                 "AWS-RunShellScript or AWS-RunPatchBaseline.");
}

}  // namespace

absl::StatusOr<runners::ProcessPlan> PlanDocument(const runners::DocumentLibrary& library,
                                                  const Invocation& invocation, const Node& node,
                                                  const ArnScope& scope) {
  LULL_ASSIGN_OR_RETURN(const Document* document, Find(library, invocation.task.task_arn));
  LULL_ASSIGN_OR_RETURN(const v1::TaskPayload payload, PayloadOf(invocation, scope));
  const RunCommand& command = payload.task_invocation_parameters().run_command();
  LULL_RETURN_IF_ERROR(CheckVersion(*document, command));
  LULL_RETURN_IF_ERROR(CheckHash(*document, command));
  runners::ParameterValues parameters;
  for (const auto& [name, list] : command.parameters()) {
    parameters[name].assign(list.values().begin(), list.values().end());
  }
  LULL_ASSIGN_OR_RETURN(runners::ProcessPlan plan,
                        runners::CompileDocument(*document, parameters, Name(node.platform)));
  plan.environment.push_back("LULL_NODE=" + node.id);
  return plan;
}

}  // namespace lull::cli
