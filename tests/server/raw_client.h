#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lull::server {

/// A blocking TCP client that sends whatever it is told to: what no HTTP library would send. A read
/// that takes half a minute fails, so that a hung server is a failed test and not a hung one.
class RawClient {
 public:
  /// Connects to 127.0.0.1:`port`.
  explicit RawClient(uint16_t port) : RawClient() { Connect(port); }

  /// Not yet connected; the file descriptor is there.
  RawClient();
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Connect(uint16_t port);

  /// Returns false if the server does not take it.
  bool Send(std::string_view text);

  /// Says that nothing more will come.
  void FinishSending();

  /// Reads one response: status line, header and as much of a body as it announces. Empty at the
  /// end.
  std::string ReadResponse();

  /// Reads until the server closes, or resets.
  std::string ReadToEnd();

 private:
  bool ReadMore();

  int fd_;
  std::string received_;
};

/// The status of a response in text; 0 if it is none.
int StatusOf(std::string_view response);

}  // namespace lull::server
