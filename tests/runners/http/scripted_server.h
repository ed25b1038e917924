#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"
#include "tests/runners/http/test_certificate.h"

namespace lull::http {

/// One connection that a ScriptedServer has accepted.
class Peer {
 public:
  virtual ~Peer() = default;

  /// A request, header and body (by its Content-Length), as it came; what there is of it when the
  /// connection ends before.
  std::string ReadRequest();

  /// False once the connection is closed.
  virtual bool Send(std::string_view bytes) = 0;

  /// Reads until the client closes the connection, or the server goes.
  void AwaitClose();

 protected:
  /// Appends what has come to `to`; false at the end.
  virtual bool Read(std::string& to) = 0;
};

/// A server on 127.0.0.1 that does on each connection what a test wants, however wrong that is. A
/// thread for each; they are joined when it goes, which closes their connections.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  /// With a certificate it speaks TLS.
  explicit ScriptedServer(Script script, std::optional<TestCertificate> certificate = {});
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string Url() const;

  /// How many connections were accepted up to now; waits for `at_least`.
  int AwaitConnections(int at_least);
  int connections() { return AwaitConnections(0); }

 private:
  struct Tls;
  void Accept();
  void Serve(int fd);

  const Script script_;
  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  Mutex mutex_;
  CondVar changed_;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<int> open_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::thread accepter_;
};

/// An answer with this status line's end and body.
std::string AnswerText(std::string_view status, std::string_view body,
                       std::string_view headers = "");

/// A script that reads a request and answers it.
ScriptedServer::Script Answering(std::string_view status, std::string_view body);

}  // namespace lull::http
