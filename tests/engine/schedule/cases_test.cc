// The cases of cases/*.txt: blocks of `key: value` lines between blank lines.
#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/schedule/schedule.h"
#include "gtest/gtest.h"

namespace lull {
namespace {

constexpr char kFolder[] = "tests/engine/schedule/cases/";
const char* const kFiles[] = {"examples.txt", "clocks.txt", "corners.txt", "sentences.txt",
                              "errors.txt"};
const char* const kKeys[] = {"schedule", "zone", "offset",    "start", "end",  "counts from",
                             "after",    "next", "canonical", "says",  "error"};

/// One block of a file.
class Case {
 public:
  explicit Case(std::string place) : place_(std::move(place)) {}

  void Add(const std::string& line) {
    const std::size_t colon = line.find(": ");
    const std::string key = line.substr(0, colon);
    ASSERT_NE(colon, std::string::npos) << place_ << ": " << line;
    ASSERT_NE(std::find(std::begin(kKeys), std::end(kKeys), key), std::end(kKeys))
        << place_ << ": " << line;
    values_[key] = line.substr(colon + 2);
  }

  bool empty() const { return values_.empty(); }
  const std::string& place() const { return place_; }

  std::optional<std::string> Get(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }

  ScheduleText Text() const {
    ScheduleText text;
    text.expression = Get("schedule").value_or("");
    text.timezone = Get("zone");
    if (const auto offset = Get("offset")) text.offset = std::stoll(*offset);
    text.start_date = Get("start");
    text.end_date = Get("end");
    if (const auto from = Get("counts from")) text.counts_from = *ParseDateTime(*from);
    return text;
  }

 private:
  std::string place_;
  std::map<std::string, std::string> values_;
};

std::vector<Case> ReadCases(const std::string& file) {
  std::vector<Case> cases;
  std::ifstream in(kFolder + file);
  EXPECT_TRUE(in.good()) << file;
  std::string line;
  std::optional<Case> current;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() && current) {
      cases.push_back(*current);
      current.reset();
    }
    if (line.empty() || line[0] == '#') continue;
    if (!current) current.emplace(file + ":" + std::to_string(number));
    current->Add(line);
  }
  if (current) cases.push_back(*current);
  EXPECT_FALSE(cases.empty()) << file;
  return cases;
}

std::string MessageOf(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

/// As many occurrences as `wanted` lists, in the same form.
std::string Next(const Schedule& schedule, const std::string& after, const std::string& wanted) {
  std::istringstream words(wanted);
  std::string word, found;
  Occurrences occurrences(schedule, *ParseDateTime(after));
  absl::Time last = *ParseDateTime(after);
  while (words >> word) {
    const auto next = occurrences.Next();
    EXPECT_EQ(next, schedule.NextAfter(last)) << "walking and asking differ";
    if (!found.empty()) found += ' ';
    found += next ? FormatOccurrence(*next, schedule.timezone()) : "never";
    if (!next) break;
    EXPECT_GT(*next, last);
    last = *next;
  }
  return found;
}

TEST(ScheduleCasesTest, EveryCaseOfEveryFileComesOutAsWritten) {
  int checked = 0;
  for (const char* file : kFiles) {
    for (const Case& it : ReadCases(file)) {
      SCOPED_TRACE(it.place() + ": " + it.Get("schedule").value_or(""));
      ++checked;
      const auto schedule = Schedule::Parse(it.Text());
      if (const auto error = it.Get("error")) {
        EXPECT_EQ(schedule.ok() ? "OK" : MessageOf(schedule.status()), *error);
        EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
        continue;
      }
      ASSERT_TRUE(schedule.ok()) << schedule.status();
      if (const auto next = it.Get("next")) {
        EXPECT_EQ(Next(*schedule, it.Get("after").value_or(""), *next), *next);
      }
      if (const auto canonical = it.Get("canonical")) {
        EXPECT_EQ(schedule->Canonical(), *canonical);
      }
      if (const auto says = it.Get("says")) {
        EXPECT_EQ(schedule->Describe(), *says);
      }
      EXPECT_TRUE(it.Get("next") || it.Get("canonical") || it.Get("says")) << "asks nothing";
      // The canonical form means the same, and is its own.
      ScheduleText canonical = it.Text();
      canonical.expression = schedule->Canonical();
      const auto again = Schedule::Parse(canonical);
      ASSERT_TRUE(again.ok()) << canonical.expression << ": " << again.status();
      EXPECT_EQ(again->Canonical(), canonical.expression);
      EXPECT_EQ(again->Describe(), schedule->Describe());
      if (const auto next = it.Get("next")) {
        EXPECT_EQ(Next(*again, it.Get("after").value_or(""), *next), *next);
      }
    }
  }
  EXPECT_GT(checked, 200);
}

}  // namespace
}  // namespace lull
