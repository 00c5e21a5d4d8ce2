//! What one apply wrote below one folder, as a file: the old text of every file, and the texts it was given.

use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// The form of the files; others are not read.
const VERSION: i64 = 1;

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// From the folder that the record is about, where it lies below that.
    pub(super) path: PathBuf,
    /// Its old text; nothing for a lock file that there was not.
    pub(super) before: Option<String>,
    /// The texts it was given, one after the other.
    pub(super) written: Vec<String>,
    /// Whether it is a lock file, which its tools write whenever they want.
    pub(super) is_lock: bool,
}

/// The files that one apply wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) entries: Vec<Entry>,
}

impl Record {
    pub(super) fn to_toml(&self) -> String {
        let mut files = ArrayOfTables::new();
        for entry in &self.entries {
            let mut table = Table::new();
            table["path"] = path_item(&entry.path);
            if let Some(before) = &entry.before {
                table["before"] = value(before);
            }
            table["written"] = value(entry.written.iter().collect::<Array>());
            table["lock"] = value(entry.is_lock);
            files.push(table);
        }
        let mut document = DocumentMut::new();
        document["version"] = value(VERSION);
        document["file"] = Item::ArrayOfTables(files);
        document.to_string()
    }

    /// Nothing where the text is not of this form.
    pub(super) fn from_toml(text: &str) -> Option<Self> {
        let document: DocumentMut = text.parse().ok()?;
        if document.get("version")?.as_integer() != Some(VERSION) {
            return None;
        }
        let entry = |table: &Table| {
            let written = table.get("written")?.as_array()?.iter();
            Some(Entry {
                path: path_of(table.get("path")?)?,
                before: table.get("before").and_then(Item::as_str).map(str::to_owned),
                written: written.map(|text| text.as_str().map(str::to_owned)).collect::<Option<_>>()?,
                is_lock: table.get("lock")?.as_bool()?,
            })
        };
        let entries = document.get("file")?.as_array_of_tables()?.iter().map(entry).collect::<Option<_>>()?;
        Some(Self { entries })
    }
}

/// A path that is no text is written as its bytes.
fn path_item(path: &Path) -> Item {
    match path.to_str() {
        Some(text) => value(text),
        None => value(path.as_os_str().as_encoded_bytes().iter().map(|byte| i64::from(*byte)).collect::<Array>()),
    }
}

fn path_of(item: &Item) -> Option<PathBuf> {
    if let Some(text) = item.as_str() {
        return Some(PathBuf::from(text));
    }
    let bytes = item.as_array()?.iter().map(|byte| u8::try_from(byte.as_integer()?).ok());
    path_of_bytes(bytes.collect::<Option<_>>()?)
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was() {
        let awkward = "\u{feff}a\r\nb\rc\t\"\"\"\\ ''' ä\u{0}\u{7f}\u{1b}\u{2028}\n\n";
        let entries = ["", "\n", "\r\n", "plain", "'", "\"\"\"", "\\", awkward].map(|text| Entry {
            path: PathBuf::from(format!("src/{}ä '\"\\.rs", text.len())),
            before: Some(text.to_owned()),
            written: vec![text.repeat(2), format!("{text}{awkward}")],
            is_lock: false,
        });
        let lock = Entry { path: "Cargo.lock".into(), before: None, written: vec![String::new()], is_lock: true };
        let record = Record { entries: entries.into_iter().chain([lock]).collect() };
        assert_eq!(Record::from_toml(&record.to_toml()), Some(record));
    }

    #[test]
    fn other_forms_are_not_read() {
        for text in ["", "version = 2\n[[file]]\n", "version = 1\nfile = 3\n", "version = 1\n[[file]]\npath = 1\n", "}"]
        {
            assert_eq!(Record::from_toml(text), None, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9.rs"));
        assert_eq!(path_of(&path_item(path)).as_deref(), Some(path));
    }
}
