#include "cli/forecast.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/cli/text_stream.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14T22:13:20Z

Window MakeWindow(const std::string& id, const std::string& name, const std::string& schedule) {
  Window window;
  window.id = WindowId(id);
  window.name = name;
  window.schedule = schedule;
  window.duration_hours = 3;
  window.created_at = window.modified_at = window.rate_base_at = kNow;
  return window;
}

class ForecastTest : public testing::Test {
 protected:
  ForecastTest() {
    std::filesystem::create_directory(folder());
    LULL_CHECK(::chmod(folder().c_str(), 0700) == 0);
  }
  std::string folder() const {
    return std::filesystem::path(temp_.File("data")).lexically_normal().string();
  }
  std::string database() const { return folder() + "/lull.db"; }

  /// As a daemon has it: open for writing, with its lock.
  void Store(const std::vector<Window>& windows) {
    if (store_ == nullptr) store_ = storage::SqliteStore::Open({.path = database()}).value();
    for (const Window& window : windows) {
      ASSERT_TRUE(store_->Commit({CreateWindow{window, {}, {}}}).ok());
    }
  }
  absl::Status Print(std::int64_t days, bool json = false) {
    TextStream out;
    TextStream notes;
    const absl::Status status =
        PrintForecast({folder(), days, json}, kNow, out.file(), notes.file());
    out_ = out.Read();
    notes_ = notes.Read();
    return status;
  }
  void ExpectRefused(absl::StatusCode code, const std::string& words) {
    const absl::Status status = Print(7);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_NE(status.message().find(folder()), std::string::npos) << status;
    EXPECT_NE(status.message().find(words), std::string::npos) << status;
    EXPECT_EQ(out_, "");
  }

  TempFolder temp_;
  std::unique_ptr<storage::SqliteStore> store_;
  std::string out_;
  std::string notes_;
};

TEST_F(ForecastTest, BesideADaemonItPrintsWhatOpensInOrderInEachWindowsZone) {
  Window berlin = MakeWindow("mw-0aaaaaaaaaaaaaaaa", "berlin-database", "at(2023-11-16T02:00:00)");
  berlin.schedule_timezone = "Europe/Berlin";
  Window disabled = MakeWindow("mw-0bbbbbbbbbbbbbbbb", "a-name-that-is-longer", "rate(1 day)");
  disabled.enabled = false;
  Store({berlin, disabled, MakeWindow("mw-0cccccccccccccccc", "web", "rate(1 day)"),
         MakeWindow("mw-0dddddddddddddddd", "later", "at(2030-01-01T00:00:00)")});
  ASSERT_TRUE(Print(2).ok());
  EXPECT_EQ(out_,
            "START                      WINDOW                NAME             DURATION\n"
            "2023-11-15T22:13:20Z       mw-0cccccccccccccccc  web              3 h\n"
            "2023-11-16T02:00:00+01:00  mw-0aaaaaaaaaaaaaaaa  berlin-database  3 h\n");
  EXPECT_EQ(notes_, "");
  Store({MakeWindow("mw-0eeeeeeeeeeeeeeee", "new", "at(2023-11-15T00:00:00)")});
  ASSERT_TRUE(Print(1).ok());
  EXPECT_NE(out_.find("  new "), std::string::npos) << "what was committed since\n" << out_;
}

TEST_F(ForecastTest, TheTableHasWholeSecondsSoThatItsColumnsStayInLine) {
  Window window = MakeWindow("mw-0cccccccccccccccc", "web", "rate(1 day)");
  window.rate_base_at += absl::Milliseconds(250);
  Window india = window;
  india.id = WindowId("mw-0dddddddddddddddd");
  india.schedule_timezone = "Asia/Kolkata";
  Store({window, india});
  ASSERT_TRUE(Print(2).ok());
  EXPECT_EQ(out_,
            "START                      WINDOW                NAME  DURATION\n"
            "2023-11-15T22:13:20Z       mw-0cccccccccccccccc  web   3 h\n"
            "2023-11-16T03:43:20+05:30  mw-0dddddddddddddddd  web   3 h\n");
}

TEST_F(ForecastTest, AfterTheDaemonHasEndedItIsThereAsWell) {
  Store({MakeWindow("mw-0cccccccccccccccc", "web", "rate(1 day)")});
  store_ = nullptr;
  ASSERT_TRUE(Print(7).ok());
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 1 + 6);
}

TEST_F(ForecastTest, JsonIsAListWithAnObjectALine) {
  Store({MakeWindow("mw-0cccccccccccccccc", "web", "rate(1 day)")});
  ASSERT_TRUE(Print(3, true).ok());
  EXPECT_EQ(out_,
            R"([{"ExecutionTime": "2023-11-15T22:13:20Z", "WindowId": "mw-0cccccccccccccccc", )"
            R"("Name": "web", "Duration": 3})"
            ",\n"
            R"( {"ExecutionTime": "2023-11-16T22:13:20Z", "WindowId": "mw-0cccccccccccccccc", )"
            R"("Name": "web", "Duration": 3}])"
            "\n");
}

TEST_F(ForecastTest, WhenNothingOpensItSaysSo) {
  Store({});
  ASSERT_TRUE(Print(7).ok());
  EXPECT_EQ(out_, "");
  EXPECT_EQ(notes_, "Nothing opens in the next 7 days.\n");
  ASSERT_TRUE(Print(7, true).ok());
  EXPECT_EQ(out_, "[]\n");
}

TEST_F(ForecastTest, AMissingFolderAMissingStoreAndWhatIsNoStoreAreRefused) {
  ExpectRefused(absl::StatusCode::kNotFound, "no store here");
  EXPECT_TRUE(std::filesystem::is_empty(folder())) << "it makes nothing";
  std::ofstream(database()) << "hello, this is text";
  ExpectRefused(absl::StatusCode::kInternal, "not a database");
  std::filesystem::remove_all(folder());
  ExpectRefused(absl::StatusCode::kNotFound, "There is no data folder");
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(ForecastTest, OutputThatCanNotBeWrittenIsAnError) {
  Store({MakeWindow("mw-0cccccccccccccccc", "web", "rate(1 day)")});
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  EXPECT_TRUE(absl::IsUnavailable(PrintForecast({folder(), 7, false}, kNow, full, full)));
  std::fclose(full);
}

}  // namespace
}  // namespace lull::cli
