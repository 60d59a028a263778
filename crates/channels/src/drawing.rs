//! One picture is unpacked and drawn at a time: it takes tens of megabytes and a processor for as long.

use siyu_kernel::Refusal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whoever comes when so many wait already is asked to come again: those who wait hold threads that others need.
const WAITING_MAX: usize = 8;

#[derive(Default)]
pub(crate) struct Drawing {
    one: Mutex<()>,
    waiting: AtomicUsize,
}

impl Drawing {
    /// Errors: `busy`.
    pub fn turn(&self) -> Result<MutexGuard<'_, ()>, Refusal> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= WAITING_MAX {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(Refusal::busy());
        }
        let turn = self.wait();
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        Ok(turn)
    }
    /// For what has begun and must not end in the middle.
    pub fn wait(&self) -> MutexGuard<'_, ()> {
        self.one.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn few_wait_for_their_turn_and_the_rest_is_told_to_come_again() {
        let drawing = Drawing::default();
        std::thread::scope(|scope| {
            let first = drawing.turn().unwrap();
            let waiters: Vec<_> = (0..WAITING_MAX).map(|_| scope.spawn(|| drawing.turn().map(drop))).collect();
            while drawing.waiting.load(Ordering::SeqCst) < WAITING_MAX {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(drawing.turn().unwrap_err().code, "busy");
            drop(first);
            assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap().is_ok()));
        });
        assert!(drawing.turn().is_ok());
    }
}
