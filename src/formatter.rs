//! Runs formatters: programs that read a text and write it laid out.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const MARK: char = '\u{feff}';

/// How long a formatter may take for one text: patterns that nest deeply can take rustfmt years.
const LIMIT: Duration = Duration::from_secs(30);

/// `after`, formatted if `before` was. A text that the formatter would have changed already is left as it is: reformatting
/// it is nobody's wish. Where there is no formatter, or it takes too long, the text stays as the rules wrote it.
pub(crate) fn keep_layout(before: &str, after: &str, formatted: &dyn Fn(&str) -> Option<String>) -> String {
    match formatted(before).is_some_and(|formatted| formatted == before) {
        true => formatted(after).unwrap_or_else(|| after.to_owned()),
        false => after.to_owned(),
    }
}

/// The text as `formatter` lays it out, if it can; a byte order mark stays.
pub(crate) fn formatted(formatter: &mut Command, text: &str) -> Option<String> {
    let bare = text.strip_prefix(MARK).unwrap_or(text);
    let formatted = filtered(formatter, bare.to_owned(), LIMIT)?;
    Some(match text.starts_with(MARK) {
        true => format!("{MARK}{formatted}"),
        false => formatted,
    })
}

/// What a program makes of `input`, if it succeeds within `limit`.
fn filtered(command: &mut Command, input: String, limit: Duration) -> Option<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let (mut stdin, mut stdout) = (child.stdin.take()?, child.stdout.take()?);
    // Formatters read everything before they write, but a full pipe must not stop either side.
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let (sender, output) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text);
        // Nobody listens any more once the limit is over.
        let _ = sender.send(read.map(|_| text));
    });
    let Ok(read) = output.recv_timeout(limit) else {
        let _ = child.kill();
        let _ = child.wait();
        return None;
    };
    let succeeded = child.wait().is_ok_and(|status| status.success());
    let written = writer.join().is_ok_and(|result| result.is_ok());
    read.ok().filter(|_| succeeded && written)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_end_is_given_up() {
        let mut endless = Command::new("sh");
        assert_eq!(filtered(endless.args(["-c", "while :; do :; done"]), String::new(), Duration::ZERO), None);
    }

    #[test]
    fn what_a_program_says_counts_only_if_it_succeeds() {
        let text = "x\n".repeat(100_000);
        assert_eq!(filtered(&mut Command::new("cat"), text.clone(), LIMIT), Some(text));
        let mut failing = Command::new("sh");
        assert_eq!(filtered(failing.args(["-c", "cat; exit 1"]), "x".to_owned(), LIMIT), None);
    }
}
