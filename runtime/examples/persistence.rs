//! Finished turns kept in a file each, and a session that goes on from the last of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use geppetto_runtime::builder::{PersistError, TurnPersister};
use geppetto_runtime::engine::EchoEngine;
use geppetto_runtime::prelude::*;
use geppetto_runtime::turns::SESSION_ID;

/// Keeps the latest turn of each session as `<session id>.json`.
struct Folder(PathBuf);

impl Folder {
    fn file(&self, session_id: &str) -> PathBuf {
        self.0.join(session_id).with_extension("json")
    }

    fn latest(&self, session_id: &str) -> Option<Turn> {
        let json = std::fs::read(self.file(session_id)).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

#[async_trait]
impl TurnPersister for Folder {
    async fn persist_turn(&self, _: &Context, turn: &Turn) -> Result<(), PersistError> {
        let session_id = SESSION_ID.get(&turn.metadata).unwrap_or_default();
        let json = serde_json::to_vec_pretty(turn).map_err(|e| PersistError::failed("encoding the turn", e))?;
        std::fs::write(self.file(&session_id), json).map_err(|e| PersistError::failed("writing the turn", e))
    }
}

async fn ask(folder: &Arc<Folder>, prompt: &str) -> Result<Turn, SessionError> {
    let builder = Builder::new(Arc::new(EchoEngine::new())).with_persister(folder.clone());
    let session = Session::with_id("example").with_builder(builder);
    if let Some(turn) = folder.latest(session.session_id()) {
        session.append(turn);
    }
    session.start_with_prompt(&Context::background(), prompt)?.wait().await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join(format!("geppetto-persistence-{}", std::process::id()));
    std::fs::create_dir_all(&path)?;
    let answered = remember(&path).await;
    std::fs::remove_dir_all(&path)?;
    println!("the second process knows {} blocks", answered?.blocks.len());
    Ok(())
}

async fn remember(path: &Path) -> Result<Turn, SessionError> {
    let folder = Arc::new(Folder(path.to_owned()));
    ask(&folder, "my name is Ada").await?;
    ask(&folder, "what is my name?").await
}
