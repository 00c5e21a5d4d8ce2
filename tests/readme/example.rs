//! The README's example, compiled and run.

include!("sessions.rs");

#[test]
fn two_prompts_are_answered_in_one_session() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let heard = runtime.block_on(ask_twice(&Context::background())).unwrap();
    assert!(heard > 0);
}
