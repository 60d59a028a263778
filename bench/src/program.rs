//! The program under measurement, driven as people drive it.

use crate::{Outcome, http, memory};
use serde_json::Value;
use siyu_kernel::Stopwatch;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const READY_SECONDS_MAX: f64 = 60.0;

pub struct Program(PathBuf);

/// What a run of `siyu import` said and took.
pub struct Imported {
    pub summary: Value,
    pub seconds: f64,
    pub peak_mb: f64,
}

impl Program {
    pub fn at(path: &Path) -> Outcome<Self> {
        let path = path.canonicalize().map_err(|e| format!("{}: {e}; build it with make build", path.display()))?;
        Ok(Self(path))
    }
    fn command(&self, data: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.args(args).arg("--data").arg(data).stdin(Stdio::null());
        for name in ["SIYU_DATA", "SIYU_POSTGRES", "SIYU_PASSWORD", "SIYU_LOG"] {
            command.env_remove(name);
        }
        command
    }
    fn output(&self, data: &Path, args: &[&str]) -> Outcome<String> {
        let output = self.command(data, args).output()?;
        if !output.status.success() {
            return Err(format!("siyu {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
    /// Runs a command on the workspace.
    pub fn run(&self, data: &Path, args: &[&str]) -> Outcome {
        self.output(data, args).map(drop)
    }
    /// A new workspace on SQLite; an older one of this name goes.
    pub fn init(&self, data: &Path) -> Outcome {
        let _ = std::fs::remove_dir_all(data);
        let args = ["init", "--name", "Bench", "--admin", "bench@example.com", "--password", "correct-horse-9"];
        self.output(data, &args).map(drop)
    }
    pub fn key(&self, data: &Path, kind: &str) -> Outcome<String> {
        let text = self.output(data, &["key", "create", "--kind", kind, "--json"])?;
        let made: Value = serde_json::from_str(&text)?;
        Ok(made["secret"].as_str().ok_or("a new key shows its secret")?.to_owned())
    }
    /// Seconds are the whole command's, start and end included.
    pub fn import(&self, data: &Path, kind: &str, file: &Path) -> Outcome<Imported> {
        let file = file.to_str().ok_or("a plain path")?;
        let watch = Stopwatch::start();
        let mut child =
            self.command(data, &["import", kind, file]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let peak_mb = memory::peak_until_end(&mut child)?;
        let seconds = watch.seconds();
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("siyu import {kind} failed").into());
        }
        Ok(Imported { summary: serde_json::from_slice(&output.stdout)?, seconds, peak_mb })
    }
    /// Starts the server and waits until `/healthz` answers 200: (server, seconds from start to that answer).
    pub fn serve(&self, data: &Path) -> Outcome<(Server, f64)> {
        let address = format!("127.0.0.1:{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        let mut command = self.command(data, &["serve", "--listen", &address, "--log", "warn"]);
        let watch = Stopwatch::start();
        let said = data.with_extension("log");
        let mut server = Server { child: command.stdout(Stdio::null()).stderr(File::create(&said)?).spawn()?, address };
        while !http::is_ready(&server.address) {
            if server.child.try_wait()?.is_some() || watch.seconds() > READY_SECONDS_MAX {
                return Err(format!("the server did not become ready: {}", std::fs::read_to_string(&said)?).into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let seconds = watch.seconds();
        Ok((server, seconds))
    }
}

/// The running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
    pub fn stats(&self, api_key: &str) -> Outcome<Value> {
        Ok(serde_json::from_str(&http::get(&self.address, "/api/v1/stats", api_key)?)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
