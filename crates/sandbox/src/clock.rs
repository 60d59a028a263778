//! The clock of a world: it stands until it is moved, or runs with another clock and can be put forward.

use siyu_kernel::{Clock, Time};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Shared by the world and by whoever must live in the same time (the platform, in a demo).
pub struct WorldClock {
    /// The present when standing; what is added to the other clock when following.
    offset: AtomicI64,
    follows: Option<Arc<dyn Clock>>,
}

impl WorldClock {
    /// Stands still until [`WorldClock::move_to`].
    pub fn standing(at: Time) -> Arc<Self> {
        Arc::new(Self { offset: AtomicI64::new(at.0), follows: None })
    }
    /// Runs with `other`; starts at its present.
    pub fn following(other: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { offset: AtomicI64::new(0), follows: Some(other) })
    }
    pub fn runs(&self) -> bool {
        self.follows.is_some()
    }
    /// Never goes back: an earlier time changes nothing.
    pub fn move_to(&self, at: Time) {
        let base = self.follows.as_ref().map_or(0, |clock| clock.now().0);
        self.offset.fetch_max(at.0.saturating_sub(base), Ordering::SeqCst);
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Time {
        Time(self.follows.as_ref().map_or(0, |clock| clock.now().0) + self.offset.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_kernel::FakeClock;

    #[test]
    fn it_stands_or_follows_and_never_goes_back() {
        let standing = WorldClock::standing(Time(100));
        standing.move_to(Time(250));
        standing.move_to(Time(40));
        assert_eq!(standing.now(), Time(250));

        let other = Arc::new(FakeClock::at("2026-01-01T00:00:00Z"));
        let start = other.now();
        let following = WorldClock::following(other.clone());
        assert_eq!(following.now(), start);
        other.advance_seconds(5);
        assert_eq!(following.now(), start.plus_seconds(5));
        following.move_to(start.plus_seconds(60));
        other.advance_seconds(1);
        assert_eq!(following.now(), start.plus_seconds(61));
    }
}
