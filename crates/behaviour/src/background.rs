//! Threads that write and merge files step back behind those that answer.

/// From now on this thread stands at least so far back that it gets a quarter of a processor when others want all of it.
pub fn step_back() {
    const NICE: i32 = 5;
    #[cfg(target_os = "linux")]
    {
        // A thread that stands further back stays there. Where it is not allowed, work goes on as before.
        let own = rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap_or(0);
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE.max(own));
    }
}
