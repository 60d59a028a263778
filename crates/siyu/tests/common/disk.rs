//! A disk of a test's own, to fill or to lock.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A file system of its own in memory, where this process may make one.
pub struct OwnDisk<'a>(&'a Path);

impl<'a> OwnDisk<'a> {
    pub fn mount(path: &'a Path, size: &str) -> Option<Self> {
        fs::create_dir_all(path).ok()?;
        let size = format!("size={size}");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "siyu-test"]).arg(path).output();
        done.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
    pub fn remount(&self, how: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(self.0).output().expect("mount");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for OwnDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).output();
    }
}
