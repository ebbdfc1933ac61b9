//! Work that nobody waits for gives way to the window: fetched mail is read, packed and written on threads of lower priority. With two
//! cores a key pressed during a sync would otherwise wait for its share of them. What a person does is shown before it is written, so
//! that the writer can give way, too.
//!
//! Linux only: there a thread has a priority of its own (`nice(2)` there is of the calling thread, unlike POSIX). Elsewhere these are
//! ordinary threads.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
};

use tokio::sync::oneshot;

/// Beside a thread of ordinary priority one gets a quarter of a core; alone it gets all of it.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;
/// One reads what comes while the other packs what came.
const THREADS: usize = 2;

type Work = Box<dyn FnOnce() + Send>;

fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(e) = rustix::process::nice(NICE) {
        tracing::debug!("a thread keeps its priority: {e}");
    }
}

/// To the threads, which begin with the first piece of work and stay.
fn lane() -> io::Result<Sender<Work>> {
    static LANE: OnceLock<Result<Sender<Work>, io::ErrorKind>> = OnceLock::new();
    let lane = LANE.get_or_init(|| {
        let (sender, receiver) = channel();
        let waiting = Arc::new(Mutex::new(receiver));
        for _ in 0..THREADS {
            let waiting = Arc::clone(&waiting);
            std::thread::Builder::new().name("calm".to_owned()).spawn(move || serve(&waiting)).map_err(|e| e.kind())?;
        }
        Ok(sender)
    });
    lane.clone().map_err(io::Error::from)
}

fn serve(waiting: &Mutex<Receiver<Work>>) {
    give_way();
    // The lock is held while waiting, not while working.
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(work) = next() {
        work();
    }
}

/// Runs what takes some milliseconds or more. Fails when it panicked, or no thread could begin.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    let work: Work = Box::new(move || {
        if let Ok(answer) = catch_unwind(AssertUnwindSafe(work)) {
            let _ = done.send(answer);
        }
    });
    lane()?.send(work).map_err(|_| io::Error::other("no thread takes the work"))?;
    result.await.map_err(|_| io::Error::other("the work panicked"))
}

/// Returns once everything that was given to the threads before has ended: they all meet. One caller at a time.
#[cfg(test)]
pub(crate) async fn settled() {
    let meet = Arc::new(std::sync::Barrier::new(THREADS));
    let each = (0..THREADS).map(|_| {
        let meet = Arc::clone(&meet);
        tokio::spawn(run(move || meet.wait().is_leader()))
    });
    for thread in each.collect::<Vec<_>>() {
        thread.await.expect("no panic").expect("a thread");
    }
}

/// What waits on the runtime, on a thread of its own: threads that it starts on its way are calm ones.
pub(crate) async fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let runtime = tokio::runtime::Handle::current();
    let (done, result) = oneshot::channel();
    std::thread::Builder::new().name("calm start".to_owned()).spawn(move || {
        give_way();
        let _ = done.send(runtime.block_on(work));
    })?;
    result.await.map_err(|_| io::Error::other("the work panicked"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn what_panics_is_an_error_and_nothing_else() {
        assert_eq!(run(|| 3).await.unwrap(), 3);
        for _ in 0..=THREADS {
            assert!(run(|| -> u8 { panic!("on purpose") }).await.is_err(), "and its thread goes on");
        }
        assert_eq!(run(|| 5).await.unwrap(), 5);
        assert_eq!(wait(async { 4 }).await.unwrap(), 4);
    }

    /// (name, priority as `nice` counts) of every thread of this process.
    #[cfg(target_os = "linux")]
    fn threads() -> Vec<(String, i32)> {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let stat = |task: io::Result<std::fs::DirEntry>| std::fs::read_to_string(task.ok()?.path().join("stat")).ok();
        tasks
            .filter_map(stat)
            .map(|stat| {
                let (name, rest) = stat.rsplit_once(") ").unwrap();
                (name.split_once('(').unwrap().1.to_owned(), rest.split(' ').nth(16).unwrap().parse().unwrap())
            })
            .collect()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_writer_gives_way_and_readers_do_not() {
        let own = rustix::process::nice(0).unwrap();
        let before = threads();
        let home = crate::testing::home().await;
        let _reading = home.store.read().await.unwrap();
        // Other tests open stores meanwhile: theirs look the same.
        let workers: Vec<i32> = threads().into_iter().filter(|t| t.0.starts_with("sqlx-sqlite")).map(|t| t.1).collect();
        assert!(workers.contains(&(own + NICE)), "a writer: {workers:?}, before {before:?}");
        assert!(workers.contains(&own), "a reader: {workers:?}");
    }
}
