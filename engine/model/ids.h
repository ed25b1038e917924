#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lull {

/// A name of one kind of thing, as callers of the API see it. Two kinds never mix by accident.
/// Copies share the text, which never changes: each target of a snapshot has the id that it came
/// through.
template <class Kind>
class TextId {
 public:
  TextId() = default;
  explicit TextId(std::string value)
      : value_(value.empty() ? nullptr : std::make_shared<const std::string>(std::move(value))) {}

  /// It stands as long as this id, or a copy, has it.
  const std::string& value() const {
    static const std::string none;
    return value_ == nullptr ? none : *value_;
  }
  bool empty() const { return value_ == nullptr; }
  friend bool operator==(const TextId& a, const TextId& b) {
    return a.value_ == b.value_ || a.value() == b.value();
  }
  friend auto operator<=>(const TextId& a, const TextId& b) { return a.value() <=> b.value(); }

 private:
  std::shared_ptr<const std::string> value_;  // nothing: it is empty
};

using WindowId = TextId<struct WindowKind>;                ///< `mw-` and 17 hex digits
using WindowTargetId = TextId<struct WindowTargetKind>;    ///< UUID
using WindowTaskId = TextId<struct WindowTaskKind>;        ///< UUID
using ExecutionId = TextId<struct ExecutionKind>;          ///< UUID
using TaskExecutionId = TextId<struct TaskExecutionKind>;  ///< UUID
using InvocationId = TextId<struct InvocationKind>;        ///< UUID, version 8 (see below)

/// The store's row keys: small, dense, ascending in the order of creation.
enum class ExecutionKey : std::int64_t {};
enum class TaskKey : std::int64_t {};

/// The fencing number of an engine's life: a later engine has a greater one (rule R11).
enum class Epoch : std::int64_t {};

/// An invocation's place in its task execution: 0, 1, 2... in the order of the snapshot.
using Ordinal = std::int64_t;

/// An invocation's row key is `task << 28 | ordinal`, so that the finished rows of a task lie
/// together in claim order. Both bounds are checked where keys and snapshots are made.
inline constexpr int kOrdinalBits = 28;
inline constexpr Ordinal kMaxTargetsPerTask = Ordinal{1} << kOrdinalBits;
inline constexpr std::int64_t kMaxTaskKey = (std::int64_t{1} << (63 - kOrdinalBits)) - 1;

/// REQUIRES: 0 < task <= kMaxTaskKey, 0 <= ordinal < kMaxTargetsPerTask (checked).
std::int64_t InvocationRowKey(TaskKey task, Ordinal ordinal);

/// Which invocation, for those inside the engine and for runners.
struct InvocationRef {
  TaskKey task{};
  Ordinal ordinal = 0;
  friend auto operator<=>(const InvocationRef&, const InvocationRef&) = default;
};

/// The public id of an invocation: a version 8 UUID (RFC 9562, section 5.8) that carries the task's
/// key and the ordinal, salted with bits of the task execution's own random id, so that ids of two
/// stores differ. It needs no storage.
InvocationId MakeInvocationId(const TaskExecutionId& execution_task, InvocationRef ref);

/// The ordinal that `id` carries, or nothing when `id` was not made by MakeInvocationId for this
/// task execution.
std::optional<Ordinal> OrdinalOf(const InvocationId& id, const TaskExecutionId& execution_task,
                                 TaskKey task);

/// Lower-case UUID text of 128 given bits, with version and variant set.
std::string FormatUuid(std::uint64_t high, std::uint64_t low, int version);

}  // namespace lull
