//! Everything public is `Send + Sync` and has `Debug`; what is handed around is `Clone`. Checked by compiling.

use geppetto_runtime::{Cause, builder, context, engine, events, middleware, session, toolloop, tools, turns};

fn shared<T: Send + Sync + std::fmt::Debug + 'static>() {}
fn cloned<T: Send + Sync + std::fmt::Debug + Clone + 'static>() {}
fn error<T: std::error::Error + Send + Sync + Clone + 'static>() {}
fn object<T: Send + Sync + ?Sized + 'static>() {}

#[test]
fn what_is_public_may_be_shared() {
    cloned::<builder::Builder>();
    cloned::<builder::DerivedBuilder>();
    cloned::<context::CancelHandle>();
    cloned::<context::Context>();
    cloned::<engine::EchoEngine>();
    cloned::<engine::SinkScopedEngine>();
    cloned::<engine::Step>();
    cloned::<engine::factory::ParsedValues>();
    cloned::<engine::factory::StandardEngineFactory>();
    cloned::<events::ChannelSink>();
    cloned::<events::Event>();
    cloned::<events::EventMetadata>();
    cloned::<events::NullSink>();
    cloned::<middleware::Logging>();
    cloned::<middleware::SystemPrompt>();
    cloned::<session::ExecutionHandle>();
    cloned::<session::Session>();
    cloned::<toolloop::Loop>();
    cloned::<toolloop::LoopConfig>();
    cloned::<toolloop::Pause>();
    cloned::<tools::DefaultToolExecutor>();
    cloned::<tools::Tool>();
    cloned::<tools::ToolConfig>();
    cloned::<turns::Block>();
    cloned::<turns::Data>();
    cloned::<turns::Key<std::cell::Cell<u8>>>();
    cloned::<turns::Metadata>();
    cloned::<turns::Turn>();
    cloned::<turns::TurnBuilder>();
    cloned::<Cause>();

    shared::<engine::ScriptedEngine>();
    shared::<events::CollectingSink>();
    shared::<events::WriterSink>();
    shared::<session::RunPermit>();
    shared::<toolloop::StepController>();
    shared::<tools::InMemoryToolRegistry>();

    error::<builder::PersistError>();
    error::<engine::EngineError>();
    error::<engine::factory::FactoryError>();
    error::<events::SinkError>();
    error::<session::BuildError>();
    error::<session::SessionError>();
    error::<tools::ToolError>();
    error::<turns::KeyError>();

    object::<dyn builder::TurnPersister>();
    object::<dyn engine::Engine>();
    object::<dyn engine::factory::EngineFactory>();
    object::<dyn events::EventSink>();
    object::<dyn middleware::Middleware>();
    object::<dyn session::EngineBuilder>();
    object::<dyn session::InferenceRunner>();
    object::<dyn tools::ToolExecutor>();
    object::<dyn tools::ToolRegistry>();
}

fn sent<F: Future + Send>(_: &F) {}

#[test]
fn futures_may_move_between_threads() {
    let ctx = context::Context::background();
    sent(&ctx.cancelled());
    let wait = |handle: &session::ExecutionHandle| {
        sent(&handle.wait());
        sent(&handle.wait_or_cancel());
    };
    let _ = wait;
    let (session, turn) = (session::Session::new(), turns::Turn::default);
    let builder: &dyn session::EngineBuilder = &builder::Builder::new(std::sync::Arc::new(engine::EchoEngine::new()));
    sent(&session.run(&ctx, turn()));
    sent(&session.run_latest(&ctx));
    sent(&session.run_seed(&ctx, None));
    sent(&session.run_prompt(&ctx, "x"));
    sent(&session.run_with(&ctx, turn(), builder));
    let permit = session.reserve().expect("free");
    sent(&session.run_under(&permit, &ctx, None));
    sent(&permit.run(&ctx, turn()));
    sent(&permit.run_latest(&ctx));
    sent(&permit.run_seed(&ctx, None));
    sent(&permit.run_with(&ctx, turn(), builder));
}
