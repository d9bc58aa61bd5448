# Which files of one target may be compiled as one: prints "group file" for each file given.
#
#   awk -f unity_groups.awk -v most=12 FILE...
#
# What a file defines in its anonymous namespace, or as a macro, must not appear in another file of its
# group. Code is read by lines as clang-format leaves them: definitions begin in the first column.

FNR == 1 { files[++count] = FILENAME; anonymous = 0 }
{ sub(/\/\/.*/, "") }
/^namespace \{/ { anonymous = 1; next }
/^} *$/ && was_blank { anonymous = 0 }
/^#define / { define($2) }
anonymous && /^[A-Za-z_]/ { define_first_of($0) }
{
  was_blank = $0 ~ /^ *$/
  gsub(/"([^"\\]|\\.)*"/, " ")
  gsub(/[^A-Za-z0-9_]+/, " ")
  n = split($0, line_words, " ")
  for (i = 1; i <= n; ++i) words[FILENAME] = words[FILENAME] (seen[FILENAME, line_words[i]]++ ? "" : line_words[i] " ")
}

function define(name) {
  sub(/\(.*/, "", name)
  defined[FILENAME] = defined[FILENAME] name " "
}

function define_first_of(line) {
  if (line ~ /^(TEST|TEST_F|TEST_P|TYPED_TEST|INSTANTIATE_[A-Z_]*|using ::|using [a-z_:]*::|template)/) return
  if (line ~ /^MATCHER/) sub(/^MATCHER[_P0-9]*\(/, "", line)
  gsub(/::/, "_", line)
  sub(/ final /, " ", line)
  if (!match(line, /[(=\[{;:,]/)) return
  line = substr(line, 1, RSTART - 1)
  if (match(line, /[A-Za-z_0-9]+ *$/)) {
    line = substr(line, RSTART, RLENGTH)
    sub(/ *$/, "", line)
    define(line)
  }
}

# Whether a file fits into a group.
function fits(file, group, list, n, i) {
  if (size[group] >= most) return 0
  n = split(defined[file], list, " ")
  for (i = 1; i <= n; ++i) if ((group, list[i]) in group_words) return 0
  n = split(words[file], list, " ")
  for (i = 1; i <= n; ++i) if ((group, list[i]) in group_defined) return 0
  return 1
}

function join(file, group, list, n, i) {
  ++size[group]
  n = split(defined[file], list, " ")
  for (i = 1; i <= n; ++i) group_defined[group, list[i]]
  n = split(words[file], list, " ")
  for (i = 1; i <= n; ++i) group_words[group, list[i]]
  print group, file
}

END {
  for (f = 1; f <= count; ++f) {
    for (group = 1; !fits(files[f], group); ++group) {}
    join(files[f], group)
  }
}
