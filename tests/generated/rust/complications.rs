//! What complicates any shape: how a run's outcome is looked at, how a value is kept, where a seed comes from.

use crate::rust::scene::Scene;

/// A function that runs and says in a `String` what came of it.
pub(crate) struct Answer<'a> {
    pub(crate) name: &'a str,
    pub(crate) parameters: &'a str,
    /// What hands the parameters on.
    pub(crate) arguments: &'a str,
    /// Statements before the run.
    pub(crate) setup: &'a str,
    /// The future of the run, on the context `<<ctx>>`.
    pub(crate) run: &'a str,
    /// An expression for that context, which the function may name first.
    pub(crate) ctx: &'a str,
    /// The run's error.
    pub(crate) error: Failure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Run,
    Engine,
}

impl Failure {
    fn name(self) -> &'static str {
        match self {
            Self::Run => "@RunError",
            Self::Engine => "@EngineError",
        }
    }

    /// Arms for single variants, before the one for the rest.
    fn arms(self, choice: usize) -> &'static str {
        match (self, choice % 3) {
            (Self::Run, 0) => {
                "Err(@RunError::State(@StateError::AlreadyRunning)) => \"busy\".to_owned(),\nErr(@RunError::Engine(@error)) => format!(\"failed: {@error}\"),"
            }
            (Self::Run, 1) => "Err(@RunError::State(_)) => String::from(\"busy\"),",
            (Self::Run, _) => {
                "Err(@RunError::Engine(@EngineError::Cancelled)) => \"failed: inference cancelled\".into(),"
            }
            (Self::Engine, _) => "Err(@EngineError::Cancelled) => \"failed: inference cancelled\".into(),",
        }
    }
}

const OUTCOMES: usize = 17;

/// The function, and in some forms another one that it calls.
pub(crate) fn answer(scene: &mut Scene<'_>, answer: &Answer<'_>) -> String {
    let form = scene.pick("outcome", OUTCOMES);
    let arms = scene.pick("arms", 3);
    let error = answer.error.name();
    // Macros that poll several futures at once keep no temporaries for them.
    let names_ctx = scene.pick("ctx", 2) == 0 || matches!(form, 14 | 15);
    let (named, ctx) = match names_ctx {
        true => (format!("let @ctx = {};", answer.ctx), "&@ctx".to_owned()),
        false => (String::new(), format!("&{}", answer.ctx)),
    };
    let run = answer.run.replace("<<ctx>>", &ctx);
    let setup = format!("{}\n{named}", answer.setup);
    let wrapped = match form {
        6 => Some((format!("Result<@Turn, {error}>"), format!("let @turn = {run}.await?;\nOk(@turn)"))),
        7 => Some((format!("Result<@Turn, {error}>"), format!("Ok({run}.await?)"))),
        8 => Some((format!("Result<@Turn, {error}>"), format!("{run}.await"))),
        9 => Some(("Result<@Turn, Box<dyn std::error::Error>>".to_owned(), format!("Ok({run}.await?)"))),
        10 => Some(("Result<@Turn, String>".to_owned(), format!("{run}.await.map_err(|@error| @error.to_string())"))),
        11 => Some((
            "Result<@Turn, String>".to_owned(),
            format!("let @turn = {run}.await.map_err(|@error| format!(\"{{@error}}\"))?;\nOk(@turn)"),
        )),
        12 => Some(("Result<@Turn, Own>".to_owned(), format!("Ok({run}.await?)"))),
        _ => None,
    };
    if form == 12 {
        scene.items(
            "/// What can go wrong here.\npub struct Own(String);\n\nimpl From<<<error>>> for Own {\n    fn from(@error: <<error>>) -> Self {\n        Self(@error.to_string())\n    }\n}\n\nimpl std::fmt::Display for Own {\n    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {\n        f.write_str(&self.0)\n    }\n}",
            &[("error", error)],
        );
    }
    if let Some((result, body)) = wrapped {
        let receiver = if answer.parameters.starts_with("&self") { "self." } else { "" };
        let Answer { name, parameters, arguments, .. } = answer;
        return format!(
            "async fn try_{name}({parameters}) -> {result} {{\n    {setup}\n    {body}\n}}\n\npub async fn {name}({parameters}) -> String {{\n    match {receiver}try_{name}({arguments}).await {{\n        Ok(@turn) => @said(&@turn),\n        Err(@error) => format!(\"failed: {{@error}}\"),\n    }}\n}}"
        );
    }
    let arms = if form == 1 { answer.error.arms(arms) } else { "" };
    let judged = |result: &str| {
        format!(
            "match {result} {{\n    Ok(@turn) => @said(&@turn),\n    {arms}\n    Err(@error) => format!(\"failed: {{@error}}\"),\n}}"
        )
    };
    let body = match form {
        0 | 1 => judged(&format!("{run}.await")),
        2 => format!("if let Ok(@turn) = {run}.await {{ @said(&@turn) }} else {{ \"failed\".to_string() }}"),
        3 => format!("let Ok(@turn) = {run}.await else {{\n    return \"failed\".to_string();\n}};\n@said(&@turn)"),
        4 => format!("{run}.await.map_or_else(|@error| format!(\"failed: {{@error}}\"), |@turn| @said(&@turn))"),
        5 => format!("let result = {run}.await;\n{}", judged("result")),
        13 => format!("let attempt = async {{ {run}.await }};\n{}", judged("attempt.await")),
        14 => format!(
            "tokio::select! {{\n    result = {run} => {},\n    () = std::future::pending() => String::new(),\n}}",
            judged("result")
        ),
        15 => format!("let (result, ()) = tokio::join!({run}, async {{}});\n{}", judged("result")),
        _ => {
            format!("format!(\"{{:?}}\", {run}.await.map(|@turn| @said(&@turn)).map_err(|@error| @error.to_string()))")
        }
    };
    let Answer { name, parameters, .. } = answer;
    format!("pub async fn {name}({parameters}) -> String {{\n    {setup}\n    {body}\n}}")
}

/// An expression for a turn that asks `prompt`, a `&str`.
pub(crate) fn asking(scene: &mut Scene<'_>, prompt: &str) -> String {
    match scene.pick("seed", 5) {
        1 => format!("@asked({prompt})"),
        2 => format!("@Turn::builder().with_system_prompt(\"be brief\").with_user_prompt({prompt}).build()"),
        3 => format!(
            "{{\n    let mut fresh = @Turn::default();\n    fresh.append(@Block::user_text({prompt}));\n    fresh\n}}"
        ),
        4 => format!("@Turn {{\n    blocks: vec![@Block::user_text({prompt})],\n    ..Default::default()\n}}"),
        _ => format!("@Turn::builder().with_user_prompt({prompt}).build()"),
    }
}

/// How a struct keeps a value that is a shared handle.
pub(crate) struct Keeping {
    way: usize,
}

impl Keeping {
    pub(crate) fn new(scene: &mut Scene<'_>, name: &str) -> Self {
        let way = scene.pick(&format!("keeping-{name}"), 7);
        let keeping = Self { way };
        if way == 6 {
            scene.items(
                "/// Keeps one thing.\npub struct Kept<T>(T);\n\nimpl<T> Kept<T> {\n    pub fn get(&self) -> &T {\n        &self.0\n    }\n}",
                &[],
            );
        }
        keeping
    }

    /// The type of the field that keeps a `kept`.
    pub(crate) fn of(&self, kept: &str) -> String {
        match self.way {
            1 => format!("Option<{kept}>"),
            2 => format!("@Mutex<{kept}>"),
            3 => format!("Box<{kept}>"),
            4 => format!("@Mutex<Option<{kept}>>"),
            5 => format!("@OnceLock<{kept}>"),
            6 => format!("Kept<{kept}>"),
            _ => kept.to_owned(),
        }
    }

    pub(crate) fn made(&self, value: &str) -> String {
        match self.way {
            1 => format!("Some({value})"),
            2 => format!("@Mutex::new({value})"),
            3 => format!("Box::new({value})"),
            4 => format!("@Mutex::new(Some({value}))"),
            5 => format!("@OnceLock::from({value})"),
            6 => format!("Kept({value})"),
            _ => value.to_owned(),
        }
    }

    /// What stands before the dot of a method call.
    pub(crate) fn read(&self, place: &str) -> String {
        match self.way {
            1 => format!("{place}.as_ref().unwrap()"),
            2 => format!("{place}.lock().unwrap()"),
            4 => format!("{place}.lock().unwrap().as_ref().unwrap()"),
            5 => format!("{place}.get().unwrap()"),
            6 => format!("{place}.get()"),
            _ => place.to_owned(),
        }
    }

    /// A handle of one's own.
    pub(crate) fn taken(&self, place: &str) -> String {
        match self.way {
            3 => format!("(*{place}).clone()"),
            _ => format!("{}.clone()", self.read(place)),
        }
    }
}
