"""What README shows is what the tree has: the program under 'Link it', the tests that hold the rules; so
with the tests that docs/conformance.md names."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
README = (ROOT / "README.md").read_text()


def cpp_tests(source):
    """Names of a file's GoogleTest tests, and of the checkers that it defines."""
    yield from re.findall(r"^TEST(?:_F|_P)?\(\s*\w+,\s*(\w+)\)", source, re.MULTILINE)
    yield from re.findall(r"^\w[^\n(;=]* Checkers::(\w+)\(", source, re.MULTILINE)


def python_tests(source):
    return re.findall(r"^    def (test_\w+)\(self\)", source, re.MULTILINE)


def defined_tests(folder):
    for path in folder.rglob("*.cc"):
        yield from cpp_tests(path.read_text())
    for path in folder.rglob("*_test.py"):
        yield from python_tests(path.read_text())


class Readme(unittest.TestCase):
    def test_the_program_under_link_it_is_the_one_that_is_built(self):
        program = (ROOT / "tests/consumer/link_it.cc").read_text().rstrip("\n")
        self.assertIn("```cpp\n" + program + "\n```", README)

    def test_every_rule_is_there_and_names_tests_that_exist(self):
        tests = set(defined_tests(ROOT / "tests"))
        rules = re.findall(r"^\| (R\d+) \|.*\|(.*)\|$", README, re.MULTILINE)
        self.assertEqual([rule for rule, _ in rules], [f"R{n}" for n in range(1, 13)])
        for rule, names in rules:
            found = re.findall(r"`(\w+)`", names)
            self.assertTrue(found, f"{rule} names no test")
            for name in found:
                self.assertIn(name, tests, f"{rule}: there is no {name}")

    def test_every_test_that_the_conformance_page_names_exists(self):
        page = (ROOT / "docs/conformance.md").read_text()
        named = re.findall(r"`(tests/[\w/]+\.(?:cc|py))` `(\w+)`", page)
        self.assertTrue(named)
        for path, name in named:
            tests = cpp_tests if path.endswith(".cc") else python_tests
            self.assertIn(name, tests((ROOT / path).read_text()), path)

    def test_a_test_that_is_only_called_or_begins_with_a_name_is_not_that_test(self):
        source = """
TEST_P(Suite,
       SaysWhat) {}
void Checkers::Holds(const Facts& facts) {
  Holds(); Checkers::IsCalled(facts);
  // TEST(Suite, InAComment)
"""
        self.assertEqual(set(cpp_tests(source)), {"SaysWhat", "Holds"})
        self.assertEqual(list(python_tests("    def test_it(self):\n  test_not()\n")), ["test_it"])

    def test_every_folder_and_page_it_names_exists(self):
        for page in re.findall(r"\]\(([^)]+)\)", README):
            self.assertTrue((ROOT / page).exists(), page)
        for folder in re.findall(r"^\| `([a-z_]+)/`", README, re.MULTILINE):
            self.assertTrue((ROOT / folder).is_dir(), folder)


if __name__ == "__main__":
    unittest.main()
