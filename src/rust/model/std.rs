// What the inference knows of the standard library: signatures only, simplified where that loses nothing for the rules.
// `iter::Iter<T>` stands for every iterator over `T`.

pub mod prelude {
    pub use crate::boxed::Box;
    pub use crate::option::Option;
    pub use crate::option::Option::{None, Some};
    pub use crate::result::Result;
    pub use crate::result::Result::{Err, Ok};
    pub use crate::string::{String, ToString};
    pub use crate::vec::Vec;
    pub use crate::clone::Clone;
    pub use crate::convert::{AsRef, From, Into};
    pub use crate::default::Default;
    pub use crate::mem::drop;
    pub use crate::iter::{Iterator, IntoIterator, Extend};
}

pub mod clone { pub trait Clone { fn clone(&self) -> Self; } }
pub mod default { pub trait Default { fn default() -> Self; } }
pub mod fmt { pub trait Display {} pub trait Debug {} pub struct Formatter; pub struct Error; pub type Result = crate::result::Result<(), Error>; }
pub mod error { pub trait Error {} }
pub mod convert {
    pub trait From<T> { fn from(value: T) -> Self; }
    pub trait Into<T> { fn into(self) -> T; }
    impl<S, T> Into<T> for S { fn into(self) -> T; }
    pub trait AsRef<T> { fn as_ref(&self) -> &T; }
}
pub mod borrow {
    pub trait Borrow<T> { fn borrow(&self) -> &T; }
    pub trait BorrowMut<T> { fn borrow_mut(&mut self) -> &mut T; }
    pub trait ToOwned {}
    pub enum Cow<T> { Borrowed(T), Owned(T) }
}
pub mod ops {
    pub trait Deref { type Target; }
    pub trait Drop { fn drop(&mut self); }
}
pub mod future { pub trait Future { type Output; } pub fn ready<T>(value: T) -> impl Future<Output = T>; }
pub mod mem {
    pub fn drop<T>(value: T) {}
    pub fn take<T>(dest: &mut T) -> T;
    pub fn replace<T>(dest: &mut T, value: T) -> T;
    pub fn swap<T>(a: &mut T, b: &mut T);
}
pub mod boxed {
    pub struct Box<T> { value: T }
    impl<T> Box<T> { pub fn new(value: T) -> Box<T>; pub fn from(value: T) -> Box<T>; pub fn pin(value: T) -> crate::pin::Pin<Box<T>>; }
    impl<T> crate::ops::Deref for Box<T> { type Target = T; }
    impl<T> crate::convert::AsRef<T> for Box<T> { fn as_ref(&self) -> &T; }
}
pub mod pin {
    pub struct Pin<P> { pointer: P }
    impl<P> Pin<P> { pub fn new(pointer: P) -> Pin<P>; }
    impl<P> crate::ops::Deref for Pin<P> { type Target = P; }
}
pub mod rc {
    pub struct Rc<T> { value: T }
    impl<T> Rc<T> { pub fn new(value: T) -> Rc<T>; pub fn from(value: T) -> Rc<T>; pub fn clone(this: &Rc<T>) -> Rc<T>; pub fn ptr_eq(a: &Rc<T>, b: &Rc<T>) -> bool; pub fn downgrade(this: &Rc<T>) -> Weak<T>; }
    impl<T> crate::ops::Deref for Rc<T> { type Target = T; }
    impl<T> crate::convert::AsRef<T> for Rc<T> { fn as_ref(&self) -> &T; }
    pub struct Weak<T> { value: T }
    impl<T> Weak<T> { pub fn new() -> Weak<T>; pub fn upgrade(&self) -> crate::option::Option<Rc<T>>; }
}
pub mod sync {
    pub struct Arc<T> { value: T }
    impl<T> Arc<T> {
        pub fn new(value: T) -> Arc<T>;
        pub fn clone(this: &Arc<T>) -> Arc<T>;
        pub fn as_ref(&self) -> &T;
        pub fn ptr_eq(a: &Arc<T>, b: &Arc<T>) -> bool;
        pub fn strong_count(this: &Arc<T>) -> usize;
        pub fn downgrade(this: &Arc<T>) -> Weak<T>;
        pub fn try_unwrap(this: Arc<T>) -> crate::result::Result<T, Arc<T>>;
        pub fn into_inner(this: Arc<T>) -> crate::option::Option<T>;
        pub fn from(value: T) -> Arc<T>;
        pub fn default() -> Arc<T>;
    }
    impl<T> crate::ops::Deref for Arc<T> { type Target = T; }
    impl<T> crate::convert::AsRef<T> for Arc<T> { fn as_ref(&self) -> &T; }
    pub struct Weak<T> { value: T }
    impl<T> Weak<T> { pub fn new() -> Weak<T>; pub fn upgrade(&self) -> crate::option::Option<Arc<T>>; }
    pub struct PoisonError<T> { guard: T }
    impl<T> PoisonError<T> { pub fn into_inner(self) -> T; pub fn get_ref(&self) -> &T; pub fn get_mut(&mut self) -> &mut T; }
    pub type RwLockReadGuard<T> = MutexGuard<T>;
    pub type RwLockWriteGuard<T> = MutexGuard<T>;
    pub type LockResult<T> = crate::result::Result<T, PoisonError<T>>;
    pub struct Mutex<T> { value: T }
    impl<T> Mutex<T> {
        pub fn new(value: T) -> Mutex<T>;
        pub fn from(value: T) -> Mutex<T>;
        pub fn lock(&self) -> LockResult<MutexGuard<T>>;
        pub fn try_lock(&self) -> LockResult<MutexGuard<T>>;
        pub fn into_inner(self) -> LockResult<T>;
        pub fn get_mut(&mut self) -> LockResult<&mut T>;
    }
    pub struct MutexGuard<T> { value: T }
    impl<T> crate::ops::Deref for MutexGuard<T> { type Target = T; }
    pub struct RwLock<T> { value: T }
    impl<T> RwLock<T> {
        pub fn new(value: T) -> RwLock<T>;
        pub fn from(value: T) -> RwLock<T>;
        pub fn read(&self) -> LockResult<MutexGuard<T>>;
        pub fn write(&self) -> LockResult<MutexGuard<T>>;
        pub fn try_read(&self) -> LockResult<MutexGuard<T>>;
        pub fn try_write(&self) -> LockResult<MutexGuard<T>>;
        pub fn into_inner(self) -> LockResult<T>;
        pub fn get_mut(&mut self) -> LockResult<&mut T>;
    }
    pub struct OnceLock<T> { value: T }
    impl<T> OnceLock<T> {
        pub fn new() -> OnceLock<T>;
        pub fn from(value: T) -> OnceLock<T>;
        pub fn get(&self) -> crate::option::Option<&T>;
        pub fn set(&self, value: T) -> crate::result::Result<(), T>;
        pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T;
        pub fn get_mut(&mut self) -> crate::option::Option<&mut T>;
        pub fn into_inner(self) -> crate::option::Option<T>;
        pub fn take(&mut self) -> crate::option::Option<T>;
    }
    pub struct LazyLock<T> { value: T }
    impl<T> LazyLock<T> { pub fn new<F: FnOnce() -> T>(f: F) -> LazyLock<T>; pub fn force(this: &LazyLock<T>) -> &T; }
    impl<T> crate::ops::Deref for LazyLock<T> { type Target = T; }
    pub mod atomic { pub struct AtomicBool; pub struct AtomicUsize; pub enum Ordering { SeqCst, Relaxed, Acquire, Release } }
    pub mod mpsc {
        pub struct Sender<T> { value: T } pub struct Receiver<T> { value: T }
        pub fn channel<T>() -> (Sender<T>, Receiver<T>);
        impl<T> Sender<T> { pub fn send(&self, value: T) -> crate::result::Result<(), T>; }
        impl<T> Receiver<T> { pub fn recv(&self) -> crate::result::Result<T, ()>; }
    }
}
pub mod cell {
    pub struct RefCell<T> { value: T }
    impl<T> RefCell<T> {
        pub fn new(value: T) -> RefCell<T>;
        pub fn from(value: T) -> RefCell<T>;
        pub fn borrow(&self) -> crate::sync::MutexGuard<T>;
        pub fn borrow_mut(&self) -> crate::sync::MutexGuard<T>;
        pub fn try_borrow(&self) -> crate::result::Result<crate::sync::MutexGuard<T>, ()>;
        pub fn try_borrow_mut(&self) -> crate::result::Result<crate::sync::MutexGuard<T>, ()>;
        pub fn replace(&self, value: T) -> T;
        pub fn replace_with<F: FnOnce(&mut T) -> T>(&self, f: F) -> T;
        pub fn take(&self) -> T;
        pub fn get_mut(&mut self) -> &mut T;
        pub fn into_inner(self) -> T;
    }
    pub type Ref<T> = crate::sync::MutexGuard<T>;
    pub type RefMut<T> = crate::sync::MutexGuard<T>;
    pub struct LazyCell<T> { value: T }
    impl<T> LazyCell<T> { pub fn new<F: FnOnce() -> T>(f: F) -> LazyCell<T>; }
    impl<T> crate::ops::Deref for LazyCell<T> { type Target = T; }
    pub struct Cell<T> { value: T }
    impl<T> Cell<T> { pub fn new(value: T) -> Cell<T>; pub fn get(&self) -> T; pub fn set(&self, value: T); pub fn take(&self) -> T; pub fn replace(&self, value: T) -> T; pub fn into_inner(self) -> T; }
    pub struct OnceCell<T> { value: T }
    impl<T> OnceCell<T> { pub fn new() -> OnceCell<T>; pub fn from(value: T) -> OnceCell<T>; pub fn get(&self) -> crate::option::Option<&T>; pub fn set(&self, value: T) -> crate::result::Result<(), T>; pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T; }
}
pub mod option {
    pub enum Option<T> { None, Some(T) }
    impl<T> Option<T> {
        pub fn from(value: T) -> Option<T>;
        pub fn is_some(&self) -> bool;
        pub fn is_none(&self) -> bool;
        pub fn is_some_and<F: FnOnce(T) -> bool>(self, f: F) -> bool;
        pub fn as_ref(&self) -> Option<&T>;
        pub fn as_mut(&mut self) -> Option<&mut T>;
        pub fn as_deref(&self) -> Option<&T>;
        pub fn unwrap(self) -> T;
        pub fn expect(self, message: &str) -> T;
        pub fn unwrap_or(self, other: T) -> T;
        pub fn unwrap_or_default(self) -> T;
        pub fn unwrap_or_else<F: FnOnce() -> T>(self, f: F) -> T;
        pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Option<U>;
        pub fn inspect<F: FnOnce(&T)>(self, f: F) -> Option<T>;
        pub fn map_or<U, F: FnOnce(T) -> U>(self, other: U, f: F) -> U;
        pub fn map_or_else<U, D: FnOnce() -> U, F: FnOnce(T) -> U>(self, other: D, f: F) -> U;
        pub fn and_then<U, F: FnOnce(T) -> Option<U>>(self, f: F) -> Option<U>;
        pub fn filter<P: FnOnce(&T) -> bool>(self, f: P) -> Option<T>;
        pub fn or(self, other: Option<T>) -> Option<T>;
        pub fn or_else<F: FnOnce() -> Option<T>>(self, f: F) -> Option<T>;
        pub fn ok_or<E>(self, error: E) -> crate::result::Result<T, E>;
        pub fn ok_or_else<E, F: FnOnce() -> E>(self, error: F) -> crate::result::Result<T, E>;
        pub fn take(&mut self) -> Option<T>;
        pub fn replace(&mut self, value: T) -> Option<T>;
        pub fn insert(&mut self, value: T) -> &mut T;
        pub fn get_or_insert_with<F: FnOnce() -> T>(&mut self, f: F) -> &mut T;
        pub fn get_or_insert(&mut self, value: T) -> &mut T;
        pub fn take_if<P: FnOnce(&mut T) -> bool>(&mut self, f: P) -> Option<T>;
        pub fn is_none_or<F: FnOnce(T) -> bool>(self, f: F) -> bool;
        pub fn xor(self, other: Option<T>) -> Option<T>;
        pub fn and<U>(self, other: Option<U>) -> Option<U>;
        pub fn zip<U>(self, other: Option<U>) -> Option<(T, U)>;
        pub fn flatten<U>(self) -> Option<U>;
        pub fn as_deref_mut(&mut self) -> Option<&mut T>;
        pub fn iter_mut(&mut self) -> crate::iter::Iter<&mut T>;
        pub fn unwrap_unchecked(self) -> T;
        pub fn cloned(self) -> Option<T>;
        pub fn copied(self) -> Option<T>;
        pub fn iter(&self) -> crate::iter::Iter<&T>;
        pub fn into_iter(self) -> crate::iter::Iter<T>;
    }
}
pub mod result {
    pub enum Result<T, E> { Ok(T), Err(E) }
    impl<T, E> Result<T, E> {
        pub fn is_ok(&self) -> bool;
        pub fn is_err(&self) -> bool;
        pub fn is_err_and<F: FnOnce(E) -> bool>(self, f: F) -> bool;
        pub fn is_ok_and<F: FnOnce(T) -> bool>(self, f: F) -> bool;
        pub fn ok(self) -> crate::option::Option<T>;
        pub fn err(self) -> crate::option::Option<E>;
        pub fn as_ref(&self) -> Result<&T, &E>;
        pub fn as_mut(&mut self) -> Result<&mut T, &mut E>;
        pub fn unwrap(self) -> T;
        pub fn expect(self, message: &str) -> T;
        pub fn unwrap_err(self) -> E;
        pub fn expect_err(self, message: &str) -> E;
        pub fn unwrap_or(self, other: T) -> T;
        pub fn unwrap_or_default(self) -> T;
        pub fn unwrap_or_else<F: FnOnce(E) -> T>(self, f: F) -> T;
        pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Result<U, E>;
        pub fn map_err<O, F: FnOnce(E) -> O>(self, f: F) -> Result<T, O>;
        pub fn map_or<U, F: FnOnce(T) -> U>(self, other: U, f: F) -> U;
        pub fn map_or_else<U, D: FnOnce(E) -> U, F: FnOnce(T) -> U>(self, other: D, f: F) -> U;
        pub fn inspect<F: FnOnce(&T)>(self, f: F) -> Result<T, E>;
        pub fn inspect_err<F: FnOnce(&E)>(self, f: F) -> Result<T, E>;
        pub fn and_then<U, F: FnOnce(T) -> Result<U, E>>(self, f: F) -> Result<U, E>;
        pub fn or_else<O, F: FnOnce(E) -> Result<T, O>>(self, f: F) -> Result<T, O>;
        pub fn iter(&self) -> crate::iter::Iter<&T>;
        pub fn into_iter(self) -> crate::iter::Iter<T>;
        pub fn as_deref(&self) -> Result<&T, &E>;
        pub fn and<U>(self, other: Result<U, E>) -> Result<U, E>;
        pub fn or<O>(self, other: Result<T, O>) -> Result<T, O>;
        pub fn cloned(self) -> Result<T, E>;
        pub fn copied(self) -> Result<T, E>;
        pub fn flatten<U>(self) -> Result<U, E>;
    }
}
pub mod cmp { pub enum Ordering { Less, Equal, Greater } pub struct Reverse<T>(pub T); pub fn max<T>(a: T, b: T) -> T; pub fn min<T>(a: T, b: T) -> T; }
pub mod string {
    pub struct String;
    impl String { pub fn new() -> String; pub fn from(value: &str) -> String; pub fn as_str(&self) -> &str; pub fn is_empty(&self) -> bool; pub fn len(&self) -> usize; pub fn push_str(&mut self, text: &str); pub fn to_string(&self) -> String; }
    pub trait ToString { fn to_string(&self) -> String; }
    impl<T> ToString for T { fn to_string(&self) -> String; }
}
pub mod vec {
    pub struct Vec<T> { value: T }
    impl<T> Vec<T> {
        pub fn new() -> Vec<T>;
        pub fn with_capacity(capacity: usize) -> Vec<T>;
        pub fn push(&mut self, value: T);
        pub fn pop(&mut self) -> crate::option::Option<T>;
        pub fn extend<I: IntoIterator<Item = T>>(&mut self, values: I);
        pub fn append(&mut self, other: &mut Vec<T>);
        pub fn insert(&mut self, index: usize, value: T);
        pub fn remove(&mut self, index: usize) -> T;
        pub fn len(&self) -> usize;
        pub fn is_empty(&self) -> bool;
        pub fn clear(&mut self);
        pub fn iter(&self) -> crate::iter::Iter<&T>;
        pub fn iter_mut(&mut self) -> crate::iter::Iter<&mut T>;
        pub fn into_iter(self) -> crate::iter::Iter<T>;
        pub fn drain<R>(&mut self, range: R) -> crate::iter::Iter<T>;
        pub fn sort_by<F: FnMut(&T, &T) -> crate::cmp::Ordering>(&mut self, f: F);
        pub fn sort_by_key<K, F: FnMut(&T) -> K>(&mut self, f: F);
        pub fn sort_unstable_by_key<K, F: FnMut(&T) -> K>(&mut self, f: F);
        pub fn sort_by_cached_key<K, F: FnMut(&T) -> K>(&mut self, f: F);
        pub fn dedup_by_key<K, F: FnMut(&mut T) -> K>(&mut self, f: F);
        pub fn retain<F: FnMut(&T) -> bool>(&mut self, f: F);
        pub fn retain_mut<F: FnMut(&mut T) -> bool>(&mut self, f: F);
        pub fn resize_with<F: FnMut() -> T>(&mut self, len: usize, f: F);
        pub fn truncate(&mut self, len: usize);
        pub fn reverse(&mut self);
        pub fn contains(&self, value: &T) -> bool;
        pub fn swap(&mut self, a: usize, b: usize);
        pub fn swap_remove(&mut self, index: usize) -> T;
        pub fn split_off(&mut self, at: usize) -> Vec<T>;
        pub fn extend_from_slice(&mut self, values: &[T]);
        pub fn chunks(&self, size: usize) -> crate::iter::Iter<&[T]>;
        pub fn windows(&self, size: usize) -> crate::iter::Iter<&[T]>;
        pub fn split_first(&self) -> crate::option::Option<(&T, &[T])>;
        pub fn split_last(&self) -> crate::option::Option<(&T, &[T])>;
        pub fn first_mut(&mut self) -> crate::option::Option<&mut T>;
        pub fn last_mut(&mut self) -> crate::option::Option<&mut T>;
        pub fn get_mut(&mut self, index: usize) -> crate::option::Option<&mut T>;
        pub fn into_boxed_slice(self) -> crate::boxed::Box<[T]>;
        pub fn map<U, F: FnMut(T) -> U>(self, f: F) -> [U];
        pub fn each_ref(&self) -> [&T];
        pub fn first(&self) -> crate::option::Option<&T>;
        pub fn last(&self) -> crate::option::Option<&T>;
        pub fn get(&self, index: usize) -> crate::option::Option<&T>;
        pub fn to_vec(&self) -> Vec<T>;
        pub fn as_slice(&self) -> &[T];
        pub fn retain<F: FnMut(&T) -> bool>(&mut self, f: F);
        pub fn truncate(&mut self, len: usize);
        pub fn reverse(&mut self);
        pub fn swap(&mut self, a: usize, b: usize);
        pub fn swap_remove(&mut self, index: usize) -> T;
        pub fn split_off(&mut self, at: usize) -> Vec<T>;
        pub fn extend_from_slice(&mut self, values: &[T]);
        pub fn reserve(&mut self, additional: usize);
        pub fn from(values: &[T]) -> Vec<T>;
        pub fn default() -> Vec<T>;
    }
}
pub mod collections {
    pub struct VecDeque<T> { value: T }
    impl<T> VecDeque<T> {
        pub fn with_capacity(capacity: usize) -> VecDeque<T>;
        pub fn pop_back(&mut self) -> crate::option::Option<T>;
        pub fn front(&self) -> crate::option::Option<&T>;
        pub fn back(&self) -> crate::option::Option<&T>;
        pub fn front_mut(&mut self) -> crate::option::Option<&mut T>;
        pub fn back_mut(&mut self) -> crate::option::Option<&mut T>;
        pub fn get(&self, index: usize) -> crate::option::Option<&T>;
        pub fn iter_mut(&mut self) -> crate::iter::Iter<&mut T>;
        pub fn into_iter(self) -> crate::iter::Iter<T>;
        pub fn drain<R>(&mut self, range: R) -> crate::iter::Iter<T>;
        pub fn retain<F: FnMut(&T) -> bool>(&mut self, f: F);
        pub fn remove(&mut self, index: usize) -> crate::option::Option<T>;
        pub fn extend<I: IntoIterator<Item = T>>(&mut self, values: I);
        pub fn len(&self) -> usize;
        pub fn is_empty(&self) -> bool;
        pub fn clear(&mut self);
        pub fn default() -> VecDeque<T>;
    }
    impl<T> VecDeque<T> { pub fn new() -> VecDeque<T>; pub fn push_back(&mut self, value: T); pub fn push_front(&mut self, value: T); pub fn pop_front(&mut self) -> crate::option::Option<T>; pub fn iter(&self) -> crate::iter::Iter<&T>; }
    pub struct HashMap<K, V> { key: K, value: V }
    impl<K, V> HashMap<K, V> {
        pub fn new() -> HashMap<K, V>;
        pub fn get<Q>(&self, key: &Q) -> crate::option::Option<&V>;
        pub fn get_mut<Q>(&mut self, key: &Q) -> crate::option::Option<&mut V>;
        pub fn insert(&mut self, key: K, value: V) -> crate::option::Option<V>;
        pub fn remove<Q>(&mut self, key: &Q) -> crate::option::Option<V>;
        pub fn entry(&mut self, key: K) -> Entry<K, V>;
        pub fn values(&self) -> crate::iter::Iter<&V>;
        pub fn keys(&self) -> crate::iter::Iter<&K>;
        pub fn iter(&self) -> crate::iter::Iter<(&K, &V)>;
        pub fn contains_key<Q>(&self, key: &Q) -> bool;
        pub fn with_capacity(capacity: usize) -> HashMap<K, V>;
        pub fn get_key_value<Q>(&self, key: &Q) -> crate::option::Option<(&K, &V)>;
        pub fn remove_entry<Q>(&mut self, key: &Q) -> crate::option::Option<(K, V)>;
        pub fn iter_mut(&mut self) -> crate::iter::Iter<(&K, &mut V)>;
        pub fn into_iter(self) -> crate::iter::Iter<(K, V)>;
        pub fn values_mut(&mut self) -> crate::iter::Iter<&mut V>;
        pub fn into_values(self) -> crate::iter::Iter<V>;
        pub fn into_keys(self) -> crate::iter::Iter<K>;
        pub fn drain(&mut self) -> crate::iter::Iter<(K, V)>;
        pub fn retain<F: FnMut(&K, &mut V) -> bool>(&mut self, f: F);
        pub fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, values: I);
        pub fn first_key_value(&self) -> crate::option::Option<(&K, &V)>;
        pub fn last_key_value(&self) -> crate::option::Option<(&K, &V)>;
        pub fn pop_first(&mut self) -> crate::option::Option<(K, V)>;
        pub fn pop_last(&mut self) -> crate::option::Option<(K, V)>;
        pub fn range<R>(&self, range: R) -> crate::iter::Iter<(&K, &V)>;
        pub fn len(&self) -> usize;
        pub fn is_empty(&self) -> bool;
        pub fn clear(&mut self);
        pub fn from<A>(pairs: A) -> HashMap<K, V>;
        pub fn default() -> HashMap<K, V>;
    }
    pub type BTreeMap<K, V> = HashMap<K, V>;
    pub enum Entry<K, V> { Occupied(OccupiedEntry<K, V>), Vacant(VacantEntry<K, V>) }
    pub struct OccupiedEntry<K, V> { key: K, value: V }
    impl<K, V> OccupiedEntry<K, V> {
        pub fn key(&self) -> &K;
        pub fn get(&self) -> &V;
        pub fn get_mut(&mut self) -> &mut V;
        pub fn into_mut(self) -> &mut V;
        pub fn insert(&mut self, value: V) -> V;
        pub fn remove(self) -> V;
    }
    pub struct VacantEntry<K, V> { key: K, value: V }
    impl<K, V> VacantEntry<K, V> { pub fn key(&self) -> &K; pub fn into_key(self) -> K; pub fn insert(self, value: V) -> &mut V; }
    impl<K, V> Entry<K, V> {
        pub fn key(&self) -> &K;
        pub fn or_insert_with_key<F: FnOnce(&K) -> V>(self, f: F) -> &mut V;
        pub fn and_modify<F: FnOnce(&mut V)>(self, f: F) -> Entry<K, V>;
        pub fn or_insert_with<F: FnOnce() -> V>(self, f: F) -> &mut V;
        pub fn or_insert(self, value: V) -> &mut V;
        pub fn or_default(self) -> &mut V;
    }
    pub mod hash_map { pub use super::{HashMap, Entry, OccupiedEntry, VacantEntry}; }
    pub mod btree_map { pub use super::{BTreeMap, Entry, OccupiedEntry, VacantEntry}; }
    pub struct HashSet<T> { value: T }
    impl<T> HashSet<T> { pub fn new() -> HashSet<T>; pub fn iter(&self) -> crate::iter::Iter<&T>; pub fn insert(&mut self, value: T) -> bool; }
    pub type BTreeSet<T> = HashSet<T>;
}
pub mod iter {
    pub trait Iterator {}
    pub trait IntoIterator {}
    pub trait Extend {}
    pub struct Iter<T> { value: T }
    pub fn once<T>(value: T) -> Iter<T>;
    pub fn repeat<T>(value: T) -> Iter<T>;
    pub fn repeat_with<T, F: FnMut() -> T>(f: F) -> Iter<T>;
    pub fn from_fn<T, F: FnMut() -> crate::option::Option<T>>(f: F) -> Iter<T>;
    pub fn successors<T, F: FnMut(&T) -> crate::option::Option<T>>(first: crate::option::Option<T>, f: F) -> Iter<T>;
    pub fn zip<A, B>(a: Iter<A>, b: Iter<B>) -> Iter<(A, B)>;
    pub fn empty<T>() -> Iter<T>;
    impl<T> Iter<T> {
        pub fn next(&mut self) -> crate::option::Option<T>;
        pub fn map<U, F: FnMut(T) -> U>(self, f: F) -> Iter<U>;
        pub fn filter<P: FnMut(&T) -> bool>(self, f: P) -> Iter<T>;
        pub fn filter_map<U, F: FnMut(T) -> crate::option::Option<U>>(self, f: F) -> Iter<U>;
        pub fn for_each<F: FnMut(T)>(self, f: F);
        pub fn cloned(self) -> Iter<T>;
        pub fn copied(self) -> Iter<T>;
        pub fn chain(self, other: Iter<T>) -> Iter<T>;
        pub fn enumerate(self) -> Iter<(usize, T)>;
        pub fn rev(self) -> Iter<T>;
        pub fn iter(self) -> Iter<T>;
        pub fn into_iter(self) -> Iter<T>;
        pub fn find<P: FnMut(&T) -> bool>(&mut self, f: P) -> crate::option::Option<T>;
        pub fn any<P: FnMut(T) -> bool>(&mut self, f: P) -> bool;
        pub fn all<P: FnMut(T) -> bool>(&mut self, f: P) -> bool;
        pub fn last(self) -> crate::option::Option<T>;
        pub fn nth(&mut self, n: usize) -> crate::option::Option<T>;
        pub fn next_back(&mut self) -> crate::option::Option<T>;
        pub fn collect<C>(self) -> C;
        pub fn max(self) -> crate::option::Option<T>;
        pub fn min(self) -> crate::option::Option<T>;
        pub fn max_by_key<K, F: FnMut(&T) -> K>(self, f: F) -> crate::option::Option<T>;
        pub fn min_by_key<K, F: FnMut(&T) -> K>(self, f: F) -> crate::option::Option<T>;
        pub fn max_by<F: FnMut(&T, &T) -> crate::cmp::Ordering>(self, f: F) -> crate::option::Option<T>;
        pub fn min_by<F: FnMut(&T, &T) -> crate::cmp::Ordering>(self, f: F) -> crate::option::Option<T>;
        pub fn fold<B, F: FnMut(B, T) -> B>(self, init: B, f: F) -> B;
        pub fn try_fold<B, R, F: FnMut(B, T) -> R>(&mut self, init: B, f: F) -> R;
        pub fn try_for_each<R, F: FnMut(T) -> R>(&mut self, f: F) -> R;
        pub fn reduce<F: FnMut(T, T) -> T>(self, f: F) -> crate::option::Option<T>;
        pub fn scan<S, U, F: FnMut(&mut S, T) -> crate::option::Option<U>>(self, state: S, f: F) -> Iter<U>;
        pub fn zip<U>(self, other: Iter<U>) -> Iter<(T, U)>;
        pub fn flat_map<U, F: FnMut(T) -> Iter<U>>(self, f: F) -> Iter<U>;
        pub fn flatten<U>(self) -> Iter<U>;
        pub fn find_map<U, F: FnMut(T) -> crate::option::Option<U>>(&mut self, f: F) -> crate::option::Option<U>;
        pub fn position<P: FnMut(T) -> bool>(&mut self, f: P) -> crate::option::Option<usize>;
        pub fn rposition<P: FnMut(T) -> bool>(&mut self, f: P) -> crate::option::Option<usize>;
        pub fn partition<C, P: FnMut(&T) -> bool>(self, f: P) -> (C, C);
        pub fn unzip<A, B>(self) -> (A, B);
        pub fn count(self) -> usize;
        pub fn sum<S>(self) -> S;
        pub fn product<S>(self) -> S;
        pub fn take(self, n: usize) -> Iter<T>;
        pub fn skip(self, n: usize) -> Iter<T>;
        pub fn step_by(self, n: usize) -> Iter<T>;
        pub fn take_while<P: FnMut(&T) -> bool>(self, f: P) -> Iter<T>;
        pub fn skip_while<P: FnMut(&T) -> bool>(self, f: P) -> Iter<T>;
        pub fn map_while<U, F: FnMut(T) -> crate::option::Option<U>>(self, f: F) -> Iter<U>;
        pub fn inspect<F: FnMut(&T)>(self, f: F) -> Iter<T>;
        pub fn peekable(self) -> Iter<T>;
        pub fn peek(&mut self) -> crate::option::Option<&T>;
        pub fn fuse(self) -> Iter<T>;
        pub fn cycle(self) -> Iter<T>;
        pub fn by_ref(&mut self) -> Iter<T>;
        pub fn len(&self) -> usize;
    }
}
pub mod time { pub struct Duration; }
pub mod thread {
    pub struct LocalKey<T> { value: T }
    impl<T> LocalKey<T> {
        pub fn with<R, F: FnOnce(&T) -> R>(&self, f: F) -> R;
        pub fn try_with<R, F: FnOnce(&T) -> R>(&self, f: F) -> crate::result::Result<R, ()>;
    }
    impl<T> LocalKey<crate::cell::RefCell<T>> {
        pub fn with_borrow<R, F: FnOnce(&T) -> R>(&self, f: F) -> R;
        pub fn with_borrow_mut<R, F: FnOnce(&mut T) -> R>(&self, f: F) -> R;
        pub fn set(&self, value: T);
        pub fn take(&self) -> T;
        pub fn replace(&self, value: T) -> T;
    }
    pub struct Scope;
    impl Scope { pub fn spawn<T, F: FnOnce() -> T>(&self, f: F) -> JoinHandle<T>; }
    pub fn scope<T, F: FnOnce(&Scope) -> T>(f: F) -> T;
    pub fn spawn<T, F: FnOnce() -> T>(f: F) -> JoinHandle<T>;
    pub struct JoinHandle<T> { value: T }
    impl<T> JoinHandle<T> { pub fn join(self) -> crate::result::Result<T, ()>; }
}
