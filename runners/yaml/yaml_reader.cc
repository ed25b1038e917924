#include "runners/yaml/yaml_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdio>
#include <istream>
#include <memory>
#include <streambuf>
#include <utility>

#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull {
namespace {

/// Lists and mappings inside of each other.
constexpr std::size_t kMaxDepth = 8;

/// What the parser may read ahead of the values that it tells: it keeps all of it, many times its
/// size.
constexpr std::size_t kMaxLookAhead = std::size_t{256} << 10;

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

/// The text as the stream that the parser wants, a piece at a time: it refuses to give more when
/// nothing comes of it.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) : text_(text) {}

  /// Something came of it.
  void NoteValue() { noted_ = given_; }

 protected:
  int_type underflow() override {
    if (given_ - noted_ > kMaxLookAhead) {
      const auto lines = std::count(text_.begin(), text_.begin() + noted_, '\n');
      RefuseYaml(static_cast<int>(lines) + 1, "more than ", kMaxLookAhead >> 10,
                 " KiB from here hold no value that ends");
    }
    const std::size_t size = std::min(text_.size() - given_, kPieceBytes);
    if (size == 0) return traits_type::eof();
    char* begin = const_cast<char*>(text_.data() + given_);
    setg(begin, begin, begin + size);
    given_ += size;
    return traits_type::to_int_type(*begin);
  }

 private:
  static constexpr std::size_t kPieceBytes = 4096;
  const std::string_view text_;
  std::size_t given_ = 0;
  std::size_t noted_ = 0;
};

/// The first line that is not UTF-8, from 1; 0 when there is none.
int LineThatIsNoUtf8(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!CountCodePoints(text.substr(0, end))) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

/// Keeps the one value that a document is.
class TreeReader : public YamlReader {
 public:
  explicit TreeReader(const std::string& what) : YamlReader(what), what_(what) {}

  YamlValue root{YamlValue::Kind::kNothing, 1, "", {}};

 protected:
  void Begin(const YamlValue& value) override {
    if (++values_ > kMaxTreeValues) {
      RefuseYaml(value.line, what_, " has ", kMaxTreeValues, " values at most");
    }
  }
  bool Take(YamlValue& value) override {
    if (depth() == 0) root = std::move(value);
    return depth() == 0;
  }

 private:
  const std::string what_;
  std::size_t values_ = 0;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

void YamlReader::Read(std::string_view text) {
  if (const int line = LineThatIsNoUtf8(text); line != 0) RefuseYaml(line, "this is not UTF-8");
  TextBuffer buffer(text);
  note_value_ = [&buffer] { buffer.NoteValue(); };
  std::istream stream(&buffer);
  stream.exceptions(std::ios::badbit);  // lets those of the buffer through
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(*this)) {
  }
}

void YamlReader::OnDocumentStart(const YAML::Mark& mark) {
  if (started_) RefuseYaml(LineOf(mark), "there is a second document; ", what_, " is one");
  started_ = true;
}

void YamlReader::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
  RefuseYaml(LineOf(mark), "aliases (*name) are not taken; write the value out");
}

void YamlReader::OnNull(const YAML::Mark& mark, YAML::anchor_t) {
  // The parser tells where it saw that nothing came, which may be lines below the key.
  const bool has_key = !open_.empty() && !AtKey() && !open_.back().items.empty();
  Add({YamlValue::Kind::kNothing, has_key ? open_.back().items.back().line : LineOf(mark), "", {}});
}

void YamlReader::OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                          const std::string& value) {
  if (value.find('\0') != value.npos) {
    RefuseYaml(LineOf(mark), "there is a NUL byte; leave it out");
  }
  Add({YamlValue::Kind::kText, LineOf(mark), value, {}});
}

void YamlReader::OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                                 YAML::EmitterStyle::value) {
  Open({YamlValue::Kind::kList, LineOf(mark), "", {}});
}

void YamlReader::OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                            YAML::EmitterStyle::value) {
  Open({YamlValue::Kind::kMapping, LineOf(mark), "", {}});
}

bool YamlReader::AtKey() const {
  return !open_.empty() && open_.back().kind == YamlValue::Kind::kMapping &&
         open_.back().items.size() % 2 == 0;
}

void YamlReader::Open(YamlValue value) {
  if (AtKey()) RefuseYaml(value.line, "a key must be one word or text");
  if (open_.size() == kMaxDepth) RefuseYaml(value.line, "this lies too deep");
  Begin(value);
  note_value_();
  open_.push_back(std::move(value));
}

void YamlReader::Close() {
  YamlValue value = std::move(open_.back());
  open_.pop_back();
  Put(std::move(value));
}

void YamlReader::Add(YamlValue value) {
  if (AtKey() && value.kind != YamlValue::Kind::kText) {
    RefuseYaml(value.line, "a key must be a text");
  }
  Begin(value);
  note_value_();
  Put(std::move(value));
}

void YamlReader::Put(YamlValue value) {
  const bool is_key = AtKey();
  if (!is_key && Take(value)) return;
  if (!open_.empty()) open_.back().items.push_back(std::move(value));
}

YamlValue ReadYamlTree(std::string_view text, const std::string& what) {
  TreeReader reader(what);
  reader.Read(text);
  return std::move(reader.root);
}

absl::Status CatchRefused(const std::function<void()>& read) {
  try {
    read();
    return absl::OkStatus();
  } catch (const YamlRefused& refused) {
    return Invalid("line ", refused.line, ": ", refused.why);
  } catch (const YAML::Exception& error) {
    return Invalid("line ", LineOf(error.mark), ": this is no YAML: ", error.msg);
  }
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path, const char* what,
                                         std::size_t max_bytes) {
  const auto cant = [&] {
    return Invalid("can't read ", what, " ", path, ": ", ::strerror(errno));
  };
  // Not blocking: a pipe whose writer has gone would be waited for, and with it every signal.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const std::unique_ptr<std::FILE, CloseFile> file(fd < 0 ? nullptr : ::fdopen(fd, "rb"));
  if (file == nullptr) return cant();
  struct stat info {};
  if (::fstat(fd, &info) != 0 || ::fcntl(fd, F_SETFL, O_RDONLY) != 0) return cant();
  std::string text(max_bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return cant();
  if (text.empty() && S_ISFIFO(info.st_mode)) {
    return Invalid(
        "can't read ", what, " ", path,
        ": it is a pipe with nothing in it, as one is that was read before; give a file");
  }
  return text;
}

}  // namespace lull
