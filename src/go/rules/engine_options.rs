//! `engine-options`: option slices, parameters, fields, `Config`, `ApplyOptions`, factory signatures with options.

mod conditions;
mod config;
mod dead;
mod forwarders;
mod live;
mod uses;
mod wrapped;

use self::forwarders::Forwarder;
use crate::finding::Level;
use crate::go::cx::{Change, Cx};
use crate::go::flow::Slot;
use crate::go::index::FileIdx;
use crate::go::lists;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::go::unit::{Decision, Unit};

/// Whether a factory is called with options.
pub(crate) fn has_options(cx: &Cx<'_>, site: &Site) -> bool {
    let call = cx.call_of_name(site.file, site.name);
    call.is_some_and(|call| cx.args(site.file, call).len() > 1)
}

/// The sink of `engine.WithSink(sink)`.
pub(crate) fn sink_of(cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let expr = syntax.bare(expr);
    let function = syntax.child(expr, "function").filter(|_| syntax.kind(expr) == "call_expression")?;
    let is_ours = match cx.inferred(file).callee(expr) {
        Some(callee) => cx.legacy.get(callee) == Some(Legacy::WithSink),
        None => wrapped::is_alias(cx, file, function),
    };
    is_ours.then(|| cx.args(file, expr).first().copied())?
}

/// What is known of the options of a unit as a whole.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    unit: &'a Unit,
    /// Functions that only hand their options on: they lose them, and their calls are constructions.
    forwarders: Vec<Forwarder>,
    /// What becomes of types and options wherever they stand.
    edits: Vec<Change>,
    /// Whether a sink among those that are handed on may be nil.
    has_absent: bool,
}

/// The options that a call is given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) args: Vec<NodeId>,
    /// Whether each argument is an option, and not one of them the list of all.
    pub(crate) is_variadic: bool,
    removal: Vec<Change>,
}

impl Given {
    pub(crate) fn removal(&self) -> Vec<Change> {
        self.removal.clone()
    }
}

impl Options<'_> {
    /// The options that a construction is given, if it is given any.
    pub(crate) fn given(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<Given> {
        let args = cx.args(file, call);
        let first = self.first_option(cx, file, call)?;
        let is_variadic = self.is_variadic(cx, file, call);
        let end = if is_variadic { args.len() } else { first + 1 };
        let options = args.get(first..end.min(args.len())).filter(|options| !options.is_empty())?.to_vec();
        let removal = lists::remove(cx, file, &args, first..first + options.len());
        Some(Given { args: options, is_variadic, removal })
    }

    /// The place of the first option among the arguments of a factory or a forwarder.
    fn first_option(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<usize> {
        match self.forwarder(cx, file, call) {
            Some(forwarder) => Some(forwarder.param),
            None => is_factory(cx, file, call).then_some(1),
        }
    }

    fn is_variadic(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
        self.forwarder(cx, file, call).is_none_or(|forwarder| forwarder.is_variadic)
    }

    fn forwarder(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<&Forwarder> {
        let (decl_file, decl) = cx.function_called(file, call)?;
        self.forwarders.iter().find(|forwarder| (forwarder.file, forwarder.decl) == (decl_file, decl))
    }

    /// Whether an expression is the parameter of a forwarder, which is gone then.
    pub(crate) fn is_gone(&self, cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> bool {
        let Slot::Param(file, decl, param) = cx.slot(file, expr) else { return false };
        self.forwarders.iter().any(|own| (own.file, own.decl, own.param) == (file, decl, param))
    }

    pub(crate) fn may_be_nil(&self) -> bool {
        self.has_absent
    }

    /// The text of an expression with sinks in place of options.
    pub(crate) fn text(&self, cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> String {
        let syntax = cx.syntax(file);
        let range = syntax.range(expr);
        let mut text = String::new();
        let mut at = range.start;
        let mut inside: Vec<&Change> = self
            .edits
            .iter()
            .filter(|change| {
                let own = change.edit.range();
                change.file == file && range.start <= own.start && own.end <= range.end
            })
            .collect();
        inside.sort();
        for change in inside {
            let own = change.edit.range();
            if own.start < at {
                continue;
            }
            text.push_str(syntax.slice(at..own.start));
            text.push_str(change.edit.text());
            at = own.end;
        }
        text + syntax.slice(at..range.end)
    }
}

/// Whether a call is of one of the module's factories.
pub(crate) fn is_factory(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let callee = cx.inferred(file).callee(call).and_then(|def| cx.legacy.get(def));
    matches!(callee, Some(Legacy::NewEngine | Legacy::CreateEngine))
}

/// Decides a unit of options.
pub(crate) fn decide(cx: &Cx<'_>, unit: &Unit) -> Decision {
    let live = || live::decide(cx, unit, forwarders::of(cx, unit));
    let Some(dead) = dead::decide(cx, unit) else { return live() };
    // What others may call keeps the sinks that they may give, if these can be followed.
    if dead.remarks.is_empty() {
        return dead;
    }
    let live = live();
    let outcomes =
        live.outcomes.iter().map(|(_, outcome)| outcome).chain(live.remarks.iter().map(|(.., outcome)| outcome));
    let is_open = outcomes.into_iter().any(|outcome| outcome.level == Level::Report);
    if is_open { dead } else { live }
}

/// Whether values of a type are options, or lists of them.
fn is_option_type(cx: &Cx<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Named(def, _) => cx.legacy.get(*def) == Some(Legacy::Option),
        Ty::Slice(inner) => is_option_type(cx, inner),
        _ => false,
    }
}

/// The place among the declarations of parameters of the one that declares just the parameter `wanted`.
fn declaration_of(cx: &Cx<'_>, file: FileIdx, declarations: &[NodeId], wanted: usize) -> Option<usize> {
    let syntax = cx.syntax(file);
    let mut at = 0;
    for (index, &declaration) in declarations.iter().enumerate() {
        let names = syntax.names(declaration).count().max(1);
        if at == wanted && names == 1 {
            return Some(index);
        }
        at += names;
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::{finding_at, migrated};

    const PRINTER: &str =
        "type printer struct{}\n\nfunc (*printer) PublishEvent(events.Event) error { return nil }\n\n";

    fn after(code: &str) -> String {
        let after = migrated(&format!("{PRINTER}{code}"), Level::Safe);
        after.replacen(PRINTER, "", 1)
    }

    fn level_at(code: &str, name: &str) -> Level {
        finding_at(&format!("{PRINTER}{code}"), name).level
    }

    const RUN: &str = "\teng, _ := factory.NewEngineFromParsedValues(nil, opts...)\n\teng.RunInference(ctx, turn)\n";

    #[test]
    fn options_are_sinks_along_the_way() {
        let code = format!(
            "func all(sink events.EventSink) []engine.Option {{\n\tvar opts []engine.Option\n\
             \topts = append(opts, engine.WithSink(sink))\n\treturn opts\n}}\n\n\
             func ask(ctx context.Context, turn *turns.Turn) {{\n\topts := all(&printer{{}})\n{RUN}}}\n"
        );
        let after = after(&code);
        assert!(after.contains("func all(sink events.EventSink) []events.EventSink {\n"), "{after}");
        assert!(after.contains("\topts = append(opts, sink)\n"), "{after}");
        assert!(after.contains("eng.RunInference(events.WithEventSinks(ctx, opts...), turn)"), "{after}");
    }

    #[test]
    fn an_option_that_may_have_no_sink_is_added_on_that_condition() {
        let code = format!(
            "func Ask(ctx context.Context, turn *turns.Turn, sink events.EventSink) {{\n\tvar opts []engine.Option\n\
             \topts = append(opts, engine.WithSink(sink))\n{RUN}}}\n"
        );
        let after_of = after;
        let after = after(&code);
        assert!(after.contains("\tif sink != nil {\n\t\topts = append(opts, sink)\n\t}\n"), "{after}");
        let literal = code.replace(
            "var opts []engine.Option\n\topts = append(opts, engine.WithSink(sink))",
            "with := engine.WithSink\n\topts := []engine.Option{with(&printer{}), with(sink)}",
        );
        let literal = after_of(&literal);
        assert!(literal.contains(") {\n\topts := []events.EventSink{&printer{}}\n\tif sink != nil {\n"), "{literal}");
        let counted = code.replace("\teng, _", "\tfmt.Println(len(opts))\n\teng, _");
        assert_eq!(level_at(&counted, "WithSink"), Level::Offered);
    }

    #[test]
    fn slices_that_change_behind_the_construction_are_copied_there() {
        let code = format!(
            "func ask(ctx context.Context, turn *turns.Turn) {{\n\topts := []engine.Option{{engine.WithSink(&printer{{}})}}\n{}}}\n",
            RUN.replace("\teng.Run", "\topts = nil\n\teng.Run")
        );
        let after = after(&code);
        assert!(after.contains("\tsinks := append([]events.EventSink(nil), opts...)\n"), "{after}");
        assert!(after.contains("events.WithEventSinks(ctx, sinks...)"), "{after}");
    }

    #[test]
    fn a_function_that_only_hands_its_options_on_loses_them() {
        let code = "func build(kind string, opts ...engine.Option) (engine.Engine, error) {\n\
                    \treturn factory.NewEngineFromParsedValues(nil, opts...)\n}\n\n\
                    func ask(ctx context.Context, turn *turns.Turn) {\n\
                    \teng, _ := build(\"a\", engine.WithSink(&printer{}))\n\teng.RunInference(ctx, turn)\n}\n";
        let after = after(code);
        assert!(after.contains("func build(kind string) (engine.Engine, error) {\n"), "{after}");
        assert!(after.contains("\tsink := &printer{}\n\teng, _ := build(\"a\")\n"), "{after}");
        assert!(after.contains("eng.RunInference(events.WithEventSinks(ctx, sink), turn)"), "{after}");
    }

    #[test]
    fn a_configuration_of_one_s_own_is_a_slice_of_sinks() {
        let code = "func sinks(opts ...engine.Option) ([]events.EventSink, error) {\n\tconfig := engine.NewConfig()\n\
                    \tif err := engine.ApplyOptions(config, opts...); err != nil {\n\t\treturn nil, err\n\t}\n\
                    \treturn config.EventSinks, nil\n}\n\nfunc f() { sinks(engine.WithSink(&printer{})) }\n";
        assert_eq!(
            after(code),
            "func sinks(opts ...events.EventSink) ([]events.EventSink, error) {\n\tvar config []events.EventSink\n\
             \tconfig = append(config, opts...)\n\treturn config, nil\n}\n\nfunc f() { sinks(&printer{}) }\n"
        );
    }

    #[test]
    fn options_that_nobody_gives_go_with_all_that_holds_them() {
        let code = "type config struct {\n\tkind string\n\topts []engine.Option // later\n}\n\n\
                    func build(c config, opts ...engine.Option) (engine.Engine, error) {\n\
                    \tall := append([]engine.Option{}, c.opts...)\n\tif len(opts) > 0 {\n\t\tall = append(all, opts...)\n\t}\n\
                    \treturn factory.NewEngineFromParsedValues(nil, all...)\n}\n\nfunc f() { build(config{\"a\", nil}) }\n";
        assert_eq!(
            after(code),
            "type config struct {\n\tkind string\n}\n\nfunc build(c config) (engine.Engine, error) {\n\
             \treturn factory.NewEngineFromParsedValues(nil)\n}\n\nfunc f() { build(config{\"a\"}) }\n"
        );
        let looked_at = code.replace("\treturn factory", "\tfmt.Println(len(all))\n\treturn factory");
        assert_eq!(level_at(&looked_at, "Option // later"), Level::Report);
    }

    #[test]
    fn a_factory_of_one_s_own_changes_once_nothing_else_is_legacy() {
        let code = "type mock struct{}\n\n\
                    func (mock) CreateEngine(_ *factory.ParsedValues, _ ...engine.Option) (engine.Engine, error) {\n\
                    \treturn nil, nil\n}\n\nfunc f(maker factory.EngineFactory) { maker.CreateEngine(nil) }\n";
        let changed = "func (mock) CreateEngine(_ *factory.ParsedValues) (engine";
        // `go.mod` stays at the old version, with which the changed code does not compile.
        assert_eq!(after(code), code);
        let offered = migrated(code, Level::Offered);
        assert!(offered.contains(changed), "{offered}");
        let beside =
            format!("{code}\nfunc g() {{ opts := []engine.Option{{engine.WithSink(nil)}}; fmt.Println(opts) }}\n");
        assert_eq!(level_at(&beside, "Option) (engine"), Level::Report);
    }

    #[test]
    fn an_engine_that_is_compared_keeps_its_sink() {
        let code = "func f(other engine.Engine) bool {\n\teng, _ := factory.NewEngineFromParsedValues(nil, engine.WithSink(&printer{}))\n\
                    \treturn eng == other\n}\n";
        assert_eq!(level_at(code, "WithSink"), Level::Report);
        let asked = code.replace("eng == other", "eng == nil");
        assert_ne!(level_at(&asked, "WithSink"), Level::Report);
    }

    #[test]
    fn constructions_in_one_function_have_variables_of_their_own() {
        let made = "\teng, _ := factory.NewEngineFromParsedValues(nil, engine.WithSink(&printer{}))\n\teng.RunInference(ctx, turn)\n";
        let code = format!(
            "func ask(ctx context.Context, turn *turns.Turn) {{\n{made}\tif turn != nil {{\n\t{}\t}}\n}}\n",
            made.replace("\n\t", "\n\t\t")
        );
        let after = after(&code);
        assert!(after.contains("\t\tsink2 := &printer{}\n"), "{after}");
        assert!(after.contains("\t\teng.RunInference(events.WithEventSinks(ctx, sink2), turn)\n"), "{after}");
    }

    #[test]
    fn options_that_do_more_or_go_out_of_sight_are_reported() {
        let own =
            "func f() { g(func(config *engine.Config) error { return nil }) }\n\nfunc g(opts ...engine.Option) {}\n";
        assert_eq!(level_at(own, "Option)"), Level::Report);
        let unknown = "func f() { opts := []engine.Option{engine.WithSink(&printer{})}; fmt.Println(opts) }\n";
        assert_eq!(level_at(unknown, "WithSink"), Level::Report);
        let called = "func f(config *engine.Config, opts ...engine.Option) { opts[0](config) }\n";
        assert_eq!(level_at(called, "Option)"), Level::Report);
    }
}
