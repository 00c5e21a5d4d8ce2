//! Reads `go.mod` and `go.work`: what of them says which modules there are and where their imports lead.

mod lexer;

use std::ops::Range;

use self::lexer::{Line, Word, lines};

/// A `go.mod` or a `go.work`; both are written in the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ModFile {
    /// The path that `module` gives.
    pub(crate) module: Option<Text>,
    pub(crate) requires: Vec<Require>,
    pub(crate) replaces: Vec<Replace>,
    /// The folders that a `go.work` takes in.
    pub(crate) uses: Vec<Text>,
}

/// A text without its quotes, and its bytes in the file with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
}

/// `require PATH VERSION`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Require {
    pub(crate) path: Text,
    pub(crate) version: Text,
    /// Whether nothing of the module imports it.
    pub(crate) is_indirect: bool,
}

/// `replace PATH [VERSION] => PATH [VERSION]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replace {
    pub(crate) old: Text,
    /// The only version that is replaced, if not all are.
    pub(crate) old_version: Option<Text>,
    pub(crate) new: Text,
    /// `None` where `new` is a folder.
    pub(crate) new_version: Option<Text>,
}

impl Replace {
    /// The folder that stands for the module, as it is written.
    pub(crate) fn folder(&self) -> Option<&str> {
        let text = self.new.text.as_str();
        let is_folder = ["./", "../", "/"].iter().any(|start| text.starts_with(start)) || matches!(text, "." | "..");
        (self.new_version.is_none() && is_folder).then_some(text)
    }
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl Flaw {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

/// Reads a `go.mod`, which must name its module.
pub(crate) fn parse_mod(text: &str) -> Result<ModFile, Flaw> {
    let file = parse(text)?;
    match file.module {
        Some(_) => Ok(file),
        None => Err(Flaw::new(0, "there is no `module` directive")),
    }
}

/// Reads a `go.work`.
pub(crate) fn parse_work(text: &str) -> Result<ModFile, Flaw> {
    parse(text)
}

/// Directives that nobody here knows are left to the Go tools.
fn parse(text: &str) -> Result<ModFile, Flaw> {
    let mut file = ModFile::default();
    let mut block: Option<Word> = None;
    for line in lines(text)? {
        let words = line.words.as_slice();
        match (&block, words) {
            (_, []) => {}
            (Some(_), [word]) if word.is(")") => block = None,
            (Some(verb), _) => file.directive(&verb.text.text, words, &line)?,
            (None, [verb, open]) if open.is("(") => block = Some(verb.clone()),
            (None, [_, open, close]) if open.is("(") && close.is(")") => {}
            (None, [verb, rest @ ..]) => file.directive(&verb.text.text, rest, &line)?,
        }
    }
    match block {
        Some(verb) => Err(Flaw::new(verb.text.range.start, "this block is not closed")),
        None => Ok(file),
    }
}

impl ModFile {
    fn directive(&mut self, verb: &str, words: &[Word], line: &Line) -> Result<(), Flaw> {
        let wrong = |usage: &str| Err(Flaw::new(line.start, format!("write `{usage}`")));
        match verb {
            "module" => match words {
                [path] if self.module.is_none() => self.module = Some(path.text.clone()),
                [_] => return Err(Flaw::new(line.start, "there is more than one `module` directive")),
                _ => return wrong("module PATH"),
            },
            "require" => match words {
                [path, version] => self.requires.push(Require {
                    path: path.text.clone(),
                    version: version.text.clone(),
                    is_indirect: line.comment.split(';').next().is_some_and(|note| note.trim() == "indirect"),
                }),
                _ => return wrong("require PATH VERSION"),
            },
            "replace" => match replace(words) {
                Some(replace) => self.replaces.push(replace),
                None => return wrong("replace PATH [VERSION] => PATH [VERSION]"),
            },
            "use" => match words {
                [folder] => self.uses.push(folder.text.clone()),
                _ => return wrong("use FOLDER"),
            },
            _ => {}
        }
        Ok(())
    }
}

fn replace(words: &[Word]) -> Option<Replace> {
    let arrow = words.iter().position(|word| word.is("=>"))?;
    let side = |words: &[Word]| match words {
        [path] => Some((path.text.clone(), None)),
        [path, version] => Some((path.text.clone(), Some(version.text.clone()))),
        _ => None,
    };
    let ((old, old_version), (new, new_version)) = (side(&words[..arrow])?, side(&words[arrow + 1..])?);
    Some(Replace { old, old_version, new, new_version })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOD: &str = "// The app.\nmodule \"example.com/app\" // canonical\r\n\ngo 1.24\n\nrequire example.com/one v1.0.0\n\n\
        require (\n\texample.com/two v0.0.0-20240101000000-abcdef123456 // indirect; why\n\t`example.com/three` v1.2.3+incompatible\n)\n\n\
        replace example.com/one => ../one\n\nreplace (\n\texample.com/two v0.1.0 => example.com/fork v0.2.0\n)\n\n\
        exclude example.com/one v0.9.0\nretract [v1.0.0, v1.1.0] // oops\nretract (\n)\ntoolchain go1.24.1\ntool example.com/x\n";

    #[test]
    fn directives_are_read_with_their_places() {
        let file = parse_mod(MOD).unwrap();
        let module = file.module.unwrap();
        assert_eq!((module.text.as_str(), &MOD[module.range]), ("example.com/app", "\"example.com/app\""));
        let requires =
            file.requires.iter().map(|one| (one.path.text.as_str(), &MOD[one.version.range.clone()], one.is_indirect));
        let expected = [
            ("example.com/one", "v1.0.0", false),
            ("example.com/two", "v0.0.0-20240101000000-abcdef123456", true),
            ("example.com/three", "v1.2.3+incompatible", false),
        ];
        assert_eq!(requires.collect::<Vec<_>>(), expected);
        let replaces: Vec<_> =
            file.replaces.iter().map(|one| (one.old.text.as_str(), one.folder(), one.new_version.is_some())).collect();
        assert_eq!(replaces, [("example.com/one", Some("../one"), false), ("example.com/two", None, true)]);
    }

    #[test]
    fn a_workspace_uses_folders() {
        let file = parse_work("go 1.24\nuse ./app\nuse (\n\t./lib // the library\n\t\"./with space\"\n)\n").unwrap();
        let uses: Vec<&str> = file.uses.iter().map(|folder| folder.text.as_str()).collect();
        assert_eq!(uses, ["./app", "./lib", "./with space"]);
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let cases = [
            ("go 1.24\n", 0, "there is no `module` directive"),
            ("module a\nmodule b\n", 9, "there is more than one `module` directive"),
            ("module a\nrequire b\n", 9, "write `require PATH VERSION`"),
            ("module a\nrequire (\n\tb v1\n", 9, "this block is not closed"),
            ("module a\nreplace b => c d e\n", 9, "write `replace PATH [VERSION] => PATH [VERSION]`"),
            ("module \"a\nb\"\n", 7, "this quoted text is not closed"),
            ("module a /* b */\n", 9, "only `//` begins a comment here"),
        ];
        for (text, offset, message) in cases {
            assert_eq!(parse_mod(text), Err(Flaw::new(offset, message)), "{text}");
        }
    }
}
