"""Includes go one way, and each belongs to a direct dependency of its target."""

import posixpath
import re

import build_file
from finding import Finding

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.MULTILINE)

# Layer -> the layers that it may include besides itself and engine/base. A folder's layer is the
# longest entry that its path starts with.
LAYERS = {
    "proto": set(),
    "engine/base": set(),
    "engine/model": set(),
    "engine/schedule": set(),
    "engine/core": {"engine/model", "engine/schedule"},
    "engine/ports": {"engine/model"},
    "engine/runtime": {"engine/core", "engine/ports", "engine/schedule", "engine/model"},
    "engine": {
        "engine/runtime",
        "engine/core",
        "engine/ports",
        "engine/schedule",
        "engine/model",
        "proto",
    },
    "storage": {"engine/ports", "engine/model"},
    "runners": {"engine/ports", "engine/model", "runners/http", "runners/yaml"},
    "runners/http": set(),
    "runners/yaml": set(),
    "server": {"engine", "engine/ports", "engine/model", "proto", "runners/http"},
}
EVERYTHING = ("cli", "tests", "bench")  # may include all
ONLY_FOR_TESTS = ("tests", "bench")  # may be included by each other only
FOLDERS = set(p.split("/")[0] for p in LAYERS) | set(EVERYTHING) | {"third_party", "tools", "docs"}

# Headers of other projects -> the targets that bring them.
EXTERNAL = [
    ("absl/base/", ["@absl//:base"]),
    ("absl/container/", ["@absl//:flat_hash_map"]),
    ("absl/status/", ["@absl//:status"]),
    ("absl/strings/", ["@absl//:strings"]),
    ("absl/time/", ["@absl//:time"]),
    ("gtest/", ["@googletest//:gtest", "@googletest//:gtest_main"]),
    ("gmock/", ["@googletest//:gtest", "@googletest//:gtest_main"]),
    ("google/protobuf/", ["@com_google_protobuf//:protobuf"]),
    ("benchmark/", ["@benchmark//:benchmark"]),
    ("sqlite3.h", ["@sqlite//:sqlite3"]),
    ("openssl/", ["@openssl//:crypto", "@openssl//:ssl"]),
    ("boost/json", ["//third_party/boost:json"]),
    ("boost/beast", ["//third_party/boost:beast"]),
    ("boost/asio", ["//third_party/boost:asio", "//third_party/boost:beast"]),
    ("spdlog/", ["@spdlog//:spdlog"]),
    ("CLI/", ["@cli11//:cli11"]),
    ("yaml-cpp/", ["@yaml_cpp//:yaml_cpp"]),
    ("curl/", ["@curl//:curl"]),
    ("re2/", ["@re2//:re2"]),
]

# System headers -> where they may be included. The longest match of a prefix counts.
SYSTEM = [
    ("sqlite3.h", ("storage/sqlite/", "tests/storage/", "bench/")),
    (
        "boost/",
        ("server/", "cli/", "third_party/boost/", "tests/cli/", "tests/fuzz/", "tests/server/", "bench/"),
    ),
    (
        "openssl/",
        ("server/", "runners/documents/", "tests/server/", "tests/runners/http/", "bench/"),
    ),
    ("spdlog/", ("server/", "cli/", "tests/server/", "tests/cli/")),
    ("CLI/", ("cli/", "bench/")),
    ("yaml-cpp/", ("runners/yaml/",)),
    ("curl/", ("runners/http/",)),
    ("re2/", ("runners/documents/",)),
]
POSIX_HOMES = (
    "runners/",
    "storage/",
    "server/",
    "cli/",
    "tests/",
    "bench/",
    "engine/runtime/environment.cc",
    "engine/base/quiet_thread.h",
    "engine/base/semaphore.h",
    "engine/base/unique_fd.h",
)
THREAD_HOMES = (
    "engine/base/mutex.h",
    "engine/base/quiet_thread.h",
    "engine/runtime/",
    "runners/",
    "storage/",
    "server/",
    "cli/",
    "tests/",
    "bench/",
)
THREAD_HEADERS = {"thread", "mutex", "condition_variable", "future", "semaphore", "stop_token", "latch"}


def layer_of(path):
    folder = posixpath.dirname(path)
    while folder:
        if folder in LAYERS or folder in EVERYTHING:
            return folder
        folder = posixpath.dirname(folder)
    return None


def _may_include(layer, other):
    if layer == other or other == "engine/base" or layer in EVERYTHING:
        return True
    return other in LAYERS[layer]


def _includes(tree, path):
    code = tree.code(path)
    for match in INCLUDE.finditer(code):
        yield code.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def _ours(include):
    return include.split("/")[0] in FOLDERS


def check_layers(tree):
    findings = []
    for path in tree.cpp():
        layer = layer_of(path)
        if layer is None:
            continue
        for line, _, include in _includes(tree, path):
            other = layer_of(include) if _ours(include) else None
            if other is None:
                continue
            if other in ONLY_FOR_TESTS and layer not in ONLY_FOR_TESTS:
                findings.append(Finding(path, line, "`%s` is for tests only" % include))
            elif not _may_include(layer, other):
                message = "%s may not include %s (`%s`); it may include %s" % (
                    layer,
                    other,
                    include,
                    ", ".join(sorted(LAYERS[layer]) + ["engine/base"]),
                )
                findings.append(Finding(path, line, message))
    return findings


def _is_posix(include):
    if "/" in include:
        return include.startswith(("sys/", "linux/", "arpa/", "netinet/", "net/", "asm/"))
    return include.endswith(".h") and include != "sqlite3.h"


def check_system_headers(tree):
    findings = []
    for path in tree.cpp():
        for line, quote, include in _includes(tree, path):
            if _ours(include):
                if quote == "<":
                    findings.append(Finding(path, line, 'write "%s", with quotes' % include))
                continue
            homes = next((homes for prefix, homes in SYSTEM if include.startswith(prefix)), None)
            if homes is None and quote == "<" and _is_posix(include):
                homes = POSIX_HOMES
            if homes is None and include in THREAD_HEADERS:
                homes = THREAD_HOMES
            if homes is not None and not path.startswith(homes):
                message = "<%s> is for %s only; use a port (engine/ports) or std" % (
                    include,
                    ", ".join(homes),
                )
                findings.append(Finding(path, line, message))
    return findings


def check_direct(tree):
    """third_party's targets are what the others depend on: they are not looked at."""
    targets = [
        target
        for target in build_file.parse_all(tree)
        if target.kind.startswith("cc_") and not target.package.startswith("third_party")
    ]
    by_label = {target.label: target for target in targets}
    findings = []
    for target in targets:
        for path in sorted(target.files):
            if path not in tree.files or not path.endswith((".h", ".cc")):
                continue
            for line, _, include in _includes(tree, path):
                problem = _missing_dependency(target, by_label, tree, include)
                if problem:
                    message = "`%s` is not of a direct dependency of %s; %s" % (
                        include,
                        target.label,
                        problem,
                    )
                    findings.append(Finding(path, line, message))
    return findings


def _missing_dependency(target, by_label, tree, include):
    if _ours(include):
        if include in target.files:
            return None
        if include.endswith(".pb.h"):
            stem = include[: -len(".pb.h")]
            label = "//%s:%s_cc_proto" % (posixpath.dirname(stem), posixpath.basename(stem))
            return None if label in target.deps else "add " + label
        owners = [t.label for t in by_label.values() if include in t.files]
        if target.deps.intersection(owners):
            return None
        if not owners and include not in tree.files:
            return None  # generated: the compiler knows
        return "add " + (" or ".join(sorted(owners)) or "it to a BUILD file")
    for prefix, labels in EXTERNAL:
        if include.startswith(prefix):
            return None if target.deps.intersection(labels) else "add " + " or ".join(labels)
    return None


def check_own_header_first(tree):
    """A .cc that includes its own header first shows that the header compiles alone."""
    findings = []
    for path in tree.cpp():
        header = path[:-3] + ".h"
        if not path.endswith(".cc") or header not in tree.files:
            continue
        first = next(iter(_includes(tree, path)), None)
        if first is None or first[2] != header:
            line = first[0] if first else 1
            findings.append(Finding(path, line, 'include "%s" first: it must compile alone' % header))
    return findings


_LIBRARY = 'cc_library(name = "%s", srcs = [%s], hdrs = [%s], deps = [%s])\n'
PLANTED_LAYERS = [
    {"engine/model/a.h": '#include "engine/ports/store.h"\n'},
    {"engine/core/a.cc": '#include "engine/ports/runner.h"\n'},
    {"storage/a.cc": '#include "engine/core/decide.h"\n'},
    {"engine/validate.cc": '#include "server/http.h"\n'},
    {"server/a.cc": '#include "engine/runtime/runtime.h"\n'},
    {"runners/a.cc": '#include "storage/sqlite/sqlite_store.h"\n'},
    {"server/a.cc": '#include "tests/support/clock.h"\n'},
]
PLANTED_SYSTEM = [
    {"engine/core/a.cc": "#include <unistd.h>\n"},
    {"engine/model/a.h": "#include <sys/stat.h>\n"},
    {"engine/a.cc": "#include <boost/json.hpp>\n"},
    {"server/a.cc": "#include <sqlite3.h>\n"},
    {"engine/core/a.h": "#include <thread>\n"},
    {"server/a.cc": "#include <engine/base/check.h>\n"},
]
PLANTED_DIRECT = [
    {
        "server/a.cc": '#include "engine/base/check.h"\n',
        "engine/base/check.h": "",
        "server/BUILD.bazel": _LIBRARY % ("a", '"a.cc"', "", ""),
        "engine/base/BUILD.bazel": _LIBRARY % ("check", "", '"check.h"', ""),
    },
    {
        "server/a.cc": '#include "absl/time/time.h"\n',
        "server/BUILD.bazel": _LIBRARY % ("a", '"a.cc"', "", '"@absl//:strings"'),
    },
    {
        "server/a.cc": '#include "proto/shapes.pb.h"\n',
        "server/BUILD.bazel": _LIBRARY % ("a", '"a.cc"', "", ""),
    },
]
PLANTED_FIRST = [{"server/a.h": "", "server/a.cc": '#include <string>\n#include "server/a.h"\n'}]
CLEAN = {
    "server/a.h": "#pragma once\n",
    "server/a.cc": '#include "server/a.h"\n\n#include <sys/stat.h>\n#include "engine/base/check.h"\n',
    "engine/base/check.h": "#pragma once\n",
    "server/BUILD.bazel": _LIBRARY % ("a", '"a.cc"', '"a.h"', '"//engine/base:check"'),
    "engine/base/BUILD.bazel": _LIBRARY % ("check", "", '"check.h"', ""),
    "engine/core/b.h": '#include <vector>\n#include "engine/schedule/schedule.h"\n',
    "engine/runtime/environment.cc": "#include <time.h>\n#include <sys/random.h>\n",
}
