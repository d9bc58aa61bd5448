# The work of check_includes.sh: reads directions.txt first, then every file of the tree.

function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
function fail(where, message) { print where ": " message; failures++ }
# A pattern with at most one star: "dnnl*", "server/*.cc" (the star never spans a slash before a suffix).
function matches(text, pattern,   star, head, tail, middle) {
  star = index(pattern, "*")
  if (star == 0) return text == pattern
  head = substr(pattern, 1, star - 1); tail = substr(pattern, star + 1)
  if (length(text) < length(head) + length(tail) || substr(text, 1, length(head)) != head) return 0
  if (substr(text, length(text) - length(tail) + 1) != tail) return 0
  middle = substr(text, length(head) + 1, length(text) - length(head) - length(tail))
  return tail == "" || index(middle, "/") == 0
}
function reach(from, folder,   i, n, next_folders) {
  n = split(allowed[folder], next_folders, " ")
  for (i = 1; i <= n; i++) {
    if (next_folders[i] == from) { fail("directions.txt", from " may reach itself"); exit }
    if (!((from, next_folders[i]) in reachable)) { reachable[from, next_folders[i]] = 1; reach(from, next_folders[i]) }
  }
}
function visit(file, trail,   i, n, targets) {
  if (state[file] == "done") return
  if (state[file] == "open") { fail(file, "includes itself:" trail " " file); return }
  state[file] = "open"
  n = split(included[file], targets, " ")
  for (i = 1; i <= n; i++) visit(targets[i], trail " " file)
  state[file] = "done"
}
FILENAME == directions {
  sub(/#.*/, "")
  if (split($0, sides, ":") != 2) next
  if (sub(/^only /, "", sides[1])) only[sides[1]] = sides[2]
  else allowed[sides[1]] = sides[2]
  next
}
!prepared { for (folder in allowed) reach(folder, folder); prepared = 1 }
FNR == 1 { known[FILENAME] = 1; if (!(folder_of(FILENAME) in allowed)) fail(FILENAME, "its folder is not in directions.txt") }
/^[ \t]*#[ \t]*include[ \t]*["<]/ {
  match($0, /["<][^">]*/)
  header = substr($0, RSTART + 1, RLENGTH - 1)
  here = folder_of(FILENAME); there = folder_of(header); place = FILENAME ":" FNR
  if (header ~ /^(engine|server|client|tests)\//) {
    included[FILENAME] = included[FILENAME] " " header
    if (here != there && !((here, there) in reachable)) fail(place, here " may not include " header)
  }
  for (pattern in only) if (matches(header, pattern)) {
    n = split(only[pattern], files, " "); found = 0
    for (i = 1; i <= n; i++) found += matches(FILENAME, files[i])
    if (!found) fail(place, header " may be included only by" only[pattern])
  }
}
END { for (file in known) visit(file, ""); exit failures > 0 }
