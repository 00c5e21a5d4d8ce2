//! A Rust file as plain data: what syn parsed, lowered into arenas with byte spans and parent links.
//!
//! syn's trees are neither `Send` nor do they know their parents, and they stop at macro arguments. This form is
//! `Send + Sync`, can be walked upward, and holds the arguments of macros as ordinary expressions where they read so.
//! Spans are byte ranges of [`crate::source::Source::text`] (a byte order mark and a shebang are accounted for).

use std::ops::{Index, Range};

use crate::tree::FileId;

/// A byte range of a file's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

macro_rules! ids {
    ($($id:ident => $node:ident in $arena:ident,)*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $id(pub(crate) u32);

        impl Index<$id> for Hir {
            type Output = $node;
            fn index(&self, id: $id) -> &$node {
                &self.$arena[id.0 as usize]
            }
        }
    )*};
}

ids! {
    ItemId => Item in items,
    ExprId => Expr in exprs,
    StmtId => Stmt in stmts,
    PatId => Pat in pats,
    TypeId => TypeRef in types,
}

/// One lowered file. Ids are indices into the arenas of the same file.
#[derive(Clone, Debug)]
pub(crate) struct Hir {
    pub(crate) file: FileId,
    /// Top-level items in source order.
    pub(crate) roots: Vec<ItemId>,
    pub(crate) items: Vec<Item>,
    pub(crate) exprs: Vec<Expr>,
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) pats: Vec<Pat>,
    pub(crate) types: Vec<TypeRef>,
    /// Token regions of macros (calls and `macro_rules!` bodies) that were not read.
    pub(crate) opaque: Vec<Span>,
    /// End of byte order mark and shebang line: nothing is inserted in front of it.
    pub(crate) prologue: usize,
    /// Inner attributes and inner doc comments of the file (`#![…]`, `//!`).
    pub(crate) attrs: Vec<Attr>,
    /// What is compiled only under a condition, in source order of the attributes' owners.
    pub(crate) gates: Vec<Gate>,
}

/// A `#[cfg(…)]` on something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gate {
    /// The attribute.
    pub(crate) attr: Span,
    /// What it stands on, itself included.
    pub(crate) whole: Span,
    /// Whether that is a part of a body (a statement, an arm, an element), and not a declaration.
    pub(crate) in_body: bool,
}

/// An identifier; `text` is without `r#`, the span with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Attr {
    /// `cfg`, `derive`, `doc`, `tokio::main`, … without white space.
    pub(crate) path: String,
    /// From `#` to `]`, or the whole doc comment.
    pub(crate) span: Span,
    /// A `///`, `//!`, `/** */` or `#[doc = …]`.
    pub(crate) is_doc: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Public,
    /// `pub(crate)`, `pub(super)`, `pub(in …)`.
    Restricted,
    Private,
}

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) kind: ItemKind,
    pub(crate) name: Option<Name>,
    /// With attributes and doc comments.
    pub(crate) span: Span,
    pub(crate) visibility: Visibility,
    pub(crate) attrs: Vec<Attr>,
    pub(crate) generics: Generics,
    pub(crate) parent: ItemParent,
}

/// What an item stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemParent {
    /// The file itself.
    File,
    /// An inline module, trait or impl.
    Item(ItemId),
    /// A statement of a block.
    Stmt(StmtId),
}

#[derive(Clone, Debug)]
pub(crate) enum ItemKind {
    /// `mod x;` has no `items`.
    Module {
        items: Option<Vec<ItemId>>,
        path_attr: Option<String>,
    },
    Use(UseTree),
    /// `extern crate name as rename;` (`name` is the item's name).
    ExternCrate {
        rename: Option<Name>,
    },
    /// Unions too.
    Struct(Fields),
    Enum(Vec<Variant>),
    Fn(FnItem),
    Const {
        ty: TypeId,
        value: Option<ExprId>,
    },
    Static {
        ty: TypeId,
        value: Option<ExprId>,
    },
    TypeAlias {
        ty: Option<TypeId>,
        bounds: Vec<Path>,
    },
    Trait {
        items: Vec<ItemId>,
        supertraits: Vec<Path>,
    },
    Impl {
        self_ty: TypeId,
        trait_path: Option<Path>,
        items: Vec<ItemId>,
    },
    /// `macro_rules! name { … }`; the body is in [`Hir::opaque`].
    MacroRules {
        body: Span,
    },
    Macro(MacroCall),
    Other,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Generics {
    /// Type parameters only.
    pub(crate) params: Vec<GenericParam>,
    /// `where T: A + B`.
    pub(crate) predicates: Vec<(TypeId, Vec<Path>)>,
}

#[derive(Clone, Debug)]
pub(crate) struct GenericParam {
    pub(crate) name: Name,
    pub(crate) bounds: Vec<Path>,
    pub(crate) default: Option<TypeId>,
}

#[derive(Clone, Debug)]
pub(crate) enum Fields {
    Named(Vec<Field>),
    Tuple(Vec<Field>),
    Unit,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// `None` in tuple structs.
    pub(crate) name: Option<Name>,
    pub(crate) ty: TypeId,
    /// With attributes, without the comma.
    pub(crate) span: Span,
    pub(crate) visibility: Visibility,
    pub(crate) attrs: Vec<Attr>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: Name,
    pub(crate) fields: Fields,
    pub(crate) span: Span,
    pub(crate) attrs: Vec<Attr>,
}

#[derive(Clone, Debug)]
pub(crate) struct FnItem {
    pub(crate) is_async: bool,
    pub(crate) self_param: Option<SelfParam>,
    /// Without `self`.
    pub(crate) params: Vec<Param>,
    /// From behind `(` to in front of `)`.
    pub(crate) params_span: Span,
    pub(crate) ret: Option<TypeId>,
    /// A block expression.
    pub(crate) body: Option<ExprId>,
    /// What attribute macros evaluate among the parameters, each like the call of a macro.
    pub(crate) attribute_calls: Vec<ExprId>,
}

#[derive(Clone, Debug)]
pub(crate) struct SelfParam {
    pub(crate) by_ref: bool,
    pub(crate) mutable: bool,
    /// `self: Arc<Self>`.
    pub(crate) ty: Option<TypeId>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) pat: PatId,
    pub(crate) ty: TypeId,
    pub(crate) span: Span,
}

/// One node of a `use` declaration.
#[derive(Clone, Debug)]
pub(crate) struct UseTree {
    pub(crate) span: Span,
    pub(crate) leading_colon: bool,
    pub(crate) kind: UseKind,
}

#[derive(Clone, Debug)]
pub(crate) enum UseKind {
    /// `name::…`
    Path {
        name: Name,
        rest: Box<UseTree>,
    },
    /// `name` (also `self`)
    Name(Name),
    /// `name as rename` (also `as _`)
    Rename {
        name: Name,
        rename: Name,
    },
    Glob,
    /// `{…}`
    Group(Vec<UseTree>),
}

#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) leading_colon: bool,
    /// `<T as Trait>::…`: the `T`; the segments then are those of the trait followed by the rest.
    pub(crate) qself: Option<TypeId>,
    /// How many of the segments belong to the trait of the qualified self.
    pub(crate) qself_position: usize,
    pub(crate) segments: Vec<Segment>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) name: Name,
    pub(crate) args: GenericArgs,
}

#[derive(Clone, Debug)]
pub(crate) enum GenericArgs {
    None,
    /// `<A, Item = B>`; lifetimes and constants are left out.
    Angle {
        types: Vec<TypeId>,
        assoc: Vec<(Name, TypeId)>,
        span: Span,
    },
    /// `(A, B) -> C`
    Paren {
        inputs: Vec<TypeId>,
        output: Option<TypeId>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct TypeRef {
    pub(crate) kind: TypeKind,
    pub(crate) span: Span,
    pub(crate) parent: TypeParent,
}

/// What a written type stands in; nested types name the outer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeParent {
    Type(TypeId),
    Expr(ExprId),
    Stmt(StmtId),
    Item(ItemId),
    Pat(PatId),
}

#[derive(Clone, Debug)]
pub(crate) enum TypeKind {
    Path(Path),
    Ref {
        mutable: bool,
        inner: TypeId,
    },
    Tuple(Vec<TypeId>),
    Slice(TypeId),
    Array(TypeId),
    ImplTrait(Vec<Path>),
    DynTrait(Vec<Path>),
    Fn {
        params: Vec<TypeId>,
        ret: Option<TypeId>,
    },
    Pointer(TypeId),
    Never,
    Infer,
    /// A macro in type position and the like.
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
    pub(crate) parent: Parent,
}

/// What an expression stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// Operand, argument, arm, field value, macro argument, … of another expression.
    Expr(ExprId),
    /// Initializer, `else` block, or the statement itself.
    Stmt(StmtId),
    /// Body of a function, value of a constant, argument of an item macro, discriminant.
    Item(ItemId),
    /// A literal or constant block in a pattern.
    Pat(PatId),
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Path(Path),
    Lit(Lit),
    Call {
        callee: ExprId,
        args: Vec<ExprId>,
    },
    MethodCall {
        receiver: ExprId,
        method: Name,
        turbofish: Vec<TypeId>,
        args: Vec<ExprId>,
    },
    /// Tuple fields too (`name.text` is the number).
    Field {
        base: ExprId,
        name: Name,
    },
    Struct {
        path: Path,
        fields: Vec<FieldValue>,
        rest: Option<ExprId>,
    },
    Ref {
        mutable: bool,
        expr: ExprId,
    },
    Deref(ExprId),
    Unary {
        op: String,
        expr: ExprId,
    },
    /// Compound assignment (`+=`) too.
    Binary {
        op: String,
        lhs: ExprId,
        rhs: ExprId,
    },
    Assign {
        lhs: ExprId,
        rhs: ExprId,
    },
    Try(ExprId),
    Await(ExprId),
    Block {
        stmts: Vec<StmtId>,
        flavour: BlockFlavour,
        label: Option<Name>,
    },
    If {
        condition: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
    },
    /// `let pat = expr` in a condition.
    Let {
        pat: PatId,
        expr: ExprId,
    },
    Match {
        scrutinee: ExprId,
        arms: Vec<Arm>,
    },
    Loop {
        body: ExprId,
    },
    While {
        condition: ExprId,
        body: ExprId,
    },
    For {
        pat: PatId,
        iter: ExprId,
        body: ExprId,
    },
    Closure {
        params: Vec<(PatId, Option<TypeId>)>,
        ret: Option<TypeId>,
        body: ExprId,
        is_async: bool,
        is_move: bool,
    },
    Return(Option<ExprId>),
    Break(Option<ExprId>),
    Continue,
    Tuple(Vec<ExprId>),
    Array(Vec<ExprId>),
    Repeat {
        value: ExprId,
        len: ExprId,
    },
    Paren(ExprId),
    Index {
        base: ExprId,
        index: ExprId,
    },
    Range {
        from: Option<ExprId>,
        to: Option<ExprId>,
    },
    Cast {
        expr: ExprId,
        ty: TypeId,
    },
    Macro(MacroCall),
    /// Anything else, with its operands.
    Other(Vec<ExprId>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockFlavour {
    Plain,
    Unsafe,
    Const,
    Async { is_move: bool },
}

#[derive(Clone, Debug)]
pub(crate) enum Lit {
    /// The value of a string literal.
    Str(String),
    Bool(bool),
    Int(String),
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct FieldValue {
    pub(crate) name: Name,
    /// For the shorthand `Struct { name }` a path expression with the span of the name.
    pub(crate) value: ExprId,
    pub(crate) shorthand: bool,
    /// With attributes, without the comma.
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub(crate) pat: PatId,
    pub(crate) guard: Option<ExprId>,
    pub(crate) body: ExprId,
    /// With attributes; with the comma where there is one.
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct MacroCall {
    pub(crate) path: Path,
    /// From the path to the closing delimiter.
    pub(crate) span: Span,
    /// Inside the delimiters.
    pub(crate) inner: Span,
    pub(crate) content: MacroContent,
    /// Names that a format string takes from the scope: `{name}`, `{name:?}`, `{:width$}`; the span is the name's.
    pub(crate) captures: Vec<Name>,
}

#[derive(Clone, Debug)]
pub(crate) enum MacroContent {
    /// Arguments parted by commas (or the `;` of `vec![x; n]`); of `name = value` (format and tracing arguments), of
    /// `%value` / `?value` (tracing) and of `key: value` pairs (`json!`) the value.
    Exprs(Vec<ExprId>),
    /// The body read as statements: one block expression (its span is `inner`).
    Block(ExprId),
    /// `matches!`, `assert_matches!`: expression, pattern, guard, and further arguments.
    Matches { expr: ExprId, pat: PatId, guard: Option<ExprId>, rest: Vec<ExprId> },
    /// `tokio::select!`, `futures::select!`.
    Select { arms: Vec<SelectArm>, otherwise: Option<ExprId> },
    /// Not read; `inner` is in [`Hir::opaque`].
    Opaque,
}

#[derive(Clone, Debug)]
pub(crate) struct SelectArm {
    pub(crate) pat: PatId,
    pub(crate) future: ExprId,
    pub(crate) guard: Option<ExprId>,
    pub(crate) body: ExprId,
}

#[derive(Clone, Debug)]
pub(crate) struct Stmt {
    pub(crate) kind: StmtKind,
    /// With attributes and the semicolon.
    pub(crate) span: Span,
    /// Where it begins behind its attributes.
    pub(crate) head: u32,
    /// The block it stands in.
    pub(crate) block: ExprId,
    /// Its place among the block's statements.
    pub(crate) index: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum StmtKind {
    Let {
        pat: PatId,
        ty: Option<TypeId>,
        init: Option<ExprId>,
        otherwise: Option<ExprId>,
    },
    /// The last one of a block without semicolon is the block's value.
    Expr {
        expr: ExprId,
        semi: bool,
    },
    Item(ItemId),
    /// A lone `;`.
    Empty,
}

#[derive(Clone, Debug)]
pub(crate) struct Pat {
    pub(crate) kind: PatKind,
    pub(crate) span: Span,
    pub(crate) parent: PatParent,
}

/// What a pattern stands in; the inner patterns name the outer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatParent {
    Pat(PatId),
    /// `let`, `match`, `for`, `if let`, closure parameter, `matches!`, select arm.
    Expr(ExprId),
    Stmt(StmtId),
    /// A function's parameter.
    Item(ItemId),
}

#[derive(Clone, Debug)]
pub(crate) enum PatKind {
    /// May turn out to be a constant, unit struct or unit variant when it is resolved.
    Bind {
        name: Name,
        by_ref: bool,
        mutable: bool,
        sub: Option<PatId>,
    },
    Path(Path),
    TupleStruct {
        path: Path,
        pats: Vec<PatId>,
    },
    Struct {
        path: Path,
        fields: Vec<FieldPat>,
        rest: bool,
    },
    Tuple(Vec<PatId>),
    Ref(PatId),
    Slice(Vec<PatId>),
    Or(Vec<PatId>),
    Wild,
    /// `..`
    Rest,
    Lit(ExprId),
    /// Ranges, macros and the like.
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct FieldPat {
    pub(crate) name: Name,
    pub(crate) pat: PatId,
    pub(crate) shorthand: bool,
}
