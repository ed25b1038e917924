#include "tests/runners/http/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/quiet_thread.h"
#include "engine/base/status.h"

namespace lull::http {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

class PlainPeer : public Peer {
 public:
  explicit PlainPeer(int fd) : fd_(fd) {}
  bool Send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

 protected:
  bool Read(std::string& to) override {
    char piece[kPiece];
    const ssize_t n = ::recv(fd_, piece, sizeof(piece), 0);
    if (n > 0) to.append(piece, static_cast<std::size_t>(n));
    return n > 0;
  }

 private:
  const int fd_;
};

class TlsPeer : public Peer {
 public:
  explicit TlsPeer(SSL* ssl) : ssl_(ssl) {}
  bool Send(std::string_view bytes) override {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }

 protected:
  bool Read(std::string& to) override {
    char piece[kPiece];
    const int n = SSL_read(ssl_, piece, sizeof(piece));
    if (n > 0) to.append(piece, static_cast<std::size_t>(n));
    return n > 0;
  }

 private:
  SSL* const ssl_;
};

/// By the header's Content-Length; nothing while the header is not whole.
std::optional<std::size_t> SizeOf(const std::string& request) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t end = request.find(kEnd);
  if (end == std::string::npos) return std::nullopt;
  std::size_t length = 0;
  const std::size_t at = request.find(kLength);
  if (at < end) {
    std::from_chars(request.data() + at + kLength.size(), request.data() + end, length);
  }
  return end + kEnd.size() + length;
}

}  // namespace

std::string Peer::ReadRequest() {
  std::string request;
  while (SizeOf(request).value_or(request.size() + 1) > request.size() && Read(request)) {
  }
  return request;
}

void Peer::AwaitClose() {
  std::string dropped;
  while (Read(dropped)) dropped.clear();
}

struct ScriptedServer::Tls {
  explicit Tls(const TestCertificate& from) : context(SSL_CTX_new(TLS_server_method())) {
    BIO* certificate = BIO_new_mem_buf(from.certificate.data(), -1);
    BIO* key = BIO_new_mem_buf(from.key.data(), -1);
    X509* x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    EVP_PKEY* pkey = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    LULL_CHECK(SSL_CTX_use_certificate(context, x509) == 1);
    LULL_CHECK(SSL_CTX_use_PrivateKey(context, pkey) == 1);
    X509_free(x509);
    EVP_PKEY_free(pkey);
    BIO_free(certificate);
    BIO_free(key);
  }
  ~Tls() { SSL_CTX_free(context); }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  SSL_CTX* const context;
};

ScriptedServer::ScriptedServer(Script script, std::optional<TestCertificate> certificate)
    : script_(std::move(script)) {
  if (certificate) tls_ = std::make_unique<Tls>(*certificate);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  LULL_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  LULL_CHECK(::listen(listener_, SOMAXCONN) == 0);
  LULL_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  accepter_ = QuietThread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  accepter_.join();
  {
    MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  ::close(listener_);
}

std::string ScriptedServer::Url() const {
  return absl::StrCat(tls_ == nullptr ? "http" : "https", "://127.0.0.1:", port_, "/hook");
}

int ScriptedServer::AwaitConnections(int at_least) {
  MutexLock lock(mutex_);
  while (threads_.size() < static_cast<std::size_t>(at_least)) changed_.Wait(mutex_);
  return static_cast<int>(threads_.size());
}

void ScriptedServer::Accept() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    MutexLock lock(mutex_);
    if (is_stopping_) {
      ::close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.push_back(QuietThread([this, fd] { Serve(fd); }));
    changed_.SignalAll();
  }
}

void ScriptedServer::Serve(int fd) {
  if (tls_ == nullptr) {
    PlainPeer peer(fd);
    script_(peer);
  } else {
    SSL* ssl = SSL_new(tls_->context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
      TlsPeer peer(ssl);
      script_(peer);
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
  }
  MutexLock lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  ::close(fd);
}

std::string AnswerText(std::string_view status, std::string_view body, std::string_view headers) {
  return absl::StrCat("HTTP/1.1 ", ToAbsl(status), "\r\n", ToAbsl(headers),
                      "Content-Length: ", body.size(), "\r\n\r\n", ToAbsl(body));
}

ScriptedServer::Script Answering(std::string_view status, std::string_view body) {
  return [text = AnswerText(status, body)](Peer& peer) {
    peer.ReadRequest();
    peer.Send(text);
    peer.AwaitClose();
  };
}

}  // namespace lull::http
