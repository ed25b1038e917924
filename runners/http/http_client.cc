#include "runners/http/http_client.h"

#include <curl/curl.h>
#include <signal.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "runners/http/url.h"

namespace lull::http {
namespace {

constexpr int kLongestWaitMs = 60'000;  // libcurl's own timers end a wait before

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// Once a process; never undone, for others in it may use libcurl too.
bool StartCurl() {
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return started;
}

absl::Status CheckHeader(std::string_view header) {
  const std::size_t colon = header.find(": ");
  if (colon == 0 || colon == std::string_view::npos || colon + 2 == header.size()) {
    return Invalid("a header field to send has no name or no value");
  }
  for (const char c : header) {  // the text is not shown: it may be a secret
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      return Invalid("the header field ", ToAbsl(header.substr(0, colon)),
                     " to send has a control character in it");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRequest(const Request& request) {
  LULL_RETURN_IF_ERROR(CheckUrl(request.url));
  for (const std::string& header : request.headers) LULL_RETURN_IF_ERROR(CheckHeader(header));
  return absl::OkStatus();
}

absl::Status NoMemory() { return absl::ResourceExhaustedError("no memory is left"); }

Answer NotSent(std::string_view why) {
  return {.delivery = Delivery::kNotSent, .error = std::string(why)};
}

/// One request on its way, and what has come back of it.
class Transfer {
 public:
  Transfer(RequestId id, Request request, Client::Callback done)
      : id(id), done(std::move(done)), request_(std::move(request)) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Errors: the request can't be sent as it is; no memory is left.
  absl::Status Prepare();
  CURL* easy() const { return easy_.get(); }

  /// REQUIRES: libcurl is done with it, with `result`; or gives it up, with `why`.
  Answer Finish(CURLcode result) const;
  Answer GiveUp(std::string_view why) const;

  const RequestId id;
  Client::Callback done;

 private:
  static std::size_t OnBody(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t OnHeader(char*, std::size_t, std::size_t size, void* self);
  template <typename T>
  void Set(CURLoption option, T value) {
    is_set_ = curl_easy_setopt(easy_.get(), option, value) == CURLE_OK && is_set_;
  }
  void SetTransport();
  bool MayHaveBeenSent() const;

  const Request request_;
  HeaderList headers_{nullptr, &curl_slist_free_all};
  Easy easy_{nullptr, &curl_easy_cleanup};
  bool is_set_ = true;
  std::string body_;
  std::size_t header_bytes_ = 0;
  bool is_cut_ = false;
  char error_[CURL_ERROR_SIZE] = {};
};

std::size_t Transfer::OnBody(char* data, std::size_t, std::size_t size, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::size_t room = transfer.request_.max_answer_bytes - transfer.body_.size();
  transfer.body_.append(data, std::min(room, size));
  transfer.is_cut_ = size > room;
  return transfer.is_cut_ ? CURL_WRITEFUNC_ERROR : size;
}

/// libcurl keeps all of them.
std::size_t Transfer::OnHeader(char*, std::size_t, std::size_t size, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size;
  return transfer.header_bytes_ > kMaxAnswerHeaderBytes ? CURL_WRITEFUNC_ERROR : size;
}

void Transfer::SetTransport() {
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");  // which http, CheckUrl has said
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_PROXY, "");  // keeps that of the environment away, too
  Set(CURLOPT_FRESH_CONNECT, 1L);
  Set(CURLOPT_FORBID_REUSE, 1L);
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request_.ca_file.empty()) {
    Set(CURLOPT_CAINFO, request_.ca_file.c_str());
    Set(CURLOPT_CAPATH, nullptr);  // in place of the machine's, not beside them
  }
  Set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(request_.connect_timeout)));
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(request_.timeout)));
}

absl::Status Transfer::Prepare() {
  LULL_RETURN_IF_ERROR(CheckRequest(request_));
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr) return NoMemory();
  SetTransport();
  Set(CURLOPT_URL, request_.url.c_str());
  Set(CURLOPT_POST, 1L);
  Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  Set(CURLOPT_POSTFIELDS, request_.body.c_str());
  std::vector<std::string> headers = request_.headers;
  headers.push_back("Expect:");  // none: the body is small, and waiting for a 100 is not
  for (const std::string& header : headers) {
    curl_slist* longer = curl_slist_append(headers_.get(), header.c_str());
    if (longer == nullptr) return NoMemory();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }
  Set(CURLOPT_HTTPHEADER, headers_.get());
  Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  Set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  Set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  Set(CURLOPT_ERRORBUFFER, static_cast<char*>(error_));
  Set(CURLOPT_PRIVATE, static_cast<void*>(this));
  return is_set_ ? absl::OkStatus() : NoMemory();
}

/// libcurl notes the time just before it sends the first byte, and none when it never gets there.
bool Transfer::MayHaveBeenSent() const {
  curl_off_t ready_us = 0;
  return curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &ready_us) != CURLE_OK ||
         ready_us > 0;
}

Answer Transfer::Finish(CURLcode result) const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (result == CURLE_OK || is_cut_) {
    return {.delivery = Delivery::kAnswered,
            .status = static_cast<int>(status),
            .body = body_,
            .is_cut = is_cut_};
  }
  if (header_bytes_ > kMaxAnswerHeaderBytes) {
    return GiveUp(
        absl::StrCat("the answer's header has more than ", kMaxAnswerHeaderBytes, " bytes"));
  }
  return GiveUp(error_[0] != '\0' ? static_cast<const char*>(error_) : curl_easy_strerror(result));
}

Answer Transfer::GiveUp(std::string_view why) const {
  return {.delivery = MayHaveBeenSent() ? Delivery::kUnanswered : Delivery::kNotSent,
          .error = std::string(why)};
}

constexpr std::string_view kGivenUp = "given up on request";

}  // namespace

class Client::Loop {
 public:
  Loop(ClientOptions options, Multi multi) : options_(options), multi_(std::move(multi)) {
    // Threads inherit the mask. Signals are for others; and one of a broken pipe would end the
    // process, where TLS writes to a connection that its peer has closed.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { Run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~Loop() {
    {
      MutexLock lock(mutex_);
      is_stopping_ = true;
    }
    Wake();
    thread_.join();
    for (const auto& [id, transfer] : on_their_way_) {
      curl_multi_remove_handle(multi_.get(), transfer->easy());
    }
  }

  RequestId Add(Request request, Callback done) {
    RequestId id{};
    {
      MutexLock lock(mutex_);
      id = RequestId{++last_id_};
      new_.push_back(std::make_unique<Transfer>(id, std::move(request), std::move(done)));
    }
    Wake();
    return id;
  }

  void Abort(RequestId id) {
    {
      MutexLock lock(mutex_);
      aborted_.push_back(id);
    }
    Wake();
  }

 private:
  using TransferPtr = std::unique_ptr<Transfer>;

  void Wake() { curl_multi_wakeup(multi_.get()); }

  void Run() {
    while (TakeCalls()) {
      Send();
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      if (Collect()) continue;  // there is room: what waits goes before this thread sleeps
      curl_multi_poll(multi_.get(), nullptr, 0, kLongestWaitMs, nullptr);
    }
  }

  /// False when it is time to stop.
  bool TakeCalls() {
    std::vector<RequestId> aborted;
    {
      MutexLock lock(mutex_);
      if (is_stopping_) return false;
      for (TransferPtr& transfer : new_) {
        const RequestId id = transfer->id;
        queue_.emplace(id, std::move(transfer));
      }
      new_.clear();
      aborted.swap(aborted_);
    }
    for (const RequestId id : aborted) GiveUp(id);
    return true;
  }

  void GiveUp(RequestId id) {
    if (const auto found = queue_.find(id); found != queue_.end()) {
      const TransferPtr transfer = std::move(found->second);
      queue_.erase(found);
      transfer->done(NotSent(kGivenUp));
    } else if (const auto sent = on_their_way_.find(id); sent != on_their_way_.end()) {
      const TransferPtr transfer = Remove(sent);
      transfer->done(transfer->GiveUp(kGivenUp));
    }
  }

  /// From the queue, in the order of ids, while connections are free.
  void Send() {
    while (!queue_.empty() &&
           on_their_way_.size() < static_cast<std::size_t>(options_.max_connections)) {
      const auto first = queue_.begin();
      TransferPtr transfer = std::move(first->second);
      queue_.erase(first);
      absl::Status ready = transfer->Prepare();
      if (ready.ok() && curl_multi_add_handle(multi_.get(), transfer->easy()) != CURLM_OK) {
        ready = NoMemory();
      }
      if (!ready.ok()) {
        transfer->done(NotSent(FromAbsl(ready.message())));
        continue;
      }
      const RequestId id = transfer->id;
      on_their_way_.emplace(id, std::move(transfer));
    }
  }

  bool Collect() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode result = message->data.result;  // `message` goes with its transfer
      char* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      const auto found = on_their_way_.find(static_cast<Transfer*>(static_cast<void*>(self))->id);
      LULL_CHECK(found != on_their_way_.end());
      const TransferPtr transfer = Remove(found);
      transfer->done(transfer->Finish(result));
      any = true;
    }
    return any;
  }

  TransferPtr Remove(std::map<RequestId, TransferPtr>::iterator which) {
    TransferPtr transfer = std::move(which->second);
    on_their_way_.erase(which);
    curl_multi_remove_handle(multi_.get(), transfer->easy());
    return transfer;
  }

  const ClientOptions options_;
  const Multi multi_;

  // The thread's own.
  std::map<RequestId, TransferPtr> queue_;
  std::map<RequestId, TransferPtr> on_their_way_;

  Mutex mutex_;
  std::uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<TransferPtr> new_ ABSL_GUARDED_BY(mutex_);
  std::vector<RequestId> aborted_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  LULL_CHECK(options.max_connections > 0);
  Multi multi(StartCurl() ? curl_multi_init() : nullptr, &curl_multi_cleanup);
  if (multi == nullptr) return absl::UnavailableError("libcurl can't start: no memory is left");
  return std::unique_ptr<Client>(new Client(std::make_unique<Loop>(options, std::move(multi))));
}

Client::Client(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

Client::~Client() = default;

RequestId Client::Post(Request request, Callback done) {
  return loop_->Add(std::move(request), std::move(done));
}

void Client::Abort(RequestId id) { loop_->Abort(id); }

}  // namespace lull::http
