//! How a caller waits. A trait, so that a test's clock moves instead of a night passing.

use std::time::Duration;

pub trait Wait: Send + Sync {
    fn wait(&self, how_long: Duration);
}

/// Puts the thread to sleep.
pub struct Sleep;

impl Wait for Sleep {
    fn wait(&self, how_long: Duration) {
        std::thread::sleep(how_long);
    }
}
