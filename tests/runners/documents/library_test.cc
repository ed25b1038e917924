#include "runners/documents/library.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "tests/support/temp_folder.h"

namespace lull::runners {
namespace {

constexpr char kDocument[] =
    "schemaVersion: '2.2'\nmainSteps: [{action: 'aws:runShellScript', name: a, inputs: "
    "{runCommand: "
    "[x]}}]\n";

class LibraryTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text = kDocument) {
    std::ofstream(folder_.File(name)) << text;
  }
  std::string Error() {
    const auto library = DocumentLibrary::Load(folder_.File(""));
    if (library.ok()) return "OK";
    const std::string text(library.status().message());
    const std::size_t at = text.find(folder_.File(""));
    return at == text.npos ? text : text.substr(0, at) + text.substr(at + folder_.File("").size());
  }
  TempFolder folder_;
};

TEST_F(LibraryTest, HasWhatIsBuiltIn) {
  const auto library = DocumentLibrary::Load("");
  ASSERT_TRUE(library.ok()) << library.status();
  EXPECT_EQ((*library)->Names(),
            (std::vector<std::string>{"AWS-RunPatchBaseline", "AWS-RunShellScript"}));
  for (const char* arn :
       {"AWS-RunShellScript", "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript",
        "arn:aws:ssm:eu-west-1:123456789012:document/AWS-RunShellScript"}) {
    ASSERT_NE((*library)->Find(arn), nullptr) << arn;
    EXPECT_EQ((*library)->Find(arn)->name, "AWS-RunShellScript");
  }
  for (const char* arn : {"", "aws-RunShellScript", "document/AWS-RunShellScript",
                          "arn:aws:ssm:::AWS-RunShellScript", "arn:aws:ssm:::document/"}) {
    EXPECT_EQ((*library)->Find(arn), nullptr) << arn;
  }
}

TEST_F(LibraryTest, HasTheDocumentsOfItsFolder) {
  Write("one.yaml");
  Write("two.yml");
  Write("three.json", R"({"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript",
                          "name": "a", "inputs": {"runCommand": ["x"]}}]})");
  Write("README.md", "no document");
  Write(".one.yaml.swp", "\xff");
  Write(".hidden.yaml", "\xff");
  std::filesystem::create_directory(folder_.File("folder"));
  std::filesystem::create_symlink("one.yaml", folder_.File("link.yaml"));
  const auto library = DocumentLibrary::Load(folder_.File(""));
  ASSERT_TRUE(library.ok()) << library.status();
  for (const char* name : {"one", "two", "three", "link"}) {
    EXPECT_NE((*library)->Find(name), nullptr) << name;
  }
  EXPECT_EQ((*library)->Names().size(), 6u);
}

TEST_F(LibraryTest, NamesTheFileThatIsWrong) {
  Write("bad.yaml", "schemaVersion: '2.2'\nmainSteps: none\n");
  EXPECT_EQ(Error(), "/bad.yaml: line 2: mainSteps must be a list of 1 to 50 steps");
}

TEST_F(LibraryTest, RefusesNamesThatAreNoneOrTwice) {
  Write("a b.yaml");
  EXPECT_EQ(Error(), "/a b.yaml: the name \"a b\" must have 3 to 128 letters, digits or _-.");
  std::filesystem::remove(folder_.File("a b.yaml"));
  Write("one.yaml");
  Write("one.yml");
  EXPECT_EQ(Error(), "/one.yml: there is another file of the document one; keep one");
  std::filesystem::remove(folder_.File("one.yml"));
  Write("AWS-RunShellScript.json");
  EXPECT_EQ(Error(), "/AWS-RunShellScript.json: AWS-RunShellScript is built in; take another name");
}

TEST_F(LibraryTest, RefusesWhatIsNoFileAndWhatIsTooLarge) {
  ASSERT_EQ(::mkfifo(folder_.File("pipe.yaml").c_str(), 0600), 0);
  EXPECT_EQ(Error(), "/pipe.yaml is no file; a document must be one");
  std::filesystem::remove(folder_.File("pipe.yaml"));
  Write("large.yaml", kDocument + std::string(kMaxDocumentBytes, '#'));
  EXPECT_EQ(Error(), "/large.yaml: line 1: the document has more than 64 KiB");
  std::filesystem::remove(folder_.File("large.yaml"));
  for (std::size_t i = 0; i <= kMaxDocuments; ++i) Write("d" + std::to_string(i) + "x.yaml", "");
  EXPECT_NE(Error().find("has more than 1000 documents"), std::string::npos) << Error();
  EXPECT_EQ(DocumentLibrary::Load(folder_.File("none")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(LibraryTest, AHashIsThatOfTheFilesBytes) {
  Document document;
  document.text = "abc";
  EXPECT_TRUE(
      HasSha256(document, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
  EXPECT_TRUE(
      HasSha256(document, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  document.text = "abd";
  EXPECT_FALSE(
      HasSha256(document, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_FALSE(HasSha256(document, ""));
}

}  // namespace
}  // namespace lull::runners
