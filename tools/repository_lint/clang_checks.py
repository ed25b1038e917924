"""What clang 16 knows and gcc does not: lock annotations and clang-tidy, over our C++.

usage: clang_checks.py [--tidy]     from the root of a checkout, after generated headers were built

A file that was found good is remembered by the hash of all that it includes of ours, of the flags and
of .clang-tidy, so only what changed is looked at. Files under tests/ and bench/ get the lock check
only. Without --tidy, a file that has nothing to do with locks, neither itself nor in what it includes
directly, is left out: gcc compiles it anyway. Exit status 1 when something is found.
"""

import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import layers  # noqa: E402
import tree  # noqa: E402

FLAGS = [
    "-std=c++20",
    "-I.",
    "-Ibazel-bin",
    "-Wthread-safety",
    "-Werror=thread-safety",
]
SKIPPED = ("third_party/", "tests/consumer/", "tests/planted/")
LOCKS_ONLY = ("tests/", "bench/")
PROGRESS_SECONDS = 2
LOCKS = re.compile(r"GUARDED_BY|LOCKS_REQUIRED|LOCKS_EXCLUDED|NO_THREAD_SAFETY_ANALYSIS|MutexLock")


def defines(source):
    """The defines that third_party's targets hand on."""
    found = set()
    for path in source.build_files():
        if path.startswith("third_party/"):
            for group in re.findall(r"\bdefines\s*=\s*\[([^\]]*)\]", source.files[path]):
                found.update(re.findall(r'"([^"]+)"', group))
    return ["-D" + name for name in sorted(found)]


def closure(source, path, seen):
    """All our files that `path` includes, itself among them."""
    if path in seen:
        return
    seen.add(path)
    text = source.files.get(path)
    if text is None:
        return
    for _, name in layers.INCLUDE.findall(text):
        if name in source.files:
            closure(source, name, seen)
        elif name.endswith(".pb.h"):
            seen.add(name[: -len(".pb.h")] + ".proto")


def has_locks(source, path):
    """Whether the analysis of locks has anything to say of it."""
    text = source.files[path]
    near = [source.files[name] for _, name in layers.INCLUDE.findall(text) if name in source.files]
    return any(LOCKS.search(each) for each in [text, *near])


def fingerprint(source, path, command):
    digest = hashlib.sha256(repr(command).encode())
    seen = set()
    closure(source, path, seen)
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + source.files.get(name, "").encode() + b"\0")
    digest.update(source.config.encode())
    return digest.hexdigest()


def plan(source, tidy):
    """(path, command) pairs."""
    flags = FLAGS + defines(source)
    commands = []
    for path in source.cpp():
        if path.startswith(SKIPPED):
            continue
        if path.endswith(".h"):
            if path[:-2] + ".cc" not in source.files:  # else its .cc includes it first
                alone = ["clang++-16", "-fsyntax-only", "-xc++", "-Wno-pragma-once-outside-header"]
                commands.append((path, alone + flags + [path]))
            continue
        if tidy and not path.startswith(LOCKS_ONLY):
            commands.append((path, ["clang-tidy-16", "--quiet", path, "--"] + flags))
        elif tidy or has_locks(source, path):
            commands.append((path, ["clang++-16", "-fsyntax-only"] + flags + [path]))
    return commands


def run(command):
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = [l for l in result.stdout.splitlines() if not re.match(r"\d+ warnings? (generated|treated)", l)]
    return result.returncode, "\n".join(lines)


def main(arguments):
    source = tree.read(".")
    with open(".clang-tidy", encoding="utf-8") as file:
        source.config = file.read()
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lull/lint")
    os.makedirs(cache, exist_ok=True)

    work = []
    for path, command in plan(source, "--tidy" in arguments):
        stamp = os.path.join(cache, fingerprint(source, path, command))
        if not os.path.exists(stamp):
            work.append((path, command, stamp))
    failed = 0
    shown = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {pool.submit(run, command): (path, stamp) for path, command, stamp in work}
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            path, stamp = futures[future]
            status, output = future.result()
            if status == 0:
                open(stamp, "w", encoding="utf-8").close()
            else:
                failed += 1
                print("%s:\n%s" % (path, output), flush=True)
            if time.monotonic() - shown >= PROGRESS_SECONDS:
                shown = time.monotonic()
                print("  %d of %d files" % (done, len(work)), file=sys.stderr, flush=True)
    print("clang: %d files looked at, %d with findings" % (len(work), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
