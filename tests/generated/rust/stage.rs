//! What the scenes of a program share: an engine that does as it is told, and a sink that remembers.

/// The module, as a template.
pub(crate) const STAGE: &str = r#"
/// Remembers what it is told.
pub struct Ear {
    heard: @Mutex<Vec<String>>,
}

impl Ear {
    pub fn new() -> @Arc<Self> {
        @Arc::new(Self { heard: @Mutex::new(Vec::new()) })
    }

    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().join(", ")
    }
}

impl @EventSink for Ear {
    fn publish_event(&self, event: &@Event) -> Result<(), @SinkError> {
        let kind = match event {
            @Event::Start { .. } => "start",
            @Event::Partial { .. } => "partial",
            @Event::Final { .. } => "final",
            @Event::Error { .. } => "error",
            @Event::Interrupt { .. } => "interrupt",
            _ => "other",
        };
        let text = event.text().unwrap_or_default();
        self.heard.lock().unwrap().push(format!("{kind} {text}"));
        Ok(())
    }
}

/// Answers, fails or waits, as it is asked.
pub struct Actor {
    begun: @Mutex<usize>,
    begins: @Notify,
    pub go: @Notify,
}

impl Actor {
    pub fn new() -> @Arc<Self> {
        @Arc::new(Self { begun: @Mutex::new(0), begins: @Notify::new(), go: @Notify::new() })
    }

    /// Returns when this many runs have begun.
    pub async fn begun(&self, runs: usize) {
        while *self.begun.lock().unwrap() < runs {
            self.begins.notified().await;
        }
    }
}

#[async_trait::async_trait]
impl @Engine for Actor {
    async fn run_inference(&self, ctx: &@Context, mut turn: @Turn) -> Result<@Turn, @EngineError> {
        let meta = @EventMetadata::default();
        let told = turn.blocks.last().and_then(|block| block.text()).unwrap_or_default().to_owned();
        @publish(ctx, &@Event::start(meta.clone()));
        *self.begun.lock().unwrap() += 1;
        self.begins.notify_one();
        if told.contains("wait") {
            ctx.cancelled().await;
            @publish(ctx, &@Event::interrupt(meta, ""));
            return Err(@EngineError::Cancelled);
        }
        if told.contains("later") {
            self.go.notified().await;
        }
        if told.contains("fail") {
            @publish(ctx, &@Event::error(meta, "no"));
            return Err(@EngineError::message(format!("cannot {told}")));
        }
        let answer = format!("re {told}");
        @publish(ctx, &@Event::partial(meta.clone(), "re"));
        @publish(ctx, &@Event::final_text(meta, answer.as_str()));
        turn.append(@Block::assistant_text(answer));
        Ok(turn)
    }
}

/// Who said what.
pub fn said(turn: &@Turn) -> String {
    let lines: Vec<String> =
        turn.blocks.iter().map(|block| format!("{} {}", block.role, block.text().unwrap_or_default())).collect();
    lines.join(" | ")
}

/// A turn that asks.
pub fn asked(prompt: &str) -> @Turn {
    @Turn::builder().with_user_prompt(prompt).build()
}
"#;
