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

/// The rows of the page's tables that have a schedule, a zone, an instant and what comes next.
std::vector<Case> ReadPage(const std::string& file) {
  std::vector<Case> cases;
  std::ifstream in(file);
  EXPECT_TRUE(in.good()) << file;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.rfind("| `", 0) != 0) continue;
    std::string plain;
    for (const char c : line.substr(2)) {
      if (c != '`' && !(c == '*' && plain.find("| ") != std::string::npos)) plain += c;
    }
    std::vector<std::string> cells;
    for (std::size_t end; (end = plain.find(" | ")) != std::string::npos;) {
      cells.push_back(plain.substr(0, end));
      plain.erase(0, end + 3);
    }
    if (cells.size() != 3) continue;
    Case row(file + ":" + std::to_string(number));
    row.Add("schedule: " + cells[0]);
    row.Add("zone: " + cells[1]);
    row.Add("after: " + cells[2]);
    row.Add("next: " + plain.substr(0, plain.find(" |")));
    cases.push_back(row);
  }
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

/// What must hold for one case.
void Check(const Case& it) {
  SCOPED_TRACE(it.place() + ": " + it.Get("schedule").value_or(""));
  const auto schedule = Schedule::Parse(it.Text());
  if (const auto error = it.Get("error")) {
    EXPECT_EQ(schedule.ok() ? "OK" : MessageOf(schedule.status()), *error);
    EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
    return;
  }
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_TRUE(it.Get("next") || it.Get("canonical") || it.Get("says")) << "asks nothing";
  const std::string after = it.Get("after").value_or("");
  if (const auto next = it.Get("next")) {
    EXPECT_EQ(Next(*schedule, after, *next), *next);
  }
  if (const auto canonical = it.Get("canonical")) {
    EXPECT_EQ(schedule->Canonical(), *canonical);
  }
  if (const auto says = it.Get("says")) {
    EXPECT_EQ(schedule->Describe(), *says);
  }
  // The canonical form means the same, and is its own.
  ScheduleText canonical = it.Text();
  canonical.expression = schedule->Canonical();
  const auto again = Schedule::Parse(canonical);
  ASSERT_TRUE(again.ok()) << canonical.expression << ": " << again.status();
  EXPECT_EQ(again->Canonical(), canonical.expression);
  EXPECT_EQ(again->Describe(), schedule->Describe());
  if (const auto next = it.Get("next")) {
    EXPECT_EQ(Next(*again, after, *next), *next);
  }
}

TEST(ScheduleCasesTest, EveryCaseOfEveryFileComesOutAsWritten) {
  std::size_t checked = 0;
  for (const char* file : kFiles) {
    for (const Case& it : ReadCases(file)) {
      Check(it);
      ++checked;
    }
  }
  EXPECT_GT(checked, 200u);
}

TEST(ScheduleCasesTest, EveryExampleOfTheTimePageComesOutAsWritten) {
  const auto rows = ReadPage("docs/time.md");
  EXPECT_GE(rows.size(), 11u);
  for (const Case& row : rows) Check(row);
}

}  // namespace
}  // namespace lull
