// Rows as the engine reads them: definitions, the fleet, executions with all that belongs to them.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/model/ids.h"
#include "storage/sqlite/check_session.h"
#include "storage/sqlite/definition_queries.h"
#include "storage/sqlite/enums.h"
#include "storage/sqlite/node_queries.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/run_queries.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {
namespace {

/// Rows that are in memory at once.
constexpr std::size_t kPage = 1000;

constexpr char kFindTag[] =
    "SELECT 1 AS found FROM node_tags WHERE key = $key AND value = $value AND position = $position "
    "AND node = $node";

/// Reads of one committed state, until it goes.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection) : connection_(connection) {
    connection_.Execute("BEGIN").IgnoreError();  // else each read is of its own state
  }
  ~ReadTransaction() { connection_.Execute("COMMIT").IgnoreError(); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Connection& connection_;
};

absl::Status CheckWindows(CheckSession& session, DefinitionQueries& definitions) {
  session.Begin("windows");
  DefinitionReader::WindowQuery query{.limit = kPage};
  for (;;) {
    const auto page = definitions.ListWindows(query);
    if (!page.ok()) return session.AddUnreadable("windows", "", page.status());
    for (const auto& [position, window] : *page) {
      session.Tick();
      query.after_position = position;
      const std::string& id = window.id.value();
      LULL_RETURN_IF_ERROR(session.AddUnreadable("window_targets", "of " + id,
                                                 definitions.ListTargets(window.id).status()));
      LULL_RETURN_IF_ERROR(session.AddUnreadable("window_tasks", "of " + id,
                                                 definitions.ListTasks(window.id).status()));
    }
    if (page->size() < kPage) return absl::OkStatus();
  }
}

/// A node is found by the tags that it shows, and by no other. `find_tag`: kFindTag.
absl::Status CheckNodes(CheckSession& session, NodeQueries& nodes, Statement& find_tag) {
  session.Begin("nodes");
  const ReadTransaction transaction(session.connection());
  std::int64_t shown = 0;
  NodeReader::Page query{.limit = kPage};
  for (;;) {
    const auto page = nodes.ListNodes(query);
    if (!page.ok()) return session.AddUnreadable("nodes", "", page.status());
    for (const StoredNode& node : *page) {
      session.Tick();
      query.after_position = node.position;
      for (const auto& [key, value] : TagsOf(node)) {
        ++shown;
        Rows rows = find_tag.Select(key, value, node.position, node.node.id);
        const bool found = rows.Next();
        LULL_RETURN_IF_ERROR(session.AddUnreadable("node_tags", node.node.id, rows.status()));
        if (found || !rows.status().ok()) continue;
        session.Add({"node_tags", node.node.id, "its tag " + key + " is missing",
                     "targets of that tag leave this node out"});
      }
    }
    if (page->size() < kPage) break;
  }
  LULL_ASSIGN_OR_RETURN(const std::int64_t tags,
                        session.connection().QueryNumber("SELECT count(*) FROM node_tags"));
  if (tags > shown) {
    session.Add({"node_tags", "", absl::StrCat("there are ", tags, " tags, and nodes show ", shown),
                 "targets of a tag select nodes that do not have it"});
  }
  return absl::OkStatus();
}

/// Executions and what belongs to them, each as of one committed state.
class RunCheck {
 public:
  explicit RunCheck(CheckSession& session) : session_(session) {}

  void Prepare(Preparer& prepare);
  absl::Status Run();

 private:
  absl::Status CheckOne(const ExecutionId& id);
  absl::Status CheckFinishes(const TaskExecution& task);
  absl::Status CheckSnapshot(const TaskExecution& task);

  CheckSession& session_;
  RunQueries runs_;
  Statement list_;
  std::int64_t executions_ = 0;
  std::int64_t tasks_ = 0;
  std::int64_t finishes_ = 0;
  std::int64_t targets_ = 0;
};

void RunCheck::Prepare(Preparer& prepare) {
  runs_.Prepare(prepare);
  prepare(
      list_,
      "SELECT key, id FROM executions WHERE key > $after AND pruning = 0 ORDER BY key LIMIT $limit",
      "after limit", "key id");
}

absl::Status RunCheck::Run() {
  session_.Begin("executions");
  ExecutionKey after{};
  for (bool more = true; more;) {
    std::vector<ExecutionId> page;
    {
      Rows rows = list_.Select(after, kPage);
      while (rows.Next()) rows.Read(after, page.emplace_back());
      LULL_RETURN_IF_ERROR(session_.AddUnreadable("executions", "", rows.status()));
    }
    for (const ExecutionId& id : page) LULL_RETURN_IF_ERROR(CheckOne(id));
    more = page.size() == kPage;
  }
  session_.Looked("rules of executions", executions_, "execution");
  session_.Looked("rules of tasks", tasks_, "task execution");
  session_.Looked("rules of invocations", finishes_, "outcome");
  session_.Looked("snapshots", targets_, "target");
  return absl::OkStatus();
}

absl::Status RunCheck::CheckOne(const ExecutionId& id) {
  const ReadTransaction transaction(session_.connection());
  const auto execution = runs_.GetExecution(id);
  LULL_RETURN_IF_ERROR(session_.AddUnreadable("executions", id.value(), execution.status()));
  if (!execution.ok() || !execution->has_value()) return absl::OkStatus();  // pruned meanwhile
  const auto tasks = runs_.ListTaskExecutions((*execution)->key);
  LULL_RETURN_IF_ERROR(
      session_.AddUnreadable("task_executions", "of execution " + id.value(), tasks.status()));
  if (!tasks.ok()) return absl::OkStatus();
  ++executions_;
  std::vector<Flaw> flaws;
  CheckExecution(**execution, *tasks, flaws);
  session_.AddAll(flaws);
  for (const TaskExecution& task : *tasks) {
    ++tasks_;
    LULL_RETURN_IF_ERROR(CheckFinishes(task));
    LULL_RETURN_IF_ERROR(CheckSnapshot(task));
  }
  return absl::OkStatus();
}

absl::Status RunCheck::CheckFinishes(const TaskExecution& task) {
  FinishAudit audit(task);
  std::vector<Flaw> flaws;
  RunReader::FinishQuery query{.task = task.spec->key, .limit = kPage};
  for (;;) {
    session_.Tick();
    const auto page = runs_.ListFinishes(query);
    if (!page.ok()) {
      return session_.AddUnreadable("finishes", "of task execution " + task.spec->id.value(),
                                    page.status());
    }
    for (const Finish& finish : *page) audit.See(finish, flaws);
    session_.AddAll(flaws);
    finishes_ += static_cast<std::int64_t>(page->size());
    if (page->size() < kPage) break;
    query.from = page->back().ordinal + 1;
  }
  audit.End(flaws);
  session_.AddAll(flaws);
  return absl::OkStatus();
}

/// Chunks lie one behind the other over the whole range of the task.
absl::Status RunCheck::CheckSnapshot(const TaskExecution& task) {
  const TaskProgress& progress = task.progress;
  const TaskKey snapshot = task.spec->snapshot;
  const Ordinal end = progress.first + progress.count;
  const std::string row = absl::StrCat("of task execution ", task.spec->id.value());
  const bool can_be = snapshot > TaskKey{0} && snapshot <= TaskKey{kMaxTaskKey} &&
                      progress.first >= 0 && progress.count >= 0 && end <= kMaxTargetsPerTask;
  if (!can_be) {
    session_.Add({"snapshot_chunks", row, "its range or the snapshot's key can't be",
                  "its targets can't be found"});
    return absl::OkStatus();
  }
  if (progress.count == 0) return absl::OkStatus();
  const auto missing = runs_.FindMissingTarget(snapshot, progress.first, end);
  LULL_RETURN_IF_ERROR(session_.AddUnreadable("snapshot_chunks", row, missing.status()));
  if (!missing.ok()) return absl::OkStatus();
  targets_ += *missing - progress.first;
  if (*missing < end) {
    session_.Add(
        {"snapshot_chunks", row,
         absl::StrCat("target ", *missing, " of snapshot ", static_cast<std::int64_t>(snapshot),
                      " is missing; it needs ", progress.first, " to ", end - 1),
         "these invocations can't be shown or started"});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDefinitions(CheckSession& session) {
  DefinitionQueries definitions;
  NodeQueries nodes;
  Statement find_tag;
  Preparer prepare(session.connection());
  definitions.Prepare(prepare);
  nodes.Prepare(prepare);
  prepare(find_tag, kFindTag, "key value position node", "found");
  if (!prepare.status().ok()) return session.AddUnreadable("sqlite_schema", "", prepare.status());
  LULL_RETURN_IF_ERROR(CheckWindows(session, definitions));
  return CheckNodes(session, nodes, find_tag);
}

absl::Status CheckRuns(CheckSession& session) {
  RunCheck check(session);
  Preparer prepare(session.connection());
  check.Prepare(prepare);
  if (!prepare.status().ok()) return session.AddUnreadable("sqlite_schema", "", prepare.status());
  return check.Run();
}

}  // namespace lull::storage
