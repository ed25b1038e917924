#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/context.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/errors.h"
#include "server/key.h"
#include "server/sigv4.h"

namespace lull::server {

/// Carries an operation of a service in proto/ out: `request` is of its input type, the result
/// must be of its output type. Called on the server's threads, several at once; may block for a
/// commit.
using Handler = std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(
    const CallContext& context, std::string_view operation,
    const google::protobuf::Message& request)>;

/// One answered request, for the log. Views live as long as the call. Nothing in it is secret; only
/// names that this server knows or has verified stand in it, but for `detail`, which may quote the
/// request.
struct CallRecord {
  std::string_view method;     // GET or POST; empty if the request was neither or unreadable
  std::string_view operation;  // empty if unknown
  std::string_view principal;  // empty if not verified
  std::string_view request_id;
  std::string_view error;   // the `__type` of the answer, empty on success
  std::string_view detail;  // why, what the caller of an internal error does not read included
  int http_status = 0;
  absl::Duration duration;
};

struct HttpRequest {
  std::string method;
  std::string target;  // as it stands in the request line
  HeaderFields headers;
  std::string body;
  std::string peer;  ///< address and port of who sent it
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string content_type;
  std::string allow;  // empty, or the method that would have been right
  std::string request_id;
  absl::Time date;
};

/// What is made of a call back.
enum class CallbackAnswer {
  kTaken,     ///< 200; it is stored, or was before
  kUnknown,   ///< 404: wrong, never there or over; all three look alike
  kTryAgain,  ///< 500: it can't be stored now
};

/// What a request may have to wait for, and so which threads it may hold up.
enum class Lane {
  kAtOnce,  ///< nothing: declared to read, and no page; or refused
  kPage,    ///< many rows
  kCommit,  ///< a commit: all that is not declared to read; and call backs
  kCancel,  ///< its own commit and nobody else's (R1)
};

/// A call back's body at most.
inline constexpr std::size_t kMaxCallbackBytes = 64 * 1024;

/// Takes what was posted to `/callback/<id>/<secret>`. May block for the disk.
using CallbackHandler = std::function<CallbackAnswer(std::string_view id, std::string_view secret,
                                                     std::string_view body)>;

struct DispatchOptions {
  /// Whose requests are answered. REQUIRED.
  KeyLookup keys;
  /// Wall time. REQUIRED.
  std::function<absl::Time()> now;
  /// The one region that signatures may be scoped to; empty for any.
  std::string region;
  /// In the names of who is denied and of what.
  std::string account_id = "000000000000";
  /// Whether a caller may send one more request now; absent for no limit. Asked of those whose
  /// signature is right, by access key id, on any thread.
  std::function<bool(std::string_view access_key_id)> admit;
  /// Absent: there are no call backs. Such a request has no signature, for the secret is the key:
  /// of 256 bits, so that it does not matter how fast somebody guesses.
  CallbackHandler callback;
  /// What /readyz answers; absent for always ready.
  std::function<bool()> ready;
  /// Told of each call of an operation that changes something, whose signature was right and which
  /// was answered with an error (`error`, its `__type`), but for those beyond a limit of requests.
  /// `request` is null when it could not be read. Absent for nobody; must not throw, nor wait.
  std::function<void(const CallContext& context, std::string_view operation,
                     const google::protobuf::Message* request, std::string_view error)>
      refused;
  /// Told of each answer just before it is sent; absent for no log. Must not throw.
  std::function<void(const CallRecord&)> log;
  /// Absent for random UUIDs.
  std::function<std::string()> new_request_id;
};

/// From an HTTP request to its answer, without sockets: POST / is an operation, named by the header
/// X-Amz-Target (AmazonSSM.<Operation>, Lull.<Operation>), signed by a key whose role allows what
/// the operation's option `access` says, with a JSON body; GET /healthz
/// (this process answers) and GET /readyz (it can do its work) are for probes and need no
/// signature, nor does POST /callback/<id>/<secret>. All methods may be called on any threads at
/// once.
class Dispatcher {
 public:
  Dispatcher(DispatchOptions options, Handler handler);

  /// Answers `request`: never fails, whatever the request or the handler does.
  HttpResponse Handle(const HttpRequest& request) const;

  /// What the operation that `request` names may wait for.
  Lane LaneOf(const HttpRequest& request) const;

  /// The answer to what never became a request (`kind`, with a text for people).
  HttpResponse Refuse(ErrorKind kind, std::string_view text) const;

 private:
  struct Call;

  absl::StatusOr<std::string> Serve(const HttpRequest& request, Call& call) const;
  absl::StatusOr<std::string> TakeCallback(const HttpRequest& request, Call& call) const;
  absl::Status Authorize(const Key& key, const google::protobuf::MethodDescriptor& operation) const;
  void TellRefused(const absl::Status& status, const Call& call) const;
  HttpResponse Answer(absl::StatusOr<std::string> result, const Call& call) const;

  const DispatchOptions options_;
  const Handler handler_;
  const std::vector<const google::protobuf::ServiceDescriptor*> services_;
};

}  // namespace lull::server
