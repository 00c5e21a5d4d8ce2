//! Indentation of code that moves or is written anew.

/// In front of a line that stands where it stands: one inside of a raw string, say.
const FIXED: char = '\u{0}';

/// A piece of a file without the indentation of the statement that it is a part of.
pub(crate) fn dedent(text: &str, indent: &str) -> String {
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        match line.strip_prefix(indent) {
            Some(rest) => out.push_str(rest),
            None if line.trim().is_empty() => {}
            None => {
                out.push(FIXED);
                out.push_str(line);
            }
        }
    }
    out
}

/// Lines of code, one block deeper.
pub(crate) fn nested<S: AsRef<str>>(lines: &[S]) -> String {
    let lines = lines.iter().flat_map(|text| text.as_ref().split('\n'));
    let deeper: Vec<String> = lines
        .map(|line| match line.is_empty() || line.starts_with(FIXED) {
            true => line.to_owned(),
            false => format!("\t{line}"),
        })
        .collect();
    deeper.join("\n")
}

/// Lines of code for a place whose indentation is `indent`; the first one is there already.
pub(crate) fn lay_out<S: AsRef<str>>(lines: &[S], indent: &str) -> String {
    let mut out = String::new();
    for (at, line) in lines.iter().flat_map(|text| text.as_ref().split('\n')).enumerate() {
        if at > 0 {
            out.push('\n');
            if !line.is_empty() && !line.starts_with(FIXED) {
                out.push_str(indent);
            }
        }
        out.push_str(line.strip_prefix(FIXED).unwrap_or(line));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_moves_with_its_indentation_and_raw_strings_do_not() {
        let block = "{\n\t\t\treturn `a\nb`\n\n\t\t}";
        let loose = dedent(block, "\t\t");
        assert_eq!(lay_out(&[format!("if x {loose}")], "\t"), "if x {\n\t\treturn `a\nb`\n\n\t}");
    }
}
