#include <boost/json/basic_parser_impl.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "google/protobuf/descriptor.h"
#include "proto/options.pb.h"
#include "server/json_codec.h"

namespace lull::server {
namespace {

namespace json = boost::json;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// The field of a bare message (proto/options.proto) or null if `type` is no such message.
const FieldDescriptor* BareField(const Descriptor* type) {
  if (type == nullptr || !type->options().GetExtension(v1::bare)) return nullptr;
  return type->field(0);
}

const FieldDescriptor* FindMember(const Descriptor& type, const std::string& wire_name) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == wire_name) return type.field(i);
  }
  return nullptr;
}

/// Where the next value goes: a field of a message, or one more element of it.
struct Place {
  Message* message = nullptr;
  const FieldDescriptor* field = nullptr;  // null: the value is skipped
  bool is_element = false;
};

/// What is open around the value being read.
struct Frame {
  enum class Kind { kObject, kList, kMap, kSkipped };

  Kind kind = Kind::kSkipped;
  Message* message = nullptr;
  const FieldDescriptor* field =
      nullptr;                 // kObject: of the member being read; else the list or map
  std::string key;             // the member or key being read
  std::set<std::string> keys;  // those seen
};

/// Takes Boost.JSON's tokens and puts them straight into the message: no tree is built, and so what
/// a request can make us allocate is bounded by its size. Members that are not known are still
/// checked for duplicates, since two readers that disagree on them are a way to smuggle.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit Handler(Message* root) : root_(root) {}

  const absl::Status& status() const { return status_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code& ec) {
    if (frames_.empty()) {
      Open(Frame::Kind::kObject, root_, nullptr);
      return true;
    }
    const Place place = NextPlace();
    if (place.field == nullptr) {
      Open(Frame::Kind::kSkipped, nullptr, nullptr);
      return true;
    }
    if (place.field->is_map() && !place.is_element) {
      Open(Frame::Kind::kMap, place.message, place.field);
      return true;
    }
    const bool is_list = place.field->is_repeated() && !place.is_element;
    const FieldDescriptor* bare = BareField(place.field->message_type());
    if (is_list || place.field->message_type() == nullptr || (bare && !bare->is_map())) {
      return Fail(ec, "Start of structure or map found where not expected.");
    }
    if (bare != nullptr) {
      Open(Frame::Kind::kMap, Submessage(place), bare);
    } else {
      Open(Frame::Kind::kObject, Submessage(place), nullptr);
    }
    return true;
  }

  bool on_object_end(std::size_t, json::error_code&) {
    frames_.pop_back();
    return true;
  }

  bool on_array_begin(json::error_code& ec) {
    if (frames_.empty()) return Fail(ec, "Start of list found where not expected");
    const Place place = NextPlace();
    if (place.field == nullptr) {
      Open(Frame::Kind::kSkipped, nullptr, nullptr);
      return true;
    }
    if (place.field->is_repeated() && !place.field->is_map() && !place.is_element) {
      Open(Frame::Kind::kList, place.message, place.field);
      return true;
    }
    const FieldDescriptor* bare = BareField(place.field->message_type());
    const bool is_map = place.field->is_map() && !place.is_element;
    if (is_map || bare == nullptr || bare->is_map()) {
      return Fail(ec, "Start of list found where not expected");
    }
    Open(Frame::Kind::kList, Submessage(place), bare);
    return true;
  }

  bool on_array_end(std::size_t, json::error_code&) {
    frames_.pop_back();
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
    text_.append(part.data(), part.size());
    Frame& frame = frames_.back();
    frame.key = std::exchange(text_, {});
    if (!frame.keys.insert(frame.key).second) return Fail(ec, "Member found twice");
    if (frame.kind == Frame::Kind::kObject) {
      frame.field = FindMember(*frame.message->GetDescriptor(), frame.key);
    }
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_string(json::string_view part, std::size_t, json::error_code& ec) {
    text_.append(part.data(), part.size());
    std::string text = std::exchange(text_, {});
    if (frames_.empty()) return FailRoot(ec);
    const Place place = NextPlace();
    if (place.field == nullptr) return true;
    if (!CheckScalar(place, ec)) return false;
    switch (place.field->type()) {
      case FieldDescriptor::TYPE_STRING:
        Set(place, std::move(text), &Reflection::SetString, &Reflection::AddString);
        return true;
      case FieldDescriptor::TYPE_BYTES: {
        // Abseil's decoder skips white space and stray bits: only what encodes back is base64.
        std::string bytes;
        if (!absl::Base64Unescape(text, &bytes) || absl::Base64Escape(bytes) != text) {
          return Fail(ec, "Blob is not base64");
        }
        Set(place, std::move(bytes), &Reflection::SetString, &Reflection::AddString);
        return true;
      }
      default:
        return FailConversion(ec, "STRING_VALUE", place);
    }
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }

  bool on_int64(std::int64_t value, json::string_view, json::error_code& ec) {
    return OnNumber(static_cast<double>(value), value, ec);
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code& ec) {
    return OnNumber(static_cast<double>(value), std::nullopt, ec);
  }
  bool on_double(double value, json::string_view, json::error_code& ec) {
    constexpr double kTooBig = 9223372036854775808.0;  // 2^63
    std::optional<std::int64_t> integer;
    if (value == std::trunc(value) && value >= -kTooBig && value < kTooBig) {
      integer = static_cast<std::int64_t>(value);
    }
    return OnNumber(value, integer, ec);
  }

  bool on_bool(bool value, json::error_code& ec) {
    if (frames_.empty()) return FailRoot(ec);
    const Place place = NextPlace();
    if (place.field == nullptr) return true;
    if (!CheckScalar(place, ec)) return false;
    if (place.field->type() != FieldDescriptor::TYPE_BOOL) {
      const bool to_text = place.field->type() == FieldDescriptor::TYPE_STRING;
      return FailConversion(ec,
                            to_text ? "class java.lang.Boolean"
                            : value ? "TRUE_VALUE"
                                    : "FALSE_VALUE",
                            place);
    }
    Set(place, value, &Reflection::SetBool, &Reflection::AddBool);
    return true;
  }

  bool on_null(json::error_code& ec) {
    if (frames_.empty()) return FailRoot(ec);
    if (frames_.back().kind == Frame::Kind::kList) return Fail(ec, "null found in a list");
    return true;  // An absent member.
  }

  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  void Open(Frame::Kind kind, Message* message, const FieldDescriptor* field) {
    Frame frame;
    frame.kind = kind;
    frame.message = message;
    frame.field = field;
    frames_.push_back(std::move(frame));
  }

  /// Called once for a value that is not null, just before it is stored: a map's entry comes to be
  /// here, so that a null makes none.
  Place NextPlace() {
    Frame& frame = frames_.back();
    switch (frame.kind) {
      case Frame::Kind::kObject:
        return {frame.message, frame.field, false};
      case Frame::Kind::kList:
        return {frame.message, frame.field, true};
      case Frame::Kind::kMap: {
        Message* entry = frame.message->GetReflection()->AddMessage(frame.message, frame.field);
        entry->GetReflection()->SetString(entry, frame.field->message_type()->map_key(), frame.key);
        return {entry, frame.field->message_type()->map_value(), false};
      }
      case Frame::Kind::kSkipped:
        break;
    }
    return {};
  }

  static Message* Submessage(const Place& place) {
    const Reflection& reflection = *place.message->GetReflection();
    return place.is_element ? reflection.AddMessage(place.message, place.field)
                            : reflection.MutableMessage(place.message, place.field);
  }

  template <typename T, typename Setter, typename Adder>
  static void Set(const Place& place, T value, Setter set, Adder add) {
    const Reflection& reflection = *place.message->GetReflection();
    if (place.is_element) {
      (reflection.*add)(place.message, place.field, std::move(value));
    } else {
      (reflection.*set)(place.message, place.field, std::move(value));
    }
  }

  /// `integer` is there when the number is one that fits 64 bits.
  bool OnNumber(double value, std::optional<std::int64_t> integer, json::error_code& ec) {
    if (frames_.empty()) return FailRoot(ec);
    const Place place = NextPlace();
    if (place.field == nullptr) return true;
    if (!CheckScalar(place, ec)) return false;
    switch (place.field->type()) {
      case FieldDescriptor::TYPE_INT32:
        if (!integer.has_value() || *integer < std::numeric_limits<std::int32_t>::min() ||
            *integer > std::numeric_limits<std::int32_t>::max()) {
          return FailConversion(ec, "NUMBER_VALUE", place);
        }
        Set(place, static_cast<std::int32_t>(*integer), &Reflection::SetInt32,
            &Reflection::AddInt32);
        return true;
      case FieldDescriptor::TYPE_INT64:
        if (!integer.has_value()) return FailConversion(ec, "NUMBER_VALUE", place);
        Set(place, *integer, &Reflection::SetInt64, &Reflection::AddInt64);
        return true;
      case FieldDescriptor::TYPE_DOUBLE:
        if (!std::isfinite(value)) return FailConversion(ec, "NUMBER_VALUE", place);
        Set(place, value, &Reflection::SetDouble, &Reflection::AddDouble);
        return true;
      case FieldDescriptor::TYPE_STRING:
        return FailConversion(ec, "class com.amazon.coral.value.json.numbers.TruncatingBigNumber",
                              place);
      default:
        return FailConversion(ec, "NUMBER_VALUE", place);
    }
  }

  /// A scalar has come: is one expected here?
  bool CheckScalar(const Place& place, json::error_code& ec) {
    if (place.field->is_repeated() && !place.is_element) {
      return Fail(ec, place.field->is_map() ? "Expected map or null" : "Expected list or null");
    }
    if (place.field->message_type() != nullptr) {
      return Fail(ec, BareField(place.field->message_type()) ? "Expected list or map or null"
                                                             : "Expected structure or null");
    }
    return true;
  }

  static std::string_view TypeName(const FieldDescriptor& field) {
    switch (field.type()) {
      case FieldDescriptor::TYPE_STRING:
        return "an String";  // sic
      case FieldDescriptor::TYPE_BOOL:
        return "a Boolean";
      case FieldDescriptor::TYPE_INT32:
        return "an Integer";
      case FieldDescriptor::TYPE_INT64:
        return "a Long";
      case FieldDescriptor::TYPE_BYTES:
        return "a Blob";
      default:
        return "a Timestamp";
    }
  }

  bool FailConversion(json::error_code& ec, std::string_view what, const Place& place) {
    return Fail(ec, absl::StrCat(ToAbsl(what), " can not be converted to ",
                                 ToAbsl(TypeName(*place.field))));
  }

  bool FailRoot(json::error_code& ec) { return Fail(ec, "Expected a JSON object"); }

  /// The API's text, and what it leaves its callers to guess: where. Names of members that are not
  /// known come from the request and are not repeated.
  bool Fail(json::error_code& ec, std::string_view text) {
    std::string where;
    for (const Frame& frame : frames_) {
      if (frame.kind != Frame::Kind::kObject || frame.field == nullptr) continue;
      absl::StrAppend(&where, where.empty() ? "" : ".", frame.field->json_name());
    }
    status_ = where.empty() ? Invalid(ToAbsl(text)) : Invalid(ToAbsl(text), " (at ", where, ")");
    ec = json::error::exception;  // Any error stops the parser; the text is in status_.
    return false;
  }

  Message* root_;
  std::vector<Frame> frames_;
  std::string text_;  // of the string or key being read
  absl::Status status_;
};

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

absl::Status JsonToMessage(std::string_view text, Message* message) {
  message->Clear();
  if (IsBlank(text)) return absl::OkStatus();
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<Handler> parser(options, message);
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!parser.handler().status().ok()) return parser.handler().status();
  if (error) return Invalid("The body is not JSON: ", error.message());
  if (read < text.size()) return Invalid("The body is not JSON: bytes follow the object");
  return absl::OkStatus();
}

}  // namespace lull::server
