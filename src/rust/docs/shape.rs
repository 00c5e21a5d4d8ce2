//! What an example is: a whole program, items, or statements that rustdoc puts into a function.

use syn::spanned::Spanned as _;
use syn::{Block, Expr, File, Item, Stmt};

use super::super::lower::with_stack;

/// What has to stand around an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing: it is a program, or items.
    Items,
    /// A function with this signature, behind so many lines with imports.
    Statements { imports: usize, signature: String },
}

/// What macros at the top of an example declare items.
const DECLARING: &[&str] = &["macro_rules", "thread_local", "lazy_static", "cfg_if", "bitflags"];

/// Works out what `code` is. Code that does not parse is taken for statements.
pub(super) fn shape(code: &str) -> Shape {
    let plain = || Shape::Statements { imports: 0, signature: "fn main()".to_owned() };
    let parsed = with_stack(code, || {
        let shape = match syn::parse_str::<File>(code) {
            Ok(file) if file.items.iter().all(is_declaration) => Shape::Items,
            _ => syn::parse_str::<Block>(&format!("{{\n{code}\n}}"))
                .map_or_else(|_| plain(), |block| statements(code, &block)),
        };
        proc_macro2::extra::invalidate_current_thread_spans();
        shape
    });
    parsed.unwrap_or_else(plain)
}

fn is_declaration(item: &Item) -> bool {
    match item {
        Item::Macro(item) => {
            item.mac.path.segments.last().is_some_and(|last| DECLARING.iter().any(|name| last.ident == name))
        }
        _ => true,
    }
}

fn statements(code: &str, block: &Block) -> Shape {
    let is_import = |stmt: &&Stmt| matches!(stmt, Stmt::Item(Item::Use(_) | Item::ExternCrate(_)));
    let last = block.stmts.iter().take_while(is_import).last();
    // The line of the brace, which the code does not have, counts too.
    let imports = last.map_or(0, |last| last.span().end().line - 1);
    let is_parted =
        block.stmts.iter().find(|stmt| !is_import(stmt)).is_none_or(|next| next.span().start().line - 1 > imports);
    let asynchronous = if code.contains(".await") { "async " } else { "" };
    let result = result(code, block).map_or_else(String::new, |error| format!(" -> Result<(), {error}>"));
    let blank = code.lines().skip(imports).take_while(|line| line.trim().is_empty()).count();
    let imports = if is_parted && imports > 0 { imports + blank } else { 0 };
    Shape::Statements { imports, signature: format!("{asynchronous}fn main(){result}") }
}

/// The error that `?` in the example may become: rustdoc takes it from `Ok::<(), E>(())` at the end; elsewhere any.
fn result(code: &str, block: &Block) -> Option<String> {
    const ANY: &str = "Box<dyn std::error::Error>";
    if let Some(Stmt::Expr(Expr::Call(call), None)) = block.stmts.last()
        && let Expr::Path(path) = &*call.func
        && let Some(ok) = path.path.segments.last().filter(|last| last.ident == "Ok")
    {
        let syn::PathArguments::AngleBracketed(args) = &ok.arguments else { return Some(ANY.to_owned()) };
        let error = args.args.iter().nth(1)?.span().byte_range();
        // The brace and the line end in front of the code.
        return code.get(error.start.checked_sub(2)?..error.end.checked_sub(2)?).map(str::to_owned);
    }
    code.contains('?').then(|| ANY.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(code: &str) -> String {
        match shape(code) {
            Shape::Items => "items".to_owned(),
            Shape::Statements { imports, signature } => format!("{imports} {signature}"),
        }
    }

    #[test]
    fn programs_and_items_stand_for_themselves() {
        assert_eq!(signature("use a::b;\n#[tokio::main]\nasync fn main() {}"), "items");
        assert_eq!(signature("struct A;\nimpl A {}"), "items");
        assert_eq!(signature("use a::b;\nassert!(b());"), "1 fn main()");
    }

    #[test]
    fn statements_get_the_function_that_rustdoc_gives_them() {
        assert_eq!(signature("use a::{\n    b,\n    c,\n};\n\nb();"), "5 fn main()");
        assert_eq!(signature("let x = a()?;\nOk::<(), a::Error<u8>>(())"), "0 fn main() -> Result<(), a::Error<u8>>");
        assert_eq!(signature("a().await?;"), "0 async fn main() -> Result<(), Box<dyn std::error::Error>>");
        assert_eq!(signature("use a; b();"), "0 fn main()");
        assert_eq!(signature("let x = ...;"), "0 fn main()");
    }
}
