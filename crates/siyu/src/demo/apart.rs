//! Growth in a process of its own: what ninety days of work at full speed keep in memory ends with it, and the process that serves begins small.

use crate::args::Demo;
use siyu_kernel::Refusal;
use std::io::Read;
use std::process::{Command, Stdio, exit};

/// Grows the brand of this folder up to now. Where no process can be started, the caller's own has to do it.
pub fn grow(args: &Demo) -> Result<(), Refusal> {
    let started = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .args(["demo", "--no-serve", "--growing", "--data"])
            .arg(&args.place.data)
            .args(["--scale", &args.scale, "--seed", &args.seed.to_string(), "--days", &args.days.to_string()])
            // Nothing is written to it: it closes when this process ends, however it ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
    });
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            tracing::warn!(%error, "the demo grows in the process that serves it, which takes more memory");
            return Ok(());
        }
    };
    // Waiting would close it.
    let open = child.stdin.take();
    let ended = child.wait().map_err(Refusal::internal)?;
    drop(open);
    if ended.success() {
        return Ok(());
    }
    Err(Refusal::conflict(
        "demo_growth",
        format!(
            "The demo brand did not grow to the end ({ended}); the reason stands above. Start again: it goes on where it was."
        ),
        format!("示例品牌未能生成完毕（{ended}），原因见上。重新启动后会接着生成。"),
    ))
}

/// For the process that grows: nobody is left who would serve it.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        // What is saved is whole at any moment.
        exit(1);
    });
}
