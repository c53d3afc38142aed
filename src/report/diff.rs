//! A unified diff that `git apply` takes, whatever bytes the file and its name hold.

use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag};

use super::File;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The diff of every file that the applied fixes change; nothing when they change nothing.
pub fn render(files: &[File]) -> Vec<u8> {
    files.iter().flat_map(of_file).collect()
}

/// The diff of one file and of the files that move along with it.
pub fn of_file(file: &File) -> Vec<u8> {
    let mut out = unified(&file.path, &file.before, &file.after);
    for other in &file.companions {
        out.extend(unified(&other.path, &other.before, &other.after));
    }
    out
}

/// The diff between two versions of the file at `path`; nothing when they are equal.
pub fn unified(path: &[u8], before: &[u8], after: &[u8]) -> Vec<u8> {
    if before == after {
        return Vec::new();
    }
    // Only `\n` ends a line, for git as for BuildKit; similar's own line splitter would also cut at a lone `\r`.
    let old: Vec<&[u8]> = before.split_inclusive(|byte| *byte == b'\n').collect();
    let new: Vec<&[u8]> = after.split_inclusive(|byte| *byte == b'\n').collect();
    let mut out = header(path);
    let ops = similar::capture_diff_slices(Algorithm::Myers, &old, &new);
    for hunk in similar::group_diff_ops(ops, CONTEXT) {
        write_hunk(&mut out, &hunk, &old, &new);
    }
    out
}

fn header(path: &[u8]) -> Vec<u8> {
    let (a, b) = (quoted(b"a/", path), quoted(b"b/", path));
    // `patch` ends an unquoted name at its first blank unless a tab ends it; git writes the same tab.
    let end: &[u8] = if path.contains(&b' ') && !needs_quotes(path) { b"\t\n" } else { b"\n" };
    [b"diff --git ", a.as_slice(), b" ", &b, b"\n--- ", &a, end, b"+++ ", &b, end].concat()
}

fn write_hunk(out: &mut Vec<u8>, ops: &[DiffOp], old: &[&[u8]], new: &[&[u8]]) {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return };
    let removed = numbers(first.old_range().start..last.old_range().end);
    let added = numbers(first.new_range().start..last.new_range().end);
    out.extend_from_slice(format!("@@ -{removed} +{added} @@\n").as_bytes());
    for op in ops {
        if op.tag() == DiffTag::Equal {
            write_lines(out, b' ', old, op.old_range());
        } else {
            write_lines(out, b'-', old, op.old_range());
            write_lines(out, b'+', new, op.new_range());
        }
    }
}

/// First line and number of lines, as a hunk's head has them; an empty range names the line before it.
fn numbers(range: Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        len => format!("{},{len}", range.start + 1),
    }
}

fn write_lines(out: &mut Vec<u8>, sign: u8, lines: &[&[u8]], range: Range<usize>) {
    for line in lines.get(range).unwrap_or_default() {
        out.push(sign);
        out.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            out.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }
}

fn needs_quotes(path: &[u8]) -> bool {
    path.iter().any(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\'))
}

/// A name as git writes it: as it is, or in double quotes with C escapes.
fn quoted(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    if !needs_quotes(path) {
        return [prefix, path].concat();
    }
    let mut out = [b"\"", prefix].concat();
    for byte in path {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b' '..=b'~' => out.push(*byte),
            _ => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        }
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_when_nothing_changes() {
        assert_eq!(unified(b"p", b"a", b"a"), b"");
        assert_eq!(render(&[File::new(b"p".to_vec(), b"a".to_vec())]), b"");
    }

    #[test]
    fn a_change_has_three_lines_of_context() {
        let before = b"1\n2\n3\n4\n5\r\n6\n7\n8";
        let after = b"1\n2\n3\n4\nX\r\n6\n7\n8";
        let diff = "diff --git a/p b/p\n--- a/p\n+++ b/p\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\r\n+X\r\n 6\n 7\n 8\n\\ No newline at end of file\n";
        assert_eq!(String::from_utf8(unified(b"p", before, after)).unwrap(), diff);
    }

    #[test]
    fn empty_sides_name_line_nought() {
        assert!(unified(b"p", b"", b"a").ends_with(b"@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n"));
        assert!(unified(b"p", b"a\nb\n", b"").ends_with(b"@@ -1,2 +0,0 @@\n-a\n-b\n"));
    }

    #[test]
    fn names_are_quoted_as_git_does() {
        assert_eq!(quoted(b"a/", b"x y"), b"a/x y");
        assert_eq!(quoted(b"a/", "é\"\\\t\x01".as_bytes()), br#""a/\303\251\"\\\t\001""#);
        assert!(header(b"x y").ends_with(b"+++ b/x y\t\n"));
    }
}
