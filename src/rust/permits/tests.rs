use super::super::testing::{drafted, finding_at, library_plan_of, migrated, plan_of};
use crate::finding::Level;
use crate::rules::{Rule, Trap};

const MADE: &str =
    "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet session = Session::new(state.clone());\n";
const RUN: &str = "let out = session.run_inference_started(&ctx, None).await;\nstate.finish_run();\ndrop(out);";
const AFTER: &str = "let out = session.run_under(&permit, &ctx, None).await;\ndrop(permit);\ndrop(out);";

/// What follows the session's construction.
fn after(body: &str) -> String {
    let after = migrated(&format!("{MADE}{body}"));
    after.lines().skip(1).collect::<Vec<_>>().join("\n")
}

fn level(body: &str, part: &str) -> (Level, Vec<Trap>) {
    let finding = finding_at(&format!("{MADE}{body}"), part);
    (finding.level, finding.traps)
}

/// Asserts what becomes of a claim in front of a run, which is safe.
fn becomes(claim: &str, permit: &str) {
    assert_eq!(after(&format!("{claim}\n{RUN}")), format!("{permit}\n{AFTER}"));
    assert_eq!(level(&format!("{claim}\n{RUN}"), "start_run").0, Level::Safe, "{claim}");
}

#[test]
fn a_claim_is_a_permit_where_it_stands() {
    becomes("state.start_run()?;", "let permit = session.reserve()?;");
    becomes("state.start_run().unwrap();", "let permit = session.reserve().unwrap();");
    becomes("let () = state.start_run()?;", "let permit = session.reserve()?;");
    becomes(
        "state.start_run().map_err(|e| e.to_string())?;",
        "let permit = session.reserve().map_err(|e| e.to_string())?;",
    );
    becomes(
        "let Ok(()) = state.start_run() else { return Ok(()) };",
        "let Ok(permit) = session.reserve() else { return Ok(()) };",
    );
    becomes("let claimed = state.start_run();\nclaimed?;", "let claimed = session.reserve();\nlet permit = claimed?;");
}

#[test]
fn a_refused_claim_leaves_as_before() {
    for test in [
        "state.start_run().is_err()",
        "!state.start_run().is_ok()",
        "matches!(state.start_run(), Err(_))",
        "state.start_run() != Ok(())",
        "state.start_run() == Err(StateError::AlreadyRunning)",
        "let Err(_) = state.start_run()",
        "let Err(StateError::AlreadyRunning) = state.start_run()",
    ] {
        becomes(
            &format!("if {test} {{ return Ok(()); }}"),
            "let Ok(permit) = session.reserve() else { return Ok(()); };",
        );
    }
    becomes(
        "if let Err(e) = state.start_run() {\n    return Err(e.into());\n}",
        "let permit = match session.reserve() {\n    Ok(permit) => permit,\n    Err(e) => {\n    return Err(e.into());\n}\n};",
    );
    becomes(
        "match state.start_run() {\n    Ok(()) => {}\n    Err(_) => return Ok(()),\n}",
        "let permit = match session.reserve() {\n    Ok(permit) => permit,\n    Err(_) => return Ok(()),\n};",
    );
    becomes(
        "if ctx.is_cancelled() || state.start_run().is_err() { return Ok(()); }",
        "let permit = if ctx.is_cancelled() { None } else { session.reserve().ok() };\n\
         let Some(permit) = permit else { return Ok(()); };",
    );
}

#[test]
fn a_claim_that_is_tried_again_ends_its_loop_with_the_permit() {
    becomes(
        "while state.start_run().is_err() { wait(); }",
        "let permit = loop {\n    if let Ok(permit) = session.reserve() {\n        break permit;\n    } wait(); };",
    );
    becomes(
        "loop {\n    if state.start_run().is_ok() { break; }\n    wait();\n}",
        "let permit = loop {\n    if let Ok(permit) = session.reserve() { break permit; }\n    wait();\n};",
    );
    becomes(
        "loop {\n    match state.start_run() {\n        Ok(()) => break,\n        Err(_) => wait(),\n    }\n}",
        "let permit = loop {\n    match session.reserve() {\n        Ok(permit) => break permit,\n        Err(_) => wait(),\n    }\n};",
    );
}

#[test]
fn a_granted_claim_is_a_pattern() {
    let inside = |open: &str, permit: &str| {
        assert_eq!(after(&format!("{open} {{\n{RUN}\n}}")), format!("{permit} {{\n{AFTER}\n}}"));
    };
    inside("if state.start_run().is_ok()", "if let Ok(permit) = session.reserve()");
    inside("if let Ok(()) = state.start_run()", "if let Ok(permit) = session.reserve()");
    inside(
        "if !ctx.is_cancelled() && state.start_run().is_ok()",
        "let permit = if !ctx.is_cancelled() { session.reserve().ok() } else { None };\nif let Some(permit) = permit",
    );
    inside(
        "if let Some(name) = name() && state.start_run().is_ok()",
        "if let Some(name) = name() && let Ok(permit) = session.reserve()",
    );
}

#[test]
fn a_permit_is_released_where_it_cannot_be_given_away() {
    let claim = "state.start_run()?;\n";
    let released = |body: &str, wanted: &str| {
        assert_eq!(after(&format!("{claim}{body}")), format!("let permit = session.reserve()?;\n{wanted}"));
    };
    released(
        "if ctx.is_cancelled() {\n    state.finish_run();\n}\nstate.finish_run();",
        "if ctx.is_cancelled() {\n    permit.release();\n}\ndrop(permit);",
    );
    released(
        "if ctx.is_cancelled() {\n    state.finish_run();\n    return Ok(());\n}\nstate.finish_run();",
        "if ctx.is_cancelled() {\n    drop(permit);\n    return Ok(());\n}\ndrop(permit);",
    );
    released(
        "let _done = defer(|| { state.finish_run(); wait(); });",
        "let _done = defer(|| { permit.release(); wait(); });",
    );
    released(
        "let run = session.run_inference_started(&ctx, None);\nlet out = run.await;\nstate.finish_run();\ndrop(out);",
        "let run = session.run_under(&permit, &ctx, None);\nlet out = run.await;\npermit.release();\ndrop(out);",
    );
    released("for _ in 0..2 { state.finish_run(); }", "for _ in 0..2 { permit.release(); }");
}

#[test]
fn a_claim_that_is_made_again_renews_the_permit() {
    let body = "state.start_run()?;\nfor _ in 0..2 {\n    drop(session.run_inference_started(&ctx, None).await);\n    \
                state.finish_run();\n    state.start_run()?;\n}\nstate.finish_run();";
    let wanted = "let mut permit = session.reserve()?;\nfor _ in 0..2 {\n    drop(session.run_under(&permit, &ctx, None).await);\n    \
                  permit.release();\n    permit = session.reserve()?;\n}\npermit.release();";
    assert_eq!(after(body), wanted);
}

#[test]
fn tasks_that_share_a_permit_have_a_handle_each() {
    let body = "state.start_run()?;\nlet own = state.clone();\nlet job = tokio::spawn(async move { own.finish_run() });\n\
                let out = session.run_inference_started(&ctx, None).await;\nstate.finish_run();\ndrop((out, job));";
    let wanted = "let permit = session.reserve().map(Arc::new)?;\n\
                  let job = tokio::spawn({ let permit = Arc::clone(&permit); async move { permit.release() } });\n\
                  let out = session.run_under(&permit, &ctx, None).await;\npermit.release();\ndrop((out, job));";
    assert_eq!(after(body), wanted);
}

#[test]
fn a_way_out_that_kept_the_claim_is_named() {
    let leak = |body: &str| level(&format!("state.start_run()?;\n{body}"), "start_run").1 == [Trap::ClaimLeak];
    assert!(leak(&format!("wait()?;\n{RUN}")));
    assert!(leak(&format!("if ctx.is_cancelled() {{ return Ok(()); }}\n{RUN}")));
    assert!(leak("let out = session.run_inference_started(&ctx, None).await?;\nstate.finish_run();\ndrop(out);"));
    assert!(leak("if ctx.is_cancelled() { state.finish_run(); }"));
    assert!(!leak(RUN));
    assert!(!leak(&format!("if ctx.is_cancelled() {{ state.finish_run(); return Ok(()); }}\n{RUN}")));
    assert!(!leak(
        "match session.run_inference_started(&ctx, None).await {\n    Ok(_) => state.finish_run(),\n    \
                   Err(_) => { state.finish_run(); }\n}"
    ));
    assert!(!leak(
        "loop {\n    if session.run_inference_started(&ctx, None).await.is_ok() { break; }\n}\nstate.finish_run();"
    ));
}

#[test]
fn a_cancel_that_reaches_more_than_before_is_named() {
    let reaches =
        |body: &str| level(&format!("{body}\ndrop(state.cancel_run());"), "start_run").1 == [Trap::CancelReaches];
    let stored = "let (run, cancel) = ctx.with_cancel();\nstate.set_cancel(cancel);\n";
    let run = "drop(session.run_inference_started(&ctx, None).await);\nstate.finish_run();";
    assert!(!reaches(&format!("state.start_run()?;\n{stored}{run}")));
    assert!(reaches(&format!("state.start_run()?;\n{run}")));
    assert!(reaches(&format!("state.start_run()?;\nwait();\n{stored}{run}")));
    assert_eq!(level(&format!("state.start_run()?;\n{run}"), "start_run").1, []);
}

#[test]
fn a_claim_that_nobody_looked_at_is_a_draft() {
    for claim in ["let _ = state.start_run();", "state.start_run().ok();", "drop(state.start_run());"] {
        let traps = level(&format!("{claim}\n{RUN}"), "run_inference_started");
        assert_eq!(traps, (Level::Draft, vec![Trap::UnclaimedRun]), "{claim}");
    }
}

/// What becomes of the items of a program.
fn items(code: &str) -> String {
    let code = format!("use geppetto::prelude::*;\nuse std::sync::Arc;\n{code}\nfn main() {{}}\n");
    let plan = plan_of(&code);
    let change = plan.changes.iter().find(|change| change.before.path().ends_with("main.rs"));
    change.map_or(code, |change| change.after.text().to_owned())
}

#[test]
fn functions_that_claim_and_end_for_others_hand_the_permit_over() {
    let after = items(
        "fn begin(state: &InferenceState) -> bool { state.start_run().is_ok() }\n\
         async fn run(core: &Session) -> bool { core.run_inference_started(&Context::background(), None).await.is_ok() }\n\
         fn end(state: &InferenceState) { state.finish_run(); }\n\
         async fn ask(state: &InferenceState, core: &Session) -> bool {\n    if !begin(state) { return false; }\n    \
         let out = run(core).await;\n    end(state);\n    out\n}",
    );
    assert!(after.contains("fn begin(state: &Session) -> Option<RunPermit> { state.reserve().ok() }"), "{after}");
    assert!(
        after.contains("async fn run(core: &Session, permit: &RunPermit) -> bool { core.run_under(permit, &Context"),
        "{after}"
    );
    assert!(after.contains("fn end(permit: RunPermit) { drop(permit); }"), "{after}");
    assert!(
        after.contains(
            "    let Some(permit) = begin(state) else { return false; };\n    \
             let out = run(core, &permit).await;\n    end(permit);\n    out"
        ),
        "{after}"
    );
}

#[test]
fn a_guard_holds_the_permit_that_it_gives_back() {
    let after = items(
        "struct Done(Arc<InferenceState>);\nimpl Drop for Done { fn drop(&mut self) { self.0.finish_run(); } }\n\
         struct Lent<'a>(&'a InferenceState);\nimpl Drop for Lent<'_> { fn drop(&mut self) { self.0.finish_run(); } }\n\
         fn hold(state: &Arc<InferenceState>) -> Result<Done, StateError> {\n    state.start_run()?;\n    Ok(Done(state.clone()))\n}\n\
         async fn ask(state: &Arc<InferenceState>, core: &Session) -> Result<bool, StateError> {\n    let _done = hold(state)?;\n    \
         Ok(core.run_inference_started(&Context::background(), None).await.is_ok())\n}\n\
         async fn lend(state: &Arc<InferenceState>, core: &Session) -> Result<bool, StateError> {\n    state.start_run()?;\n    \
         let _lent = Lent(state);\n    Ok(core.run_inference_started(&Context::background(), None).await.is_ok())\n}",
    );
    assert!(after.contains("struct Done(Arc<RunPermit>);"), "{after}");
    assert!(after.contains("fn drop(&mut self) { self.0.release(); }"), "{after}");
    assert!(after.contains("let permit = state.reserve().map(Arc::new)?;\n    Ok(Done(permit.clone()))"), "{after}");
    assert!(after.contains("core.run_under(&_done.0, &Context::background(), None)"), "{after}");
    assert!(after.contains("struct Lent<'a>(&'a RunPermit);"), "{after}");
    assert!(after.contains("let _lent = Lent(&permit);\n    Ok(core.run_under(&permit, "), "{after}");
}

#[test]
fn a_type_that_begins_and_ends_for_anybody_keeps_the_permit_in_a_slot() {
    let after = items(
        "#[derive(Clone)]\nstruct Chat {\n    state: Arc<InferenceState>,\n}\nimpl Chat {\n    \
         fn begin(&self) -> Result<(), StateError> { self.state.start_run() }\n    \
         fn end(&self) { self.state.finish_run() }\n}\n\
         fn chat(state: Arc<InferenceState>) -> Chat {\n    Chat { state }\n}\n\
         fn twice(chat: &Chat) { println!(\"{:?} {}\", chat.begin(), chat.begin().is_ok()); chat.end(); }",
    );
    assert!(
        after.contains(
            "    permit: std::sync::Arc<std::sync::Mutex<Option<std::sync::Arc<RunPermit>>>>,\n    state: Session,"
        ),
        "{after}"
    );
    assert!(after.contains("Chat { permit: Default::default(), state }"), "{after}");
    assert!(
        after.contains(
            "self.state.reserve().map(|permit| *self.permit.lock().unwrap() = Some(std::sync::Arc::new(permit)))"
        ),
        "{after}"
    );
    assert!(
        after.contains(
            "fn end(&self) { if let Some(permit) = self.permit.lock().unwrap().take() { permit.release(); } }"
        ),
        "{after}"
    );
}

#[test]
fn parts_without_a_claim_in_sight_are_drafts() {
    let code = "pub struct Line(Arc<InferenceState>, Session);\nimpl Line {\n    \
                pub fn new(engine: Arc<dyn Engine>) -> Line {\n        \
                let state = Arc::new(InferenceState::new(\"a\", None, engine));\n        Line(state.clone(), Session::new(state))\n    }\n    \
                pub fn begin(&self) -> bool { self.0.start_run().is_ok() }\n    \
                pub async fn run(&self) -> bool { self.1.run_inference_started(&Context::background(), None).await.is_ok() }\n    \
                pub fn end(&self) { self.0.finish_run() }\n}";
    let plan = library_plan_of(&format!("use geppetto::prelude::*;\nuse std::sync::Arc;\n{code}\n"));
    let of_parts: Vec<_> = plan.findings.iter().filter(|finding| finding.rule == Rule::RunLifecycle).collect();
    let traps: Vec<&[Trap]> = of_parts.iter().map(|finding| finding.traps.as_slice()).collect();
    assert!(of_parts.iter().all(|finding| finding.level == Level::Draft));
    assert_eq!(traps, [[Trap::CheckThenAct], [Trap::UnclaimedRun], [Trap::KillFreesLater]]);
}

#[test]
fn a_permit_is_bound_behind_the_attributes_of_its_claim() {
    let claim = |attribute: &str| format!("{attribute}\nstate.start_run()?;\n{attribute}\nstate.finish_run();");
    let permit = |attribute: &str| format!("{attribute}\nlet permit = session.reserve()?;\n{attribute}\ndrop(permit);");
    for attribute in ["#[cfg(unix)]", "#[allow(unused)]"] {
        assert_eq!(after(&claim(attribute)), permit(attribute));
    }
}

#[test]
fn a_permit_that_no_code_is_sure_to_name_says_so() {
    let finish = "#[cfg(unix)]\nstate.finish_run();";
    assert_eq!(
        after(&format!("state.start_run()?;\n{finish}")),
        "let _permit = session.reserve()?;\n#[cfg(unix)]\ndrop(_permit);"
    );
    let apart = "if a() {\n    state.start_run()?;\n}\nif b() {\n    state.finish_run();\n}";
    let after = drafted(&format!("{MADE}{apart}"));
    assert!(after.contains("    let _permit = session.reserve()?;\n"), "{after}");
}

#[test]
fn a_permit_is_not_named_where_its_claim_may_be_missing() {
    let body = format!("{MADE}#[cfg(unix)]\nstate.start_run()?;\nstate.finish_run();");
    assert_eq!(level(&body[MADE.len()..], "start_run").0, Level::Draft);
    assert!(!drafted(&body).contains("permit ="), "{}", drafted(&body));
}

#[test]
fn a_local_that_only_a_guard_was_given_goes() {
    let guard = "struct Guard(Arc<InferenceState>);\nimpl Drop for Guard {\n    fn drop(&mut self) {\n        self.0.finish_run();\n    }\n}\n";
    let body = "state.start_run()?;\nlet own = state.clone();\nlet _guard = Guard(own.clone());\n\
                drop(session.run_inference_started(&ctx, None).await);";
    let after = migrated(&format!("{guard}{MADE}{body}"));
    assert!(after.contains("let _guard = Guard(permit") || after.contains("let _guard = Guard(&permit"), "{after}");
    assert!(!after.contains("own"), "{after}");
}

#[test]
fn a_permit_takes_no_name_that_means_something() {
    let claim = "state.start_run()?;\nstate.finish_run();";
    for item in ["const permit: u8 = 1;", "fn permit() {}", "static permit: u8 = 1;"] {
        let body = format!("{item}\n{MADE}{claim}");
        assert!(migrated(&body).contains("let permit2 = session.reserve()?;"), "{}", migrated(&body));
    }
}

#[test]
fn what_is_of_another_state_is_not_under_the_claim() {
    let gate = "let gate = Arc::new(InferenceState::new(\"g\", None, engine.clone()));\n";
    let run = "drop(session.run_inference_started(&ctx, None).await);\ngate.finish_run();";
    let apart = format!("{gate}{MADE}gate.start_run()?;\n{run}");
    let finding = finding_at(&apart, "run_inference_started");
    assert_eq!((finding.level, finding.traps), (Level::Draft, vec![Trap::UnclaimedRun]));
    assert!(drafted(&apart).contains("session.run_seed(&ctx, None)"), "{}", drafted(&apart));
    let finish = format!("{gate}{MADE}state.start_run()?;\n{run}");
    assert_eq!(finding_at(&finish, "finish_run").level, Level::Draft);
}
