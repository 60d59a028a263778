//! What the kernel says about a process and about this machine.

use std::path::Path;
use std::process::Child;
use std::time::Duration;

/// Resident memory of a process in MB: (now, at most so far). `None` once it has ended.
pub fn resident(pid: u32) -> Option<(f64, f64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}

/// Waits for the process to end and answers the most memory it had, in MB; looked at twenty times a second.
pub fn peak_until_end(child: &mut Child) -> std::io::Result<f64> {
    let mut peak = 0.0f64;
    loop {
        if let Some((_, most)) = resident(child.id()) {
            peak = peak.max(most);
        }
        if child.try_wait()?.is_some() {
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The load average of the last minute: a figure measured beside somebody else's work says so.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

/// A warning when the folder is in memory, where a sync costs nothing.
pub fn in_memory(folder: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let folder = folder.canonicalize().ok()?;
    let mount = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.len())?;
    (mount.1 == "tmpfs").then(|| format!("{} is in memory: a sync costs nothing there; set TMPDIR", folder.display()))
}

/// Bytes of all files in a folder.
pub fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(|meta| meta.is_file()).map(|meta| meta.len()).sum()
}
