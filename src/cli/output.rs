//! Standard output: coloured where that is wanted, and content when its reader goes away.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};
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
    /// Standard output and the palette for it.
    pub(super) fn stdout(self) -> (Stdout, Palette) {
        let raw = io::stdout().lock();
        let choice = match self {
            ColorMode::Auto => AutoStream::choice(&raw),
            ColorMode::Always => ColorChoice::Always,
            ColorMode::Never => ColorChoice::Never,
        };
        match choice {
            ColorChoice::Never => (Stdout::new(Box::new(raw)), Palette::plain()),
            _ => (Stdout::new(Box::new(colored(raw))), Palette::colored()),
        }
    }
}

fn colored(raw: StdoutLock<'static>) -> AutoStream<StdoutLock<'static>> {
    AutoStream::always(raw)
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
