"""The repositories that Lull's build needs, for its own WORKSPACE and for those of its users."""

load(":pkg_config.bzl", "pkg_config_repository")

def lull_repositories(root = ""):
    """Declares them. Everything comes from Debian's packages; nothing is downloaded.

    Args:
      root: the path of Lull's checkout, relative to the WORKSPACE that calls this; with a slash at
        its end when it is not empty.
    """

    # Bazel 4 asks for these even in a C++-only build. Debian packages ship some that work; the others
    # (Debian's rules_cc does not load here) are stubs.
    native.local_repository(name = "rules_cc", path = root + "third_party/rules_cc")
    native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
    native.local_repository(name = "rules_proto", path = "/usr/share/bazel/rules/proto")
    native.local_repository(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
    native.local_repository(name = "remote_coverage_tools", path = root + "third_party/coverage_tools")
    native.local_repository(name = "com_google_protobuf", path = root + "third_party/protobuf")

    pkg_config_repository(
        name = "absl",
        modules = {
            "base": "absl_core_headers",
            "flat_hash_map": "absl_flat_hash_map",
            "status": "absl_status absl_statusor",
            "strings": "absl_strings absl_str_format absl_cord",
            "time": "absl_time",
        },
        package = "libabsl-dev",
    )
    pkg_config_repository(
        name = "sqlite",
        modules = {
            "sqlite3": "sqlite3",
        },
        package = "libsqlite3-dev",
    )
    pkg_config_repository(
        name = "openssl",
        modules = {
            "crypto": "libcrypto",
            "ssl": "libssl",
        },
        package = "libssl-dev",
    )
    pkg_config_repository(
        name = "spdlog",
        modules = {
            "spdlog": "spdlog",
        },
        package = "libspdlog-dev",
    )
    pkg_config_repository(
        name = "cli11",
        modules = {
            "cli11": "CLI11",
        },
        package = "libcli11-dev",
    )
    pkg_config_repository(
        name = "curl",
        modules = {
            "curl": "libcurl",
        },
        package = "libcurl4-openssl-dev",
    )
    pkg_config_repository(
        name = "yaml_cpp",
        modules = {
            "yaml_cpp": "yaml-cpp",
        },
        package = "libyaml-cpp-dev",
    )
    pkg_config_repository(
        name = "re2",
        modules = {
            "re2": "re2",
        },
        package = "libre2-dev",
    )
    pkg_config_repository(
        name = "googletest",
        modules = {
            "gtest": "gtest gmock",
            "gtest_main": "gtest_main gmock",
        },
        package = "libgtest-dev libgmock-dev",
    )
    pkg_config_repository(
        name = "benchmark",
        modules = {
            "benchmark": "benchmark",
        },
        package = "libbenchmark-dev",
    )
