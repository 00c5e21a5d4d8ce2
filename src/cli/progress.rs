//! A line on the terminal that says what long work is at.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use geppetto_migrate::Stage;

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// Shows the stage of long work on standard error if that is a terminal. Dropping it wipes the line.
pub(super) struct Progress {
    stages: Option<Sender<Stage>>,
    painter: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        if !io::stderr().is_terminal() {
            return Self { stages: None, painter: None };
        }
        let (stages, inbox) = mpsc::channel();
        let painter = thread::spawn(move || paint(&inbox));
        Self { stages: Some(stages), painter: Some(painter) }
    }

    pub(super) fn enter(&self, stage: Stage) {
        if let Some(stages) = &self.stages {
            let _ = stages.send(stage);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stages = None;
        if let Some(painter) = self.painter.take() {
            let _ = painter.join();
        }
    }
}

fn paint(inbox: &Receiver<Stage>) {
    let began = Instant::now();
    let mut stage = None;
    let mut shown = None;
    loop {
        match inbox.recv_timeout(PATIENCE) {
            Ok(next) => stage = Some(next),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Some(now) = stage.filter(|now| shown != Some(*now) && began.elapsed() >= PATIENCE) {
            let _ = write!(io::stderr(), "\r\x1b[K{}", words(now));
            shown = Some(now);
        }
    }
    if shown.is_some() {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

fn words(stage: Stage) -> String {
    match stage {
        Stage::Walking => "listing files …".to_owned(),
        Stage::Reading { files } => format!("reading {files} files …"),
        Stage::Analyzing { files } => format!("analyzing {files} files …"),
        Stage::Compiling { state: 0 } => "compiling, before and after …".to_owned(),
        Stage::Compiling { state } => format!("compiling, to find what breaks it ({state}) …"),
    }
}
