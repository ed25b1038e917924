"""Words that may stand in one place only: each has a home and a replacement."""

import re

from finding import Finding, line_of

CLOCK = "take `now` as an argument, or ask the lull::Clock that you were given"
SLEEP = "wait for an event: a condition variable with a deadline, or a timer descriptor"

# name, pattern, homes (path prefixes where it may stand), what to use instead
TOKENS = [
    (
        "clock",
        r"\babsl::Now\b|\bclock_gettime\b|\bgettimeofday\b|\b(?:system|steady|high_resolution)_clock::now\b"
        r"|\bstd::time\s*\(|(?<![\w.:>])time\s*\(\s*(?:NULL|nullptr|0)\s*\)",
        ("engine/runtime/environment.cc", "runners/shim/supervisor.cc", "tests/", "bench/"),
        CLOCK,
    ),
    (
        "sleep",
        r"\bsleep_for\b|\bsleep_until\b|\babsl::SleepFor\b|(?<![\w.>])(?:usleep|nanosleep|sleep)\s*\(",
        ("tests/consumer/link_it.cc",),  # a user's own main loop
        SLEEP,
    ),
    (
        "environment variable",
        r"\b(?:secure_)?getenv\b|\bsetenv\b|\bputenv\b",
        ("cli/", "tests/", "bench/"),
        "take it as an option; cli/ reads the environment",
    ),
    (
        "SQLite",
        r"\bsqlite3(?:_\w+)?\b",
        ("storage/sqlite/", "tests/storage/", "bench/"),
        "go through the store port (engine/ports/store.h)",
    ),
    (
        "random bits",
        r"\bgetrandom\b|\brandom_device\b|\bmt19937(?:_64)?\b|\babsl::BitGen\b|(?<![\w.:>])s?rand\s*\(",
        ("engine/runtime/environment.", "tests/", "bench/"),
        "ask the lull::IdSource that you were given",
    ),
    (
        "Abseil's lock",
        r"\babsl::(?:Mutex|MutexLock|CondVar|Notification|BlockingCounter)\b",
        (),
        "use lull::Mutex, MutexLock and CondVar (engine/base/mutex.h): sanitizers see through them",
    ),
    (
        "standard lock",
        r"\bstd::(?:recursive_|shared_|timed_)?mutex\b|\bstd::(?:lock_guard|scoped_lock|condition_variable)\b",
        ("engine/base/mutex.h", "tests/consumer/", "bench/"),
        "use lull::Mutex and MutexLock (engine/base/mutex.h): clang checks their annotations",
    ),
    (
        "assert",
        r"(?<![\w])assert\s*\(",
        (),
        "use LULL_CHECK (engine/base/check.h), which optimised builds keep; or static_assert",
    ),
    (
        "shell",
        r"\bstd::system\b|(?<![\w.:>])system\s*\(|\bpopen\s*\(",
        ("tests/", "bench/"),
        "start a process with runners/spawn.h: nothing is interpolated",
    ),
    (
        "process",
        r"(?<![\w.])(?:v?fork|execve?|execvp|posix_spawnp?)\s*\(",
        ("runners/spawn.cc", "runners/shim/launch.cc", "runners/carry/", "tests/", "bench/"),
        "start a process with runners/spawn.h",
    ),
    (
        "detached thread",
        r"\.detach\s*\(\s*\)",
        (),
        "own the thread and join it",
    ),
    (
        "console output",
        r"\bstd::(?:cout|cerr)\b|(?<![\w.:>])printf\s*\(",
        ("cli/", "tests/", "bench/"),
        "return a status, tell the lull::Observer, or log through server/'s or cli/'s logger",
    ),
    (
        "status written past THE table",
        # PENDING and SKIPPED_OVERLAPPING are what rows are created with: no move
        r"\bprogress_?(?:\.|->)status\s*=(?!=)(?!\s*Status::k(?:Pending|SkippedOverlapping)\b)",
        ("engine/core/", "storage/", "tests/", "bench/"),
        "let engine/core decide: only its apply functions move a status, along kTransitions",
    ),
    (
        "ordered by hash",
        r"\b(?:absl::(?:flat|node)_hash_(?:map|set)|std::unordered_(?:map|set))\b",
        ("engine/runtime/", "storage/", "server/", "cli/", "tests/", "bench/"),
        "use std::map or a sorted vector: what decides must not depend on a hash map's order",
    ),
]


def check(tree, tokens=TOKENS):
    findings = []
    for path in tree.cpp():
        code = tree.code(path)
        for name, pattern, homes, instead in tokens:
            if path.startswith(homes):
                continue
            for match in re.finditer(pattern, code):
                start = code.rfind("\n", 0, match.start()) + 1
                if code[start : match.start()].lstrip().startswith("#include"):
                    continue  # headers have a rule of their own
                message = "%s: `%s` is not for here; %s" % (name, match.group(0).strip(), instead)
                findings.append(Finding(path, line_of(code, match.start()), message))
    return findings


PLANTED = [
    ("clock", "engine/core/a.cc", "absl::Time t = absl::Now();"),
    ("clock", "server/a.cc", "auto t = std::chrono::steady_clock::now();"),
    ("clock", "cli/a.cc", "clock_gettime(CLOCK_REALTIME, &now);"),
    ("sleep", "tests/a_test.cc", "std::this_thread::sleep_for(1s);"),
    ("sleep", "cli/a.cc", "usleep(3);"),
    ("environment variable", "engine/a.cc", 'getenv("HOME");'),
    ("SQLite", "engine/runtime/a.cc", "sqlite3_open(a, &b);"),
    ("random bits", "engine/core/a.cc", "std::random_device d;"),
    ("random bits", "server/a.cc", "int x = rand();"),
    ("Abseil's lock", "server/a.h", "absl::Mutex m;"),
    ("standard lock", "server/a.h", "std::mutex m;"),
    ("assert", "storage/a.cc", "assert(x);"),
    ("shell", "cli/a.cc", "std::system(x);"),
    ("process", "server/a.cc", "if (fork() == 0) {}"),
    ("detached thread", "server/a.cc", "std::thread(f).detach();"),
    ("console output", "engine/core/a.cc", "std::cout << 1;"),
    ("status written past THE table", "engine/runtime/a.cc", "task.progress.status = Status::kFailed;"),
    ("ordered by hash", "engine/core/a.h", "absl::flat_hash_map<int, int> m;"),
]
CLEAN = [
    ("engine/core/a.cc", "// absl::Now() in a comment\nstatic_assert(true);\nx.time(0); LULL_CHECK(y);"),
    ("server/a.cc", 'const char* s = "std::system(getenv)";'),
    ("engine/runtime/a.cc", "if (task.progress.status == Status::kFailed) return;"),
    ("engine/runtime/b.cc", "row.progress.status = Status::kSkippedOverlapping;"),
]
