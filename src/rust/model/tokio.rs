// What the inference knows of tokio.

pub mod task {
    pub struct JoinError;
    pub struct JoinHandle<T> { value: T }
    impl<T> std::future::Future for JoinHandle<T> { type Output = Result<T, JoinError>; }
    impl<T> JoinHandle<T> { pub fn abort(&self); pub fn is_finished(&self) -> bool; }
    pub fn spawn<T>(future: impl std::future::Future<Output = T>) -> JoinHandle<T>;
    pub fn spawn_local<T>(future: impl std::future::Future<Output = T>) -> JoinHandle<T>;
    pub fn spawn_blocking<T, F: FnOnce() -> T>(f: F) -> JoinHandle<T>;
    pub struct JoinSet<T> { value: T }
    impl<T> JoinSet<T> {
        pub fn new() -> JoinSet<T>;
        pub fn spawn(&mut self, future: impl std::future::Future<Output = T>);
        pub async fn join_next(&mut self) -> Option<Result<T, JoinError>>;
        pub async fn join_all(self) -> Vec<T>;
        pub fn spawn_blocking<F: FnOnce() -> T>(&mut self, f: F);
        pub fn len(&self) -> usize;
        pub fn is_empty(&self) -> bool;
        pub fn abort_all(&mut self);
    }
}
pub use task::spawn;
pub mod time {
    pub struct Elapsed;
    pub async fn timeout<D, T>(duration: D, future: impl std::future::Future<Output = T>) -> Result<T, Elapsed>;
    pub async fn sleep<D>(duration: D);
}
pub mod runtime {
    pub struct Runtime;
    impl Runtime {
        pub fn new() -> Result<Runtime, ()>;
        pub fn block_on<T>(&self, future: impl std::future::Future<Output = T>) -> T;
        pub fn spawn<T>(&self, future: impl std::future::Future<Output = T>) -> crate::task::JoinHandle<T>;
        pub fn handle(&self) -> &Handle;
    }
    pub struct Handle;
    impl Handle {
        pub fn current() -> Handle;
        pub fn block_on<T>(&self, future: impl std::future::Future<Output = T>) -> T;
        pub fn spawn<T>(&self, future: impl std::future::Future<Output = T>) -> crate::task::JoinHandle<T>;
    }
    pub struct Builder;
    impl Builder {
        pub fn new_current_thread() -> Builder;
        pub fn new_multi_thread() -> Builder;
        pub fn enable_all(&mut self) -> &mut Builder;
        pub fn enable_time(&mut self) -> &mut Builder;
        pub fn worker_threads(&mut self, n: usize) -> &mut Builder;
        pub fn build(&mut self) -> Result<Runtime, ()>;
    }
}
pub mod sync {
    pub type MutexGuard<T> = std::sync::MutexGuard<T>;
    pub type OwnedMutexGuard<T> = std::sync::MutexGuard<T>;
    pub type RwLockReadGuard<T> = std::sync::MutexGuard<T>;
    pub type RwLockWriteGuard<T> = std::sync::MutexGuard<T>;
    pub struct Mutex<T> { value: T }
    impl<T> Mutex<T> {
        pub fn new(value: T) -> Mutex<T>;
        pub fn const_new(value: T) -> Mutex<T>;
        pub async fn lock(&self) -> std::sync::MutexGuard<T>;
        pub async fn lock_owned(self) -> std::sync::MutexGuard<T>;
        pub fn try_lock(&self) -> Result<std::sync::MutexGuard<T>, ()>;
        pub fn blocking_lock(&self) -> std::sync::MutexGuard<T>;
        pub fn get_mut(&mut self) -> &mut T;
        pub fn into_inner(self) -> T;
    }
    pub struct RwLock<T> { value: T }
    impl<T> RwLock<T> {
        pub fn new(value: T) -> RwLock<T>;
        pub fn const_new(value: T) -> RwLock<T>;
        pub async fn read(&self) -> std::sync::MutexGuard<T>;
        pub async fn write(&self) -> std::sync::MutexGuard<T>;
        pub fn try_read(&self) -> Result<std::sync::MutexGuard<T>, ()>;
        pub fn try_write(&self) -> Result<std::sync::MutexGuard<T>, ()>;
        pub fn blocking_read(&self) -> std::sync::MutexGuard<T>;
        pub fn blocking_write(&self) -> std::sync::MutexGuard<T>;
        pub fn get_mut(&mut self) -> &mut T;
        pub fn into_inner(self) -> T;
    }
    pub struct OnceCell<T> { value: T }
    impl<T> OnceCell<T> {
        pub fn new() -> OnceCell<T>;
        pub fn const_new() -> OnceCell<T>;
        pub fn get(&self) -> Option<&T>;
        pub fn set(&self, value: T) -> Result<(), T>;
        pub fn into_inner(self) -> Option<T>;
        pub async fn get_or_init<F>(&self, f: F) -> &T;
        pub async fn get_or_try_init<E, F>(&self, f: F) -> Result<&T, E>;
    }
    pub struct Notify;
    pub struct Semaphore;
    pub mod mpsc {
        pub struct Sender<T> { value: T }
        pub struct Receiver<T> { value: T }
        pub type UnboundedSender<T> = UnboundedTx<T>;
        pub type UnboundedReceiver<T> = Receiver<T>;
        pub struct UnboundedTx<T> { value: T }
        pub fn channel<T>(size: usize) -> (Sender<T>, Receiver<T>);
        pub fn unbounded_channel<T>() -> (UnboundedTx<T>, Receiver<T>);
        impl<T> Sender<T> {
            pub async fn send(&self, value: T) -> Result<(), T>;
            pub fn try_send(&self, value: T) -> Result<(), T>;
            pub fn blocking_send(&self, value: T) -> Result<(), T>;
        }
        impl<T> UnboundedTx<T> { pub fn send(&self, value: T) -> Result<(), T>; }
        impl<T> Receiver<T> {
            pub async fn recv(&mut self) -> Option<T>;
            pub fn try_recv(&mut self) -> Result<T, ()>;
            pub fn blocking_recv(&mut self) -> Option<T>;
            pub fn close(&mut self);
        }
    }
    pub mod oneshot {
        pub struct Sender<T> { value: T }
        pub struct Receiver<T> { value: T }
        pub fn channel<T>() -> (Sender<T>, Receiver<T>);
        impl<T> Sender<T> { pub fn send(self, value: T) -> Result<(), T>; pub fn is_closed(&self) -> bool; }
        impl<T> Receiver<T> { pub fn try_recv(&mut self) -> Result<T, ()>; pub fn blocking_recv(self) -> Result<T, ()>; }
        impl<T> std::future::Future for Receiver<T> { type Output = Result<T, ()>; }
    }
    pub mod watch {
        pub type Ref<T> = std::sync::MutexGuard<T>;
        pub struct Sender<T> { value: T }
        pub struct Receiver<T> { value: T }
        pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>);
        impl<T> Sender<T> {
            pub fn new(init: T) -> Sender<T>;
            pub fn send(&self, value: T) -> Result<(), T>;
            pub fn send_replace(&self, value: T) -> T;
            pub fn send_modify<F: FnOnce(&mut T)>(&self, f: F);
            pub fn borrow(&self) -> std::sync::MutexGuard<T>;
            pub fn subscribe(&self) -> Receiver<T>;
        }
        impl<T> Receiver<T> {
            pub fn borrow(&self) -> std::sync::MutexGuard<T>;
            pub fn borrow_and_update(&mut self) -> std::sync::MutexGuard<T>;
            pub async fn changed(&mut self) -> Result<(), ()>;
            pub async fn wait_for<F: FnMut(&T) -> bool>(&mut self, f: F) -> Result<std::sync::MutexGuard<T>, ()>;
        }
    }
    pub mod broadcast {
        pub struct Sender<T> { value: T }
        pub struct Receiver<T> { value: T }
        pub fn channel<T>(size: usize) -> (Sender<T>, Receiver<T>);
        impl<T> Sender<T> { pub fn send(&self, value: T) -> Result<usize, T>; pub fn subscribe(&self) -> Receiver<T>; }
        impl<T> Receiver<T> { pub async fn recv(&mut self) -> Result<T, ()>; pub fn try_recv(&mut self) -> Result<T, ()>; }
    }
}
