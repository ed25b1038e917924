#include "cli/still_busy.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/print.h"

namespace lull::cli {
namespace {

constexpr absl::Duration kSilence = absl::Seconds(2);

}  // namespace

StillBusy::StillBusy(std::string doing, const Clock& clock, std::FILE* out)
    : doing_(std::move(doing)),
      clock_(clock),
      out_(out),
      began_(clock.SinceBoot()),
      told_(began_) {}

void StillBusy::Tick(std::string_view what) {
  const absl::Duration now = clock_.SinceBoot();
  if (now - told_ < kSilence) return;
  told_ = now;
  Print(out_, absl::StrCat("lull: ", doing_, ": ", OneLine(what), ", ",
                           absl::ToInt64Seconds(now - began_), " s\n"))
      .IgnoreError();
}

}  // namespace lull::cli
