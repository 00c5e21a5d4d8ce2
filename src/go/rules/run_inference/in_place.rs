//! Runs that need no session: the engine's own, or that of a builder's runner, where the core session ran.

use super::{forms, handle_name};
use crate::go::cx::Outcome;
use crate::go::index::FileIdx;
use crate::go::layout::{lay_out, nested};
use crate::go::proof;
use crate::go::rules::core_session;
use crate::go::rules::engine_sink::reach::is_call_of;
use crate::go::runs::{Form, form};
use crate::go::session::equipment::Equipment;
use crate::go::session::in_place::{Held, InPlace, Run, Seed, declaration};
use crate::go::session::{Sessions, leftovers, literal, steady};
use crate::go::sights;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::go::variables::{free, means_the_same};

/// Decides the sites of core sessions whose runs stand on their own.
pub(crate) fn decide(session: &Sessions<'_, '_>, all: &[InPlace], sites: &[Site]) -> Vec<(Site, Outcome)> {
    let written: Vec<Result<Outcome, Outcome>> = all.iter().map(|one| Place { session, one }.write()).collect();
    let of_site = |site: &Site| {
        let owner = all.iter().position(|one| one.owns(session.cx, site)).unwrap_or(0);
        match (&written[owner], site.legacy) {
            (Err(report), _) => report.clone(),
            (Ok(run), Legacy::RunInference) => run.clone(),
            (_, legacy) if all[owner].has_builder && is_part(legacy) => core_session::part(session, site),
            (Ok(run), _) => Outcome::safe(Vec::new(), run.help.clone()),
        }
    };
    sites.iter().map(|site| (*site, of_site(site))).collect()
}

fn is_part(legacy: Legacy) -> bool {
    use Legacy::{EventSinks, Persister, Registry, SnapshotHook, ToolConfig};
    matches!(legacy, Registry | ToolConfig | EventSinks | SnapshotHook | Persister)
}

/// What a run is written with.
struct Parts {
    /// The engine, or the variable of the builder.
    runner: String,
    /// The sinks for its context.
    sinks: Option<String>,
    /// The turn of the state, where there is one.
    turn: Option<String>,
}

/// A core session, and where its change is written to.
struct Place<'s, 'a, 'c> {
    session: &'s Sessions<'a, 'c>,
    one: &'s InPlace,
}

impl Place<'_, '_, '_> {
    /// Makes the changes, and says what becomes of the runs.
    fn write(&self) -> Result<Outcome, Outcome> {
        let Self { session, one } = self;
        let (file, made) = (one.literal.file, one.literal.node);
        let runs: Vec<NodeId> = one.runs.iter().map(|run| run.call).collect();
        // What the state was made with is evaluated in the order of its constructor.
        let mut front = Vec::new();
        if !one.reads.iter().any(|read| read.value == Held::Expr(one.creation.id)) {
            front.extend(leftovers::of(session, file, one.creation.id));
        }
        let turn = self.turn(&runs, &mut front);
        let behind = if one.has_builder { vec![made] } else { runs.clone() };
        let engine = self.carried(one.creation.engine, &behind, &["eng", "base"], &mut front);
        let mut lines = Vec::new();
        let outcome = match one.has_builder {
            true => {
                let equipment = Equipment::of(session, &one.literal, &one.plan, &engine)?;
                let builder = session.declared(file, made, &["builder"]);
                lines.extend(equipment.declare(session, &one.literal, &builder));
                self.build(&Parts { runner: builder, sinks: None, turn })?
            }
            false => {
                let sinks = self.sinks(&runs, &mut lines);
                self.run(&Parts { runner: self.operand(engine, one.creation.engine), sinks, turn })
            }
        };
        self.write_reads();
        self.write_declarations(front, lines);
        Ok(outcome)
    }

    /// How a value of the state is written behind it: as it is, where it is the same there, or as a variable, whose
    /// declaration joins `lines`.
    fn carried(&self, node: NodeId, behind: &[NodeId], names: &[&str], lines: &mut Vec<String>) -> String {
        let Self { session, one } = self;
        let text = session.draft.text(one.literal.file, node);
        if self.may_move(node, one.creation.call, behind) {
            return text;
        }
        let name = session.declared(one.literal.file, one.creation.call, names);
        lines.push(format!("{name} := {text}"));
        name
    }

    /// Whether an expression at `from` gives the same behind it. In one statement all but the engine, which stays in front,
    /// is evaluated later than it was.
    fn may_move(&self, node: NodeId, from: NodeId, behind: &[NodeId]) -> bool {
        let (cx, file) = (self.session.cx, self.one.literal.file);
        let may_wait = node == self.one.creation.engine || leftovers::is_idle(cx, file, node);
        let is_same = |&to: &NodeId| {
            let is_beside = may_wait && cx.stmt(file, from) == cx.stmt(file, to);
            is_beside || steady::is_kept(cx, file, node, from) && means_the_same(cx, file, node, to)
        };
        behind.iter().all(is_same) && (!self.one.repeats || proof::is_stable(cx, file, node))
    }

    /// The turn of the state, where a run may begin with it.
    fn turn(&self, runs: &[NodeId], lines: &mut Vec<String>) -> Option<String> {
        let Self { session, one } = self;
        let (file, turn) = (one.literal.file, one.creation.turn);
        if one.runs.iter().any(|run| !matches!(run.seed, Seed::Given(_))) {
            let is_there = *session.cx.ty(file, turn) != Ty::Nil;
            return is_there.then(|| self.carried(turn, runs, &["seed", "turn"], lines));
        }
        if !one.reads.iter().any(|read| read.value == Held::Expr(turn)) {
            lines.extend(leftovers::of(session, file, turn));
        }
        None
    }

    /// An engine in front of a dot: what begins with an operator, or with a block to the eyes of a parser, has parentheses.
    fn operand(&self, text: String, engine: NodeId) -> String {
        let (cx, file) = (self.session.cx, self.one.literal.file);
        let is_plain = |run: &Run| {
            let stmt = cx.stmt(file, run.call).map_or("", |stmt| cx.syntax(file).kind(stmt));
            ["short_var_declaration", "assignment_statement", "return_statement", "expression_statement"]
                .contains(&stmt)
        };
        let needs_parentheses = match cx.syntax(file).kind(engine) {
            "composite_literal" => !self.one.runs.iter().all(is_plain),
            "identifier" | "selector_expression" | "call_expression" | "parenthesized_expression" => false,
            _ => true,
        };
        let is_name = text.chars().all(|char| char.is_alphanumeric() || char == '_');
        if needs_parentheses && !is_name { format!("({text})") } else { text }
    }

    /// The sinks for the context of the runs, as arguments.
    fn sinks(&self, runs: &[NodeId], lines: &mut Vec<String>) -> Option<String> {
        let Self { session, one } = self;
        let (file, cx) = (one.literal.file, session.cx);
        let given = one.literal.parts.iter().find(|(part, ..)| *part == Legacy::EventSinks);
        let given = given.map(|&(_, _, value)| value).filter(|&value| *cx.ty(file, value) != Ty::Nil);
        if one.plan.sets_something() {
            return Some(self.collected_sinks(given, lines));
        }
        let value = given?;
        let may_move = |&node: &NodeId| self.may_move(node, one.literal.node, runs);
        let text = session.draft.text(file, value);
        match literal::elements(cx, file, value) {
            Some(elements) if elements.iter().all(may_move) => {
                let texts: Vec<String> = elements.iter().map(|&element| session.draft.text(file, element)).collect();
                return (!texts.is_empty()).then(|| texts.join(", "));
            }
            None if may_move(&value) && !literal::is_filled_later(session, file, value) => {
                return Some(format!("{text}..."));
            }
            _ => {}
        }
        let name = session.declared(file, one.literal.node, &["sinks"]);
        lines.push(format!("{name} := {text}"));
        Some(format!("{name}..."))
    }

    /// A slice that takes the sinks where the core session took them.
    fn collected_sinks(&self, given: Option<NodeId>, lines: &mut Vec<String>) -> String {
        let Self { session, one } = self;
        let Sessions { cx, draft, unit, .. } = session;
        let (file, syntax) = (one.literal.file, cx.syntax(one.literal.file));
        let name = session.declared(file, one.literal.node, &["sinks"]);
        let is_field =
            |site: &&Site| site.legacy == Legacy::EventSinks && one.owns(cx, site) && site.whole != site.name;
        for site in unit.sites.iter().filter(is_field) {
            draft.small(file, syntax.range(site.whole), name.clone());
        }
        let first = one.plan.settings().first().filter(|first| {
            let list = |stmt: NodeId| syntax.parent(stmt);
            let beside = cx.stmt(file, one.literal.node).and_then(list);
            syntax.kind(first.value) == "composite_literal" && beside.is_some() && list(first.stmt) == beside
        });
        let events = cx.package(file, "events");
        match (given, first.and_then(|first| syntax.child(first.stmt, "operator"))) {
            (Some(value), _) => lines.push(format!("{name} := {}", draft.text(file, value))),
            (None, Some(operator)) => draft.small(file, syntax.range(operator), ":="),
            (None, None) => lines.push(format!("var {name} []{events}EventSink")),
        }
        format!("{name}...")
    }

    /// The engine runs.
    fn run(&self, parts: &Parts) -> Outcome {
        let Self { session, one } = self;
        let Sessions { cx, draft, .. } = session;
        let (file, syntax) = (one.literal.file, cx.syntax(one.literal.file));
        for run in &one.runs {
            if must_end(session, file, run) {
                let lines = self.ending(run, &draft.text(file, run.ctx), parts);
                match form(cx, file, run.call) {
                    Some((stmt, Form::Returned)) => draft.replace_stmt(file, stmt, &lines),
                    _ => {
                        let indent = cx.stmt(file, run.call).map_or("", |stmt| cx.indent(file, stmt));
                        let text = lay_out(&[self.called(&lines)], indent);
                        draft.large(file, syntax.range(run.call), text);
                    }
                }
                continue;
            }
            draft.small(file, syntax.range(run.operand), parts.runner.clone());
            self.wrap_context(run, parts);
            match run.seed {
                Seed::Given(_) => {}
                Seed::Perhaps(seed) => {
                    let [opening, closing] = self.around_seed(seed, parts);
                    self.wrap(seed, &opening, &closing);
                }
                Seed::OfState(seed) => draft.small(file, syntax.range(seed), self.turn_of_state(parts)),
            }
        }
        Outcome::safe(Vec::new(), format!("the engine itself: `{}.RunInference(…)`", parts.runner))
    }

    /// The runner of a builder runs.
    fn build(&self, parts: &Parts) -> Result<Outcome, Outcome> {
        let Self { session, one } = self;
        let Sessions { cx, draft, .. } = session;
        let file = one.literal.file;
        for run in &one.runs {
            let Some((stmt, form)) = form(cx, file, run.call) else { return Err(super::inside()) };
            let text = draft.text(file, run.ctx);
            let is_plain = proof::is_stable(cx, file, run.ctx)
                || ["context.Background()", "context.TODO()"].contains(&text.as_str());
            let ctx = if is_plain { text.clone() } else { session.declared(file, run.call, &["runCtx"]) };
            let handle = handle_name(session, file, run.call, &form, &["runner", "run"]);
            let of_run = Parts { runner: handle.clone(), sinks: None, turn: parts.turn.clone() };
            let wait = match must_end(session, file, run) {
                true => self.called(&self.ending(run, &ctx, &of_run)),
                false => format!("{handle}.RunInference({ctx}, {})", self.seed(run, &of_run)),
            };
            let run = forms::Run {
                file,
                stmt,
                shared: None,
                in_front: (!is_plain).then(|| format!("{ctx} := {text}")),
                start: format!("{}.Build({ctx}, \"\")", parts.runner),
                wait,
                handle,
                handle_type: "InferenceRunner",
            };
            forms::rewrite(session, &run, &form)?;
        }
        let help = format!("`{}.Build(…)`, then the runner's `RunInference(…)`", parts.runner);
        Ok(sights::judge_runner(cx, Outcome::safe(Vec::new(), help)))
    }

    /// Statements that return what a run gives, and cancel its context when it has ended.
    fn ending(&self, run: &Run, ctx: &str, parts: &Parts) -> [String; 3] {
        let (cx, file) = (self.session.cx, self.one.literal.file);
        let [own, cancel] = ["runCtx", "cancel"].map(|name| free(cx, file, run.call, name));
        let [opening, closing] = around(&cx.package(file, "events"), parts);
        [
            format!("{own}, {cancel} := {}WithCancel({ctx})", cx.std_package(file, "context")),
            format!("defer {cancel}()"),
            format!("return {}.RunInference({opening}{own}{closing}, {})", parts.runner, self.seed(run, parts)),
        ]
    }

    /// The statements as a function that is called.
    fn called(&self, lines: &[String]) -> String {
        let turns = self.session.cx.package(self.one.literal.file, "turns");
        format!("func() (*{turns}Turn, error) {{\n{}\n}}()", nested(lines))
    }

    /// The context of a run takes the sinks along, behind those that it is given in the same place.
    fn wrap_context(&self, run: &Run, parts: &Parts) {
        let (cx, file) = (self.session.cx, self.one.literal.file);
        let Some(sinks) = &parts.sinks else { return };
        let is_listed = |&last: &NodeId| cx.syntax(file).kind(last) != "variadic_argument";
        let last = cx.args(file, run.ctx).last().copied().filter(is_listed);
        match last.filter(|_| is_call_of(cx, file, run.ctx, "events", "WithEventSinks") && !sinks.ends_with("...")) {
            Some(last) => self.wrap(last, "", &format!(", {sinks}")),
            None => {
                let [opening, closing] = around(&cx.package(file, "events"), parts);
                self.wrap(run.ctx, &opening, &closing);
            }
        }
    }

    fn wrap(&self, node: NodeId, opening: &str, closing: &str) {
        let (draft, file) = (self.session.draft, self.one.literal.file);
        let range = self.session.cx.syntax(file).range(node);
        for (at, text) in [(range.start, opening), (range.end, closing)] {
            if !text.is_empty() {
                draft.small(file, at..at, text);
            }
        }
    }

    /// The turn that a run begins with.
    fn seed(&self, run: &Run, parts: &Parts) -> String {
        let text = |node| self.session.draft.text(self.one.literal.file, node);
        match run.seed {
            Seed::Given(seed) => text(seed),
            Seed::Perhaps(seed) => {
                let [opening, closing] = self.around_seed(seed, parts);
                format!("{opening}{}{closing}", text(seed))
            }
            Seed::OfState(_) => self.turn_of_state(parts),
        }
    }

    /// What stands around a turn that may be nil: that of the state takes its place, or an empty one.
    fn around_seed(&self, seed: NodeId, parts: &Parts) -> [String; 2] {
        let (cx, file) = (self.session.cx, self.one.literal.file);
        let (cmp, turns) = (cx.std_package(file, "cmp"), cx.package(file, "turns"));
        let is_other = |turn: &&String| **turn != self.session.draft.text(file, seed);
        let others = match parts.turn.as_ref().filter(is_other) {
            Some(turn) if proof::is_not_nil(cx, file, self.one.creation.turn) => turn.clone(),
            Some(turn) => format!("{turn}, &{turns}Turn{{}}"),
            None => format!("&{turns}Turn{{}}"),
        };
        [format!("{cmp}Or("), format!(", {others})")]
    }

    /// The turn of the state, or an empty one.
    fn turn_of_state(&self, parts: &Parts) -> String {
        let (cx, file) = (self.session.cx, self.one.literal.file);
        match &parts.turn {
            Some(turn) if proof::is_not_nil(cx, file, self.one.creation.turn) => turn.clone(),
            Some(turn) => format!("{}Or({turn}, &{}Turn{{}})", cx.std_package(file, "cmp"), cx.package(file, "turns")),
            None => format!("&{}Turn{{}}", cx.package(file, "turns")),
        }
    }

    /// What was read of the state is what it held.
    fn write_reads(&self) {
        let Self { session, one } = self;
        let Sessions { cx, draft, .. } = session;
        let (file, syntax) = (one.literal.file, cx.syntax(one.literal.file));
        let mut unnamed = None;
        for read in &one.reads {
            let text = match read.value {
                Held::Expr(node) => draft.text(file, node),
                Held::Result(out) if syntax.text(out) == "_" => {
                    unnamed.get_or_insert_with(|| self.name_result(out)).clone()
                }
                Held::Result(out) => syntax.text(out).to_owned(),
            };
            draft.small(file, syntax.range(read.node), text);
        }
    }

    /// Gives the result of a run a name, in the place of a blank.
    fn name_result(&self, out: NodeId) -> String {
        let Sessions { cx, draft, .. } = self.session;
        let file = self.one.literal.file;
        let name = self.session.declared(file, out, &["out", "result"]);
        draft.small(file, cx.syntax(file).range(out), name.clone());
        if let Some(stmt) = cx.stmt(file, out).filter(|&stmt| cx.syntax(file).kind(stmt) == "assignment_statement") {
            let line = format!("var {name} *{}Turn", cx.package(file, "turns"));
            draft.insert_before(file, stmt, &[line]);
        }
        name
    }

    /// What stands where the state and the core session were made: `front` and `lines`.
    fn write_declarations(&self, front: Vec<String>, lines: Vec<String>) {
        let Self { session, one } = self;
        let (cx, file) = (session.cx, one.literal.file);
        let put = |stmt, lines: &[String]| match lines {
            [] => session.draft.remove_stmt(file, stmt),
            _ => session.draft.replace_stmt(file, stmt, lines),
        };
        let state = one.creation.variable.and(declaration(cx, file, one.creation.call));
        let lines = match state {
            Some(stmt) => {
                put(stmt, &front);
                lines
            }
            None if self.takes_sinks_first() => lines.into_iter().chain(front).collect(),
            None => front.into_iter().chain(lines).collect(),
        };
        match one.literal.variable.and(declaration(cx, file, one.literal.node)) {
            Some(stmt) => put(stmt, &lines),
            None => {
                if let Some(stmt) = cx.stmt(file, one.literal.node).filter(|_| !lines.is_empty()) {
                    session.draft.insert_before(file, stmt, &lines);
                }
            }
        }
    }

    /// Whether the sinks stand in front of the state in the core session's literal.
    fn takes_sinks_first(&self) -> bool {
        let (literal, creation) = (&self.one.literal, self.one.creation);
        literal.parts.iter().any(|&(part, element, _)| part == Legacy::EventSinks && element < creation.call)
    }
}

/// What stands around a context that takes sinks along.
fn around(events: &str, parts: &Parts) -> [String; 2] {
    match &parts.sinks {
        Some(sinks) => [format!("{events}WithEventSinks("), format!(", {sinks})")],
        None => [String::new(), String::new()],
    }
}

/// Whether the context of a run has to be cancelled when the run has ended, as it was: somebody may watch it, or it is none.
fn must_end(session: &Sessions<'_, '_>, file: FileIdx, run: &Run) -> bool {
    session.cx.sights().keeps_contexts || *session.cx.ty(file, run.ctx) == Ty::Nil
}
