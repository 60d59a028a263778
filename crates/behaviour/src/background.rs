//! Threads that write and merge files step back behind those that answer.

/// From now on this thread runs when others leave it time, and a quarter of a processor's when they do not: it must not fall behind for ever.
pub fn step_back() {
    const NICE: i32 = 5;
    #[cfg(target_os = "linux")]
    {
        // Where it is not allowed, work goes on as before.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    }
}
