//! Work that nobody waits for gets less of the processor than work that somebody does.

/// A thread of the ordinary kind counts three times as much.
const NICE: i32 = 5;
/// And nine times as much: for what may fall behind while the machine is full, and catches up. Not last of all: an audience that is minutes
/// behind is of no use to anybody.
const LAST: i32 = 5;

/// Runs `start`; threads that it starts, and those they start, stand back when the processor is wanted.
pub fn beside<T: Send>(start: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let quiet = scope.spawn(|| {
            stand_back(NICE);
            start()
        });
        quiet.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// From now on this thread, already beside the others, and those it starts run when the processor is free: the columns and what follows them
/// read the log, which waits for them.
pub fn last() {
    stand_back(LAST);
}

/// Memory in small pages only: large ones make a loaded server a few per cent faster, and a quiet one a third larger.
pub fn small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "large pages stay allowed");
    }
}

/// On Linux niceness is a thread's own and goes on to threads it starts; elsewhere it is the whole process's.
#[allow(unused_variables, reason = "only Linux has it per thread")]
fn stand_back(by: i32) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(by) {
        tracing::debug!(%error, "background work keeps the priority of all");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;

    #[test]
    fn only_what_is_started_there_stands_back() {
        let own = || getpriority_process(None).expect("a thread knows its own");
        let before = own();
        let child = beside(|| std::thread::spawn(move || getpriority_process(None).expect("a thread knows its own")));
        assert_eq!(child.join().expect("it only looks"), (before + NICE).min(19));
        assert_eq!(own(), before);
    }
}
