//! Standard output: coloured where that is wanted, and content when its reader goes away.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::{env, fmt, fs};

use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;
use clap::ValueEnum;
use geppetto_migrate::report::Palette;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum ColorMode {
    #[default]
    Auto,
    Always,
    Never,
}

impl ColorMode {
    /// Makes this the choice for everything that is printed from now on.
    pub(super) fn settle(self) {
        match self {
            ColorMode::Auto => ColorChoice::Auto,
            ColorMode::Always => ColorChoice::Always,
            ColorMode::Never => ColorChoice::Never,
        }
        .write_global();
    }
}

/// Standard output and the palette for it. Without colours the text is not filtered: it may hold escape sequences of its
/// own, as a source file's text may.
pub(super) fn stdout() -> (Stdout, Palette) {
    let raw = io::stdout().lock();
    match AutoStream::choice(&raw) {
        ColorChoice::Never => (Stdout::new(Box::new(raw)), Palette::plain()),
        _ => (Stdout::new(Box::new(AutoStream::always(raw))), Palette::colored()),
    }
}

/// Prints a message for people to standard error, under a coloured word. Nobody is left to tell if that is closed.
pub(super) fn tell(severity: Severity, text: impl fmt::Display) {
    let (word, style) = match severity {
        Severity::Error => ("error", AnsiColor::Red.on_default().bold()),
        Severity::Warning => ("warning", AnsiColor::Yellow.on_default().bold()),
        Severity::Note => ("note", AnsiColor::Green.on_default().bold()),
    };
    let _ = writeln!(anstream::stderr(), "{style}{word}{style:#}: {text}");
}

/// A path as seen from the working directory, where it is below that.
pub(super) fn shown(path: &Path) -> &Path {
    let here = env::current_dir().and_then(fs::canonicalize);
    here.ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

/// How bad a message is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Severity {
    Error,
    Warning,
    Note,
}

/// Standard output. When the reader closes the pipe (`| head`), the rest is dropped without an error.
pub(super) struct Stdout {
    out: BufWriter<Box<dyn Write>>,
    closed: bool,
}

impl Stdout {
    fn new(out: Box<dyn Write>) -> Self {
        Self { out: BufWriter::new(out), closed: false }
    }

    fn unless_closed(&mut self, done: io::Result<()>) -> io::Result<()> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            done => done,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.closed {
            let done = self.out.write_all(bytes);
            self.unless_closed(done)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let done = self.out.flush();
        self.unless_closed(done)
    }
}
